import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  Block,
  EngineService,
  LogTable,
  TableBlock,
} from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { askDrgn, corpusDump, type CorpusDump, type DrgnFacts } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * The whole engine, given nothing but the dump, against drgn with vmlinux: the task set, every
 * task's backtrace function by function, the log, the modules.
 */
const NAMES = ['sample', 'debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];

afterAll(() => printTable('drgn 0.3.0 (it had vmlinux, we the dump alone)'));

describe.each(NAMES)('%s', (name) => {
  let corpus: CorpusDump;
  let drgn: DrgnFacts;
  let engine: EngineService;
  let session: string;

  const run = async (line: string): Promise<readonly Block[]> => {
    const { blocks, error } = await engine.run({ session, line });
    expect(error, line).toBeUndefined();
    return blocks;
  };

  beforeAll(async () => {
    corpus = corpusDump(name);
    drgn = askDrgn(corpus);
    engine = createEngineService(createEngineDeps());
    ({ session } = await engine.open({ paths: [corpus.dump], search: false }));
  });

  test('tasks', async () => {
    const rows = rowsOf(await run('ps'));
    const ours = rows.map(
      ({ pid, task, comm, ppid, cpu }) => `${pid} ${hex(task)} ${bare(comm)} ${ppid} ${cpu}`,
    );
    const theirs = [...drgn.tasks.tasks, ...drgn.tasks.idle].map(
      ({ pid, task, comm, parent, cpu }) => `${pid} ${task} ${comm} ${parent} ${cpu}`,
    );
    compare(name, 'tasks (pid task comm ppid cpu)', ours, theirs);
  });

  test('task states', async () => {
    const rows = rowsOf(await run('ps'));
    const ours = rows.map(({ task, state }) => `${hex(task)} ${state}`);
    const theirs = [...drgn.tasks.tasks, ...drgn.tasks.idle].map(
      ({ task, state }) => `${task} ${CRASH_STATES[state] ?? state}`,
    );
    compare(name, 'task states', ours, theirs);
  });

  test('backtraces', async () => {
    const ours = new Map<string, string>();
    for (const block of await run('foreach bt')) {
      if (block.type !== 'stack') continue;
      const { task, frames } = block.stack;
      ours.set(hex(task.task), frames.map((f) => frameText(hex(f.pc), f.symbol?.name)).join('\n'));
    }
    let equal = 0;
    const differences: string[] = [];
    const stacks = Object.entries(drgn.stacks);
    const dead = new Set(
      drgn.tasks.tasks.filter(({ state }) => /[XZ]/.test(state)).map(({ task }) => task),
    );
    for (const [task, frames] of stacks) {
      // A dead task's stack is freed, and its memory may be in use again: drgn follows what it finds
      // there. We say that it has no stack, as crash does.
      const theirs =
        Array.isArray(frames) && !dead.has(task)
          ? frames
              .filter((f) => !f.is_inline)
              .map((f) => frameText(f.pc, f.symbol))
              .join('\n')
          : '';
      // drgn unwinds a CPU's user mode registers to one user frame, or refuses.
      const mine = ours.get(task);
      if (mine === kernelFrames(theirs)) equal++;
      else differences.push(`task ${task}\nours:\n${mine}\ndrgn:\n${theirs}`);
    }
    record({ dump: name, what: 'backtraces', equal, of: stacks.length });
    expect(differences.slice(0, 5).join('\n\n')).toBe('');
  });

  test('log', async () => {
    const [block] = await run('log');
    const text = block?.type === 'log' ? drgnLog(block.records) : '';
    const ours = text.split('\n');
    const theirs = drgn.log.replace(/\n$/, '').split('\n');
    compare(name, 'log lines', ours, theirs);
    expect(text).toBe(drgn.log.replace(/\n$/, ''));
  });

  test('modules', async () => {
    const rows = rowsOf(await run('mod'));
    const ours = rows.map(
      ({ name: module, module: address, base }) => `${module} ${hex(address)} ${hex(base)}`,
    );
    const theirs = drgn.modules.map(
      ({ name: module, module: address, base }) => `${module} ${address} ${base}`,
    );
    compare(name, 'modules (name struct base)', ours, theirs);
  });

  test('panic task and release', async () => {
    const facts = new Map<string, unknown>();
    for (const block of await run('sys')) {
      if (block.type === 'facts') for (const fact of block.facts) facts.set(fact.id, fact.value);
    }
    expect(facts.get('release')).toBe(drgn.facts.uts['release']);
    expect(facts.get('nodename')).toBe(drgn.facts.uts['nodename']);
    expect(facts.get('version')).toBe(drgn.facts.uts['version']);
    expect(facts.get('cpus')).toBe(drgn.facts.cpus.online.length);
    expect(facts.get('tasks')).toBe(drgn.tasks.tasks.length + drgn.tasks.idle.length);
    expect(facts.get('pid')).toBe(drgn.facts.crashed.pid);
    expect(hex(facts.get('task'))).toBe(drgn.facts.crashed.task);
    record({ dump: name, what: 'sys facts', equal: 7, of: 7 });
  });
});

/** /proc's letters in crash's words. */
const CRASH_STATES: Readonly<Record<string, string>> = {
  R: 'RU',
  S: 'IN',
  D: 'UN',
  T: 'ST',
  t: 'TR',
  X: 'DE',
  Z: 'ZO',
  P: 'PA',
  I: 'ID',
};

type Row = Readonly<Record<string, unknown>>;

function rowsOf(blocks: readonly Block[]): Row[] {
  const found = blocks.find((block): block is TableBlock => block.type === 'table');
  if (found === undefined) throw new Error('no table');
  const { columns, data, rowCount } = found.table;
  return Array.from({ length: rowCount }, (_, r) =>
    Object.fromEntries(columns.map((column, c) => [column.id, data[c]![r]])),
  );
}

function hex(value: unknown): string {
  return typeof value === 'bigint' ? value.toString(16) : String(value);
}

/** Equal as sets; what differs is in the failure. */
function compare(
  dump: string,
  what: string,
  ours: readonly string[],
  theirs: readonly string[],
): void {
  const mine = new Set(ours);
  const other = new Set(theirs);
  const equal = theirs.filter((line) => mine.has(line)).length;
  record({ dump, what, equal, of: theirs.length });
  const missing = theirs.filter((line) => !mine.has(line)).map((line) => `- ${line}`);
  const extra = ours.filter((line) => !other.has(line)).map((line) => `+ ${line}`);
  expect([...missing, ...extra].slice(0, 40).join('\n')).toBe('');
}

/** Kernel threads are in brackets, as crash prints them. */
function bare(comm: unknown): string {
  return String(comm).replace(/^\[(.*)\]$/, '$1');
}

/**
 * Labels inside a function. kallsyms, the kernel's own traces and crash name the label; drgn names
 * the ELF symbol with a size around it. The address is the same.
 */
const INNER_LABELS: Readonly<Record<string, string>> = {
  entry_SYSCALL_64_after_hwframe: 'entry_SYSCALL_64',
  secondary_startup_64_no_verify: 'secondary_startup_64',
  common_startup_64: 'secondary_startup_64',
};

function frameText(pc: string | undefined, name: string | undefined): string {
  return `${pc} ${INNER_LABELS[name ?? ''] ?? name}`;
}

/** Frames at user addresses belong to the process, not to its kernel stack. */
function kernelFrames(frames: string): string {
  return frames
    .split('\n')
    .filter((line) => line.startsWith('ffff'))
    .join('\n');
}

/** drgn's layout of the log: `[   12.345678] text`, a record's further lines as they are. */
function drgnLog(records: LogTable): string {
  const lines: string[] = [];
  for (let i = 0; i < records.count; i++) {
    const ns = records.tsNsec[i]!;
    const time = `${String(ns / 1_000_000_000n).padStart(5)}.${String((ns / 1000n) % 1_000_000n).padStart(6, '0')}`;
    lines.push(`[${time}] ${records.text[i]}`);
  }
  return lines.join('\n');
}
