import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  Block,
  EngineService,
  FrameVariable,
  StackFrame,
  StackTrace,
} from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { askDrgnFrames, corpusDump, type DrgnFullFrame } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * Parameters, locals and registers of every frame of every task by the commands themselves, against
 * drgn with the same vmlinux and module.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];

afterAll(() => printTable('drgn 0.3.0 (both had vmlinux and the module)'));

/** Frames of one real function: the inlined ones first, the real one last. */
type Group = readonly DrgnFullFrame[];

describe.each(NAMES)('%s', (name) => {
  let engine: EngineService;
  let session: string;
  let drgn: Map<string, readonly Group[]>;

  const run = async (line: string): Promise<readonly Block[]> => {
    const { blocks, error } = await engine.run({ session, line });
    expect(error, line).toBeUndefined();
    return blocks;
  };

  beforeAll(async () => {
    const corpus = corpusDump(name);
    const module = join(corpus.folder, 'oops_demo.ko');
    expect(existsSync(module)).toBe(true);
    const { stacks } = askDrgnFrames(corpus, [module]);
    drgn = new Map(stacks.map(groupsOf).map((groups) => [keyOf(groups), groups]));
    engine = createEngineService(createEngineDeps());
    const debuginfo = [corpus.vmlinux, module];
    ({ session } = await engine.open({ paths: [corpus.dump], debuginfo }));
  }, 600_000);
  afterAll(async () => engine.close({ session }));

  const stacksOf = async (line: string): Promise<StackTrace[]> => {
    const blocks = await run(line);
    return blocks.flatMap((block) => (block.type === 'stack' ? [block.stack] : []));
  };
  const theirsOf = ({ frames: [first], start }: StackTrace): readonly Group[] | undefined =>
    first && drgn.get(`${start === 'inactive-task-frame' ? first.sp + 8n : first.sp} ${first.pc}`);

  test.each([
    ['the panic stack', 'bt -v'],
    ['all tasks', 'foreach bt -v'],
  ])('parameters and locals: %s', async (what, line) => {
    const traces = await stacksOf(line);
    const different: string[] = [];
    let equal = 0;
    let of = 0;
    let more = 0;
    for (const trace of traces) {
      const theirs = theirsOf(trace);
      if (theirs === undefined) continue;
      for (const [i, group] of theirs.entries()) {
        const frame = trace.frames[i];
        for (const [level, scope] of group.entries()) {
          const ours = frame && variablesAt(frame, level, group.length);
          for (const [local, value] of Object.entries(scope.locals)) {
            const named = (ours ?? []).filter(({ node }) => node.name === local);
            if (value === null) {
              if (named.some(hasValue)) more++;
              continue;
            }
            of++;
            if (named.some((each) => spell(each).includes(value.join()))) equal++;
            else {
              const found = named.map((each) => spell(each).join('|'));
              different.push(`${trace.task.pid} #${i} ${scope.name}.${local}: ${found} | ${value}`);
            }
          }
        }
      }
    }
    record({ dump: name, what: `variables of ${what}`, equal, of });
    // Nobody to compare them with: told, not counted as equal.
    if (line !== 'bt -v') console.log(`${name}: ${more} values where drgn has none`);
    expect(different.slice(0, 20)).toEqual([]);
    expect(of).toBeGreaterThan(line === 'bt -v' ? 15 : 2000);
  });

  test('registers of 20 blocked tasks and the panic stack, frame by frame', async () => {
    const traces = await stacksOf('foreach bt');
    const [panic] = await stacksOf('bt');
    const blocked = traces.filter(({ start }) => start === 'inactive-task-frame');
    const step = Math.max(1, Math.floor(blocked.length / 20));
    const picked = blocked.filter((_, i) => i % step === 0).slice(0, 20);
    const different: string[] = [];
    let equal = 0;
    let of = 0;
    for (const trace of [panic!, ...picked]) {
      const theirs = theirsOf(trace);
      if (theirs === undefined) continue;
      for (const { index } of trace.frames) {
        const [shown] = await stacksOf(`frame ${index} ${trace.task.task.toString(16)}`);
        const known = new Map(
          (shown?.frames[0]?.known ?? []).map((each) => [each.name, each.value]),
        );
        for (const [register, text] of Object.entries(theirs[index]?.at(-1)?.registers ?? {})) {
          if (!/^r[0-9a-ds]/.test(register) || register === 'rflags') continue;
          of++;
          const ours = known.get(register);
          if (ours === BigInt(`0x${text}`)) equal++;
          else different.push(`${trace.task.pid} #${index} ${register}: ${ours} | ${text}`);
        }
      }
    }
    record({ dump: name, what: 'registers (21 stacks)', equal, of });
    expect(different.slice(0, 20)).toEqual([]);
    expect(of).toBeGreaterThan(500);
  });
});

/** drgn's frames from the innermost inlined one on; ours has them in the real frame. */
function variablesAt(frame: StackFrame, level: number, count: number) {
  return level === count - 1 ? frame.variables : frame.inlined?.[level]?.variables;
}

function hasValue({ place }: FrameVariable): boolean {
  return place.kind !== 'none';
}

/** As the oracle spells values; a scalar has the bytes of its type. */
function spell({ node, place }: FrameVariable): string[] {
  if (place.kind === 'memory') return [`memory,${place.address.toString(16)}`];
  return [`value,${bytesOf(node, node.size)}`, `value,${structBytes(node)}`];
}

function bytesOf(node: FrameVariable['node'], size: number): string {
  const { value } = node;
  if (typeof value !== 'bigint' && typeof value !== 'number' && typeof value !== 'boolean')
    return '?';
  const bits = BigInt.asUintN(size * 8, BigInt(value));
  const hex = bits.toString(16).padStart(size * 2, '0');
  return (hex.match(/../g) ?? []).reverse().join('');
}

/** Bytes of a struct put together from its members; a hole, or what is missing, is zero as drgn's. */
function structBytes(node: FrameVariable['node']): string {
  const bytes = new Uint8Array(node.size);
  const visit = (each: FrameVariable['node']): void => {
    if (each.children !== undefined) {
      each.children.forEach(visit);
      return;
    }
    const hex = bytesOf(each, each.size);
    if (hex === '?' || each.bits !== undefined) return;
    bytes.set(Buffer.from(hex, 'hex'), each.offset);
  };
  visit(node);
  return Buffer.from(bytes).toString('hex');
}

function groupsOf(stack: readonly DrgnFullFrame[]): Group[] {
  const groups: Group[] = [];
  let frames: DrgnFullFrame[] = [];
  for (const frame of stack) {
    frames.push(frame);
    if (frame.inlined) continue;
    groups.push(frames);
    frames = [];
  }
  return groups;
}

function keyOf(groups: readonly Group[]): string {
  const { rsp = '0', rip = '0' } = groups[0]?.at(-1)?.registers ?? {};
  return `${BigInt(`0x${rsp}`)} ${BigInt(`0x${rip}`)}`;
}
