import type { EngineService } from '../../src-shared/contract/index.ts';
import { run } from '../../src-main/hosts/cli/run.ts';

export interface CliResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The command line without a process: what it would write and how it would end. */
export async function runCli(engine: EngineService, args: readonly string[]): Promise<CliResult> {
  let out = '';
  let err = '';
  const status = await run(args, {
    output: () => ({ out: (text) => (out += text), err: (text) => (err += text), color: false }),
    engine: async () => engine,
  });
  return { status, out, err };
}
