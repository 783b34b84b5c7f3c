import { readFileSync } from 'node:fs';
import type { EngineService, ErrorInfo, SessionInfo } from '../../../src-shared/contract/index.ts';
import { errorInfoOf } from '../../../src-shared/rpc/rpc-error.ts';
import type { OutputFormat } from './argument-reader.ts';
import type { Invocation } from './arguments.ts';
import { blockWriter } from './block-writer.ts';
import { CliUsageError, EXIT } from './exit-codes.ts';
import { openSession } from './open-session.ts';
import type { Output } from './output.ts';

/** `oopscope exec`: runs the commands one after the other; one that fails does not stop the next. */
export async function exec(
  engine: EngineService,
  invocation: Extract<Invocation, { verb: 'exec' }>,
  output: Output,
): Promise<number> {
  const lines = invocation.commands.flatMap((command) =>
    'line' in command ? [command.line] : linesOf(command.file),
  );
  const info = await openSession(engine, invocation, output);
  if (info === undefined) return EXIT.cannotOpen;
  let failed = false;
  for (const line of lines) {
    if (/^\s*(?:exit|quit|q)\s*$/.test(line)) break;
    failed = !(await runLine(engine, info, line, invocation.format, output)) || failed;
  }
  return failed ? EXIT.commandFailed : EXIT.ok;
}

/** @returns whether the command succeeded */
async function runLine(
  engine: EngineService,
  { session, debuginfo }: SessionInfo,
  line: string,
  format: OutputFormat,
  output: Output,
): Promise<boolean> {
  const writer = blockWriter(format, line, output, debuginfo.override);
  let error: ErrorInfo | undefined;
  try {
    const onProgress = writer.block;
    ({ error } = await engine.run({ session, line, streamed: true }, { onProgress }));
  } catch (thrown) {
    error = errorInfoOf(thrown);
    if (error.kind === 'internal') {
      error = { kind: 'internal', message: `a bug in Oopscope: ${error.message}` };
    }
  }
  writer.end(error);
  return error === undefined;
}

/** @throws CliUsageError when the file cannot be read */
function linesOf(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliUsageError(`cannot read ${file}: ${error instanceof Error ? error.message : ''}`);
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
