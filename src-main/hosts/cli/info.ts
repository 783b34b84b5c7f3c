import type {
  Block,
  EngineService,
  ErrorInfo,
  SessionInfo,
} from '../../../src-shared/contract/index.ts';
import { errorInfoOf } from '../../../src-shared/rpc/rpc-error.ts';
import { blockJson, dataJson, jsonLine } from '../../render/json.ts';
import { printable } from '../../render/printable.ts';
import type { Invocation } from './arguments.ts';
import { blockWriter } from './block-writer.ts';
import { EXIT } from './exit-codes.ts';
import { openSession } from './open-session.ts';
import { complain, type Output } from './output.ts';

/** What `info` is made of; each part stands or falls alone. */
const PARTS = [
  { name: 'system', line: 'sys' },
  { name: 'backtrace', line: 'bt -p' },
  { name: 'taint', line: 'sys -t' },
  { name: 'modules', line: 'mod' },
] as const;

/** `oopscope info`: why the kernel died, in one page. */
export async function info(
  engine: EngineService,
  invocation: Extract<Invocation, { verb: 'info' }>,
  output: Output,
): Promise<number> {
  const session = await openSession(engine, invocation, output);
  if (session === undefined) return EXIT.cannotOpen;
  const parts: { name: string; blocks: readonly Block[]; error?: ErrorInfo }[] = [];
  const said = new Set<string>([...session.warnings, session.debuginfo.override ?? '']);
  let failed = false;
  for (const { name, line } of PARTS) {
    const { blocks, error } = await answer(engine, session.session, line);
    if (error !== undefined) failed = true;
    if (invocation.format === 'json') {
      parts.push({ name, blocks, ...(error && { error }) });
      continue;
    }
    if (parts.length > 0 && blocks.length > 0) output.out('\n');
    parts.push({ name, blocks });
    if (name === 'modules') modulesLine(blocks, output);
    else {
      const writer = blockWriter(invocation.format, line, output);
      for (const block of blocks) {
        // Several parts meet the same obstacle; it is said once.
        if (block.type === 'notice' && said.has(block.text)) continue;
        if (block.type === 'notice') said.add(block.text);
        writer.block(block);
      }
      writer.end(undefined);
    }
    if (error !== undefined) complain(output, 'error', `${name}: ${printable(error.message)}`);
  }
  if (invocation.format === 'json') {
    output.out(jsonLine(documentOf(session, parts)));
  } else {
    for (const { name, ok, how } of session.capabilities) {
      if (!ok) complain(output, 'warning', `no ${name}: ${printable(how)}`);
    }
  }
  return failed ? EXIT.commandFailed : EXIT.ok;
}

async function answer(
  engine: EngineService,
  session: string,
  line: string,
): Promise<{ readonly blocks: readonly Block[]; readonly error?: ErrorInfo }> {
  try {
    return await engine.run({ session, line });
  } catch (thrown) {
    return { blocks: [], error: errorInfoOf(thrown) };
  }
}

/** `     MODULES: 11 (tainted: oops_demo OE)`. */
function modulesLine(blocks: readonly Block[], output: Output): void {
  const table = blocks.find((block) => block.type === 'table')?.table;
  if (table === undefined) return;
  const column = (id: string) =>
    table.data[table.columns.findIndex((each) => each.id === id)] ?? [];
  const names = column('name');
  const tainted = column('taints').flatMap((taints, row) =>
    typeof taints === 'string' && taints.trim() !== '' ? [`${String(names[row])} ${taints}`] : [],
  );
  const note = tainted.length === 0 ? '' : ` (tainted: ${printable(tainted.join(', '))})`;
  output.out(`     MODULES: ${table.rowCount}${note}\n`);
}

function documentOf(
  session: SessionInfo,
  parts: readonly { name: string; blocks: readonly Block[]; error?: ErrorInfo }[],
): unknown {
  const { session: _id, ...rest } = session;
  return {
    session: dataJson(rest),
    ...Object.fromEntries(
      parts.map(({ name, blocks, error }) => [
        name,
        { blocks: blocks.map(blockJson), ...(error && { error }) },
      ]),
    ),
  };
}
