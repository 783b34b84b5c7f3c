import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  isAbsent,
  type EngineService,
  type FrameVariable,
  type StackTrace,
} from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * Arguments of every frame of every task by the dump's machine code and BTF alone, against the
 * values that the same frames have by DWARF.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];

afterAll(() => printTable("DWARF's values (derived without any debuginfo)"));

describe.each(NAMES)('%s', (name) => {
  test('arguments of all frames', async () => {
    const corpus = corpusDump(name);
    const engine = createEngineService(createEngineDeps());
    const module = join(corpus.folder, 'oops_demo.ko');
    const debuginfo = [corpus.vmlinux, ...(existsSync(module) ? [module] : [])];
    const alone = await tracesOf(engine, { paths: [corpus.dump], search: false });
    const told = await tracesOf(engine, { paths: [corpus.dump], debuginfo, search: false });
    const theirs = new Map(told.map((trace) => [keyOf(trace), trace]));
    const different = new Map<string, string>();
    const reasons = new Map<string, number>();
    let derived = 0;
    let equal = 0;
    let untold = 0;
    let missed = 0;
    for (const trace of alone) {
      for (const frame of trace.frames) {
        const exact = theirs.get(keyOf(trace))?.frames[frame.index];
        expect(exact?.pc).toBe(frame.pc);
        for (const variable of frame.variables ?? []) {
          const { node } = variable;
          const truth = exact?.variables?.find(
            (each) => each.kind === 'parameter' && !each.derived && each.node.name === node.name,
          );
          const right = truth && textOf(truth);
          const ours = textOf(variable);
          if (ours === undefined) {
            if (right !== undefined) {
              missed++;
              const why = isAbsent(node.value) ? node.value.why : '';
              reasons.set(why, (reasons.get(why) ?? 0) + 1);
            }
            continue;
          }
          expect(variable.derived).toBe(true);
          derived++;
          const where = `${frame.symbol?.name}+0x${frame.symbol?.offset.toString(16)} ${node.name}`;
          if (right === undefined) untold++;
          else if (right === ours) equal++;
          else different.set(where, `${ours} (${variable.how.join()}), DWARF ${right}`);
        }
      }
    }
    const counts = { derived, equal, untold, missed, different: different.size };
    console.log(name, counts, [...reasons].sort(([, a], [, b]) => b - a).slice(0, 12));
    record({ dump: name, what: 'arguments', equal, of: derived - untold });
    record({ dump: name, what: 'of those DWARF has', equal, of: equal + missed });
    expect([...different].map((each) => each.join(': '))).toEqual([]);
    expect(equal).toBeGreaterThan(200);
  });
});

async function tracesOf(
  engine: EngineService,
  request: Parameters<EngineService['open']>[0],
): Promise<StackTrace[]> {
  const { session } = await engine.open(request);
  const { blocks, error } = await engine.run({ session, line: 'foreach bt -v' });
  expect(error).toBeUndefined();
  await engine.close({ session });
  return blocks.flatMap((block) => (block.type === 'stack' ? [block.stack] : []));
}

function keyOf({ task }: StackTrace): string {
  return `${task.pid} ${task.task}`;
}

/** Undefined where there is no (whole) value. */
function textOf({ node }: FrameVariable): string | undefined {
  const leaves: string[] = [];
  const visit = ({ name, value, children }: FrameVariable['node']): boolean => {
    if (children !== undefined) return children.every(visit);
    if (value === undefined || isAbsent(value)) return false;
    leaves.push(`${name}=${typeof value === 'bigint' ? `0x${value.toString(16)}` : String(value)}`);
    return true;
  };
  return visit(node) && leaves.length > 0 ? leaves.join() : undefined;
}
