import type { EngineService } from '../../../src-shared/contract/index.ts';
import { parseArguments, type Invocation } from './arguments.ts';
import { CliUsageError, EXIT } from './exit-codes.ts';
import { HELP } from './help.ts';
import { complain, type Output } from './output.ts';
import { kindOfFile } from '../node/file-kind.ts';

export interface Surroundings {
  /** @param color whether the command line allows colour */
  output(color: boolean): Output;
  /** The engine of this process, made when it is needed. */
  engine(): Promise<EngineService>;
}

/**
 * The command line without its process. Modules are loaded when a verb needs them: `info` and
 * `exec` pay for nothing of the window. @returns the exit status
 */
export async function run(args: readonly string[], around: Surroundings): Promise<number> {
  let invocation: Invocation;
  try {
    invocation = parseArguments(args, kindOfFile);
  } catch (error) {
    return usage(error, around.output(true));
  }
  const output = around.output('color' in invocation && invocation.color);
  try {
    if ('debuginfo' in invocation) (await import('./named-files.ts')).checkNamed(invocation);
    switch (invocation.verb) {
      case 'help':
        output.out(HELP);
        return EXIT.ok;
      case 'version':
        output.out(`oopscope ${(await import('./project-files.ts')).version()}\n`);
        return EXIT.ok;
      case 'info':
        return await (await import('./info.ts')).info(await around.engine(), invocation, output);
      case 'exec':
        return await (await import('./exec.ts')).exec(await around.engine(), invocation, output);
      case 'debuginfo':
        return await (await import('./debuginfo.ts')).debuginfo(invocation, output);
      case 'debuginfo-find': {
        const { findFor } = await import('./debuginfo-find.ts');
        return await findFor(await around.engine(), invocation, output);
      }
      case 'open':
        return await (await import('./serve.ts')).open(invocation, output);
      case 'serve':
        return await (await import('./serve.ts')).serve(invocation, invocation.port, output);
    }
  } catch (error) {
    return usage(error, output);
  }
}

function usage(error: unknown, output: Output): number {
  if (!(error instanceof CliUsageError)) throw error;
  complain(output, 'error', error.message);
  output.err('oopscope --help says how.\n');
  return EXIT.usage;
}
