import type { EngineService } from '../../../src-shared/contract/index.ts';
import type { Invocation } from './arguments.ts';
import { writeBlocks } from './block-writer.ts';
import { searchBlocks } from './debuginfo-blocks.ts';
import { EXIT } from './exit-codes.ts';
import { openSession } from './open-session.ts';
import type { Output } from './output.ts';

/**
 * `oopscope debuginfo find`: what a dump needs and each place that was searched for it.
 * @returns `commandFailed` where no vmlinux with DWARF is in use, as grep does
 */
export async function findFor(
  engine: EngineService,
  invocation: Extract<Invocation, { verb: 'debuginfo-find' }>,
  output: Output,
): Promise<number> {
  const session = await openSession(engine, invocation, output, false);
  if (session === undefined) return EXIT.cannotOpen;
  const { debuginfo } = session;
  const blocks = [...searchBlocks(debuginfo)];
  writeBlocks(invocation.format, 'debuginfo find', output, blocks, undefined);
  const found = debuginfo.parts.some(({ name, hasDwarf }) => name === 'vmlinux' && hasDwarf);
  return found ? EXIT.ok : EXIT.commandFailed;
}
