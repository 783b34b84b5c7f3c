import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { askCrash, corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * What crash's users type beyond a command and its usual options, given nothing but the dump: lines
 * without a command, saved registers, system calls. crash 9.0.2 has vmlinux; it cannot open 7.2.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12'];

const SHORTHAND = [
  'task_struct.pid,comm init_task',
  'task_struct.se.vruntime init_task',
  'task_struct.pid -x init_task',
  'task_struct.pid',
  'list_head',
  'list_head -o',
  'list_head modules',
  'list_head.next modules',
  'rq.nr_running runqueues:0',
  'atomic_t',
  'atomic_t -o',
  'pid_t',
  'u64',
  'pid_type',
  'tlb_state',
  'jiffies',
  'jiffies_64',
  'schedule',
  'vfs_read',
  'runqueues',
  'kmem_cache',
  'PIDTYPE_TGID',
  'loops_per_jiffy',
];
const TABLES = ['ps -H', 'ps -H 1', 'ps -HA', 'ps -Hs', 'log -s'];
const UNKNOWN = ['foobar', 'foobar baz', 'struct_nosuch.x 1', 'pid_nosuch'];

afterAll(() => printTable('crash 9.0.2, what its users type'));

describe.each(NAMES)('%s', (name) => {
  let crash: ReadonlyMap<string, string>;
  let engine: EngineService;
  let session: string;
  const lines = [...SHORTHAND, ...TABLES, ...UNKNOWN, 'sys -c', 'foreach bt -e', 'bt -E'];

  beforeAll(async () => {
    const corpus = corpusDump(name);
    crash = askCrash(corpus, lines);
    engine = createEngineService(createEngineDeps());
    ({ session } = await engine.open({ paths: [corpus.dump], search: false }));
  });
  afterAll(() => engine.close({ session }));

  const text = async (line: string): Promise<string> => {
    const { blocks, error } = await engine.run({ session, line });
    if (error !== undefined) return '';
    const renderer = new TextRenderer();
    const shown = blocks.filter((block) => block.type !== 'notice');
    return shown.map((block) => renderer.render(block)).join('') + renderer.end();
  };

  test.each([...SHORTHAND, ...TABLES])('%s', async (line) => {
    const theirs = compared(crash.get(line) ?? '');
    // The kernel has no such buffers.
    if (line !== 'log -s') expect(theirs).not.toBe('');
    expect(compared(await text(line))).toBe(theirs);
  });

  test.each(UNKNOWN)('%s is nothing to either', async (line) => {
    expect(crash.get(line)).toContain('command not found');
    const { error } = await engine.run({ session, line });
    expect(error?.message).toContain('no such command');
  });

  test('system calls', async () => {
    const theirs = callsOf(crash.get('sys -c') ?? '');
    const ours = callsOf(await text('sys -c'));
    record({ dump: name, what: 'system calls', ...equal(ours, theirs) });
    expect(theirs.length).toBeGreaterThan(400);
    expect(ours).toEqual(theirs);
  });

  test('saved registers: those crash finds, without copies and half overwritten ones', async () => {
    const theirs = registerSets((crash.get('foreach bt -e') ?? '') + (crash.get('bt -E') ?? ''));
    const ours = registerSets((await text('foreach bt -e')) + (await text('bt -E')));
    const ownAlone = [...ours.keys()].filter((at) => !theirs.has(at));
    // crash does not look behind the gap of int3; the CPU aligns the stack to 16 bytes before.
    for (const at of ownAlone) {
      const { rsp } = ours.get(at)!;
      expect([168n + 48n, 168n + 48n + 8n]).toContain(rsp - at);
    }
    let equalSets = 0;
    for (const [at, set] of theirs) {
      if (ours.has(at)) {
        expect(ours.get(at)!.lines).toBe(set.lines);
        equalSets++;
        continue;
      }
      // What ours leaves out lies where no entry puts registers, or is no such set.
      expect(isFalse(at, set)).toBe(true);
    }
    record({ dump: name, what: 'sets of saved registers', equal: equalSets, of: theirs.size });
    expect(equalSets).toBeGreaterThan(70);
  });
});

interface RegisterLines {
  readonly lines: string;
  readonly rsp: bigint;
  readonly user: boolean;
}

/** By the address of the struct pt_regs. */
function registerSets(text: string): Map<bigint, RegisterLines> {
  const sets = new Map<bigint, RegisterLines>();
  const pattern =
    /(USER|KERNEL)-MODE EXCEPTION FRAME AT: (\w+)\n(?: {4}\[.*\n)?((?: {4}.*\n){6} {4}ORIG.*\n)/g;
  for (const [, mode, at, lines] of text.matchAll(pattern)) {
    const rsp = BigInt(`0x${/RSP: (\w+)/.exec(lines!)![1]!}`);
    sets.set(BigInt(`0x${at!}`), { lines: lines!, rsp, user: mode === 'USER' });
  }
  return sets;
}

/** Of user mode: not at the top of a stack. Of the kernel: not below its stack pointer, or ss is none. */
function isFalse(at: bigint, { lines, rsp, user }: RegisterLines): boolean {
  const above = at + 168n;
  if (user) return (above & 0x3fffn) !== 0n || above > 0xffff_fe00_0000_0000n;
  const ss = /SS: (\w+)/.exec(lines)![1]!;
  const rip = /RIP: (\w+)/.exec(lines)![1]!;
  const isCode = /^ffffffff/.test(rip);
  return (rsp & ~15n) !== above || !/^0*(?:0018|0000)$/.test(ss) || !isCode;
}

/** Number and name; which of several names of one address a tool takes is its own choice. */
function callsOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^ *[0-9]/.test(line))
    .map((line) => {
      const [number, symbol = ''] = line.trim().split(/\s+/);
      return `${number!} ${symbol.replace(/^(?:__x64_|__ia32_|__do_|__se_)?sys_/, '')}`;
    });
}

function equal(ours: readonly string[], theirs: readonly string[]): { equal: number; of: number } {
  return { equal: theirs.filter((line, i) => ours[i] === line).length, of: theirs.length };
}

/** How often `p` was used is not asked here. */
function compared(text: string): string {
  return text
    .replaceAll(/\$[0-9]+ = /g, '$N = ')
    .replaceAll(/ +$/gm, '')
    .trimEnd();
}
