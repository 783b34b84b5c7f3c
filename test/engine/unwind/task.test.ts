import { describe, expect, it } from 'vitest';
import { physAddr, virtAddr, type VirtAddr } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import type { OrcEntry } from '../../../src-main/engine/debuginfo/orc.ts';
import { KernelObject, type ObjectContext } from '../../../src-main/engine/program/object.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import type { StructType, Type } from '../../../src-main/engine/types/type.ts';
import { unwindRegisters, unwindTask } from '../../../src-main/engine/unwind/task.ts';

const origin = 'drawn';
const long: Type = {
  kind: 'int',
  name: 'unsigned long',
  size: 8,
  signed: false,
  isBool: false,
  isChar: false,
  origin,
};
const int: Type = { ...long, name: 'int', size: 4, signed: true };
const struct = (name: string, size: number, members: [string, number, Type][]): StructType => ({
  kind: 'struct',
  name,
  size,
  incomplete: false,
  origin,
  members: members.map(([member, offset, type]) => ({
    name: member,
    type,
    bitOffset: offset * 8,
    bitSize: 0,
  })),
});
const TASK_STRUCT = struct('task_struct', 64, [
  ['on_cpu', 0, int],
  ['cpu', 4, int],
  ['stack', 8, long],
  ['thread', 16, struct('thread_struct', 8, [['sp', 0, long]])],
]);
const TYPES: Record<string, Type> = {
  'struct task_struct': TASK_STRUCT,
  'struct inactive_task_frame': struct('inactive_task_frame', 56, [
    ['bp', 40, long],
    ['ret_addr', 48, long],
  ]),
  'struct rq': struct('rq', 8, [
    ['curr', 0, { kind: 'pointer', size: 8, target: TASK_STRUCT, origin }],
  ]),
};

/** Code from ffffffff81000000: __schedule (32-byte frames), then the end of the stack. */
const TEXT = 0xffffffff81000000n;
const SYMBOLS: Record<string, bigint> = {
  _stext: TEXT,
  __schedule: TEXT + 0x100n,
  kthread: TEXT + 0x200n,
  ret_from_fork: TEXT + 0x300n,
  _etext: TEXT + 0x1000n,
  crash_notes: 0xffffffff82000000n,
  current_task: 0x100n,
  runqueues: 0x200n,
};
const orcAt = (pc: bigint): OrcEntry => ({
  spReg: 'sp',
  spOffset: 32,
  bpReg: 'undefined',
  bpOffset: 0,
  type: pc >= TEXT + 0x300n ? 'end' : 'call',
  signal: false,
});
const PER_CPU = 0x1000000000n;
const NOTES = 0xffff888020000000n;
const TASK = 0xffff888000001000n;
const STACK = 0xffffc90000000000n;
const OTHER = 0xffff888000002000n;
const OTHER_STACK = 0xffffc90000008000n;

interface Drawing {
  readonly words: Readonly<Record<string, bigint>>;
  readonly notes?: { name: string; type: number; desc: Uint8Array }[];
  readonly online?: readonly number[];
}

function draw({ words, notes = [], online = [0, 1] }: Drawing) {
  const memory = new Map(Object.entries(words).map(([at, value]) => [BigInt(at), value]));
  const readU64 = (address: bigint): bigint => {
    const value = memory.get(address);
    if (value !== undefined) return value;
    throw new FaultError({ kind: 'excluded', phys: physAddr(0n), virt: virtAddr(address) });
  };
  const kernel = {
    readU64,
    readS32: (address: bigint) =>
      Number(BigInt.asIntN(32, readU64(address & ~7n) >> ((address & 7n) * 8n))),
    read: (address: bigint, length: number) => {
      const view = new DataView(new ArrayBuffer(Math.ceil(length / 8) * 8));
      for (let i = 0; i < length; i += 8) {
        view.setBigUint64(i, readU64(address + BigInt(i)), true);
      }
      return new Uint8Array(view.buffer, 0, length);
    },
    walk: () => ({ end: { kind: 'non-canonical' }, steps: [] }),
  };
  const found = (name: string) =>
    name in SYMBOLS ? { name, address: SYMBOLS[name], size: 0x100 } : undefined;
  const program = {
    kernel,
    image: { notes },
    cpus: { online },
    modules: () => [],
    orcAt: () => ({ count: 1, find: orcAt }),
    findType: (name: string) => TYPES[name],
    type: (name: string) => {
      const type = TYPES[name];
      if (type) return type;
      throw new FaultError({ kind: 'unknown-type', name, asked: [] });
    },
    object: (type: Type | string, address: VirtAddr) =>
      new KernelObject(
        program as unknown as ObjectContext,
        typeof type === 'string' ? TYPES[type]! : type,
        address,
      ),
    perCpuAddress: (variable: string | bigint, cpu: number) =>
      (typeof variable === 'string' ? program.symbols.address(variable) : variable) +
      PER_CPU * BigInt(cpu + 1),
    perCpu: (symbol: string, type: string, cpu: number) =>
      program.object(type, virtAddr(program.perCpuAddress(symbol, cpu))),
    symbols: {
      findInKernel: found,
      has: (name: string) => name in SYMBOLS,
      address: (name: string) => {
        const symbol = SYMBOLS[name];
        if (symbol !== undefined) return symbol;
        throw new FaultError({ kind: 'unknown-symbol', name, asked: [] });
      },
      at: (pc: bigint) => {
        const name = Object.keys(SYMBOLS).findLast(
          (n) => SYMBOLS[n]! >= TEXT && SYMBOLS[n]! <= pc && n !== 'crash_notes',
        )!;
        return { symbol: found(name), offset: Number(pc - SYMBOLS[name]!) };
      },
    },
  };
  const task = program.object('struct task_struct', virtAddr(TASK));
  return { program: program as unknown as Program, task };
}

const at = (base: bigint, offset = 0) => String(base + BigInt(offset));

/** A task asleep in __schedule with its saved frame at STACK + 0x3000. */
const asleep = (onCpu: bigint) => ({
  [at(TASK)]: onCpu | (1n << 32n), // on_cpu, cpu = 1
  [at(TASK, 8)]: STACK,
  [at(TASK, 16)]: STACK + 0x3000n,
  [at(STACK, 0x3000 + 40)]: 0n,
  [at(STACK, 0x3000 + 48)]: SYMBOLS['__schedule']! + 0x40n,
  [at(STACK, 0x3000 + 56 + 24)]: SYMBOLS['kthread']! + 0x20n,
  [at(STACK, 0x3000 + 56 + 56)]: SYMBOLS['ret_from_fork']! + 0x10n,
});

/** Words of CPU 1's crash note. */
function crashNote(registers: Readonly<Record<number, bigint>>): Record<string, bigint> {
  const words: Record<string, bigint> = { [at(SYMBOLS['crash_notes']!)]: NOTES };
  const note = NOTES + PER_CPU * 2n;
  for (let i = 0; i < 360; i += 8) words[at(note, i)] = 0n;
  words[at(note)] = 5n | (336n << 32n);
  words[at(note, 8)] = 1n | (0x45524f43n << 32n); // NT_PRSTATUS, "CORE"
  // pr_reg lies at 112 of the description, which starts at 20: not aligned to a word
  const bytes = new DataView(new ArrayBuffer(368));
  for (const [index, value] of Object.entries(registers)) {
    bytes.setBigUint64(20 + 112 + Number(index) * 8, value, true);
  }
  for (let i = 128; i < 360; i += 8) words[at(note, i)] = bytes.getBigUint64(i, true);
  return words;
}
const RIP = 16;
const CS = 17;
const RSP = 19;
const emptyNotes = () => {
  const words = crashNote({});
  words[at(NOTES + PER_CPU * 2n)] = 0n;
  return words;
};
const names = (trace: ReturnType<typeof unwindTask>) =>
  trace.frames.map((frame) => frame.symbol?.name);

describe('where a backtrace begins', () => {
  it('is the saved frame of a task that sleeps', () => {
    const { program, task } = draw({ words: asleep(0n) });
    const trace = unwindTask(program, task);
    expect(trace.start).toBe('inactive-task-frame');
    expect(names(trace)).toEqual(['__schedule', 'kthread', 'ret_from_fork']);
    expect(trace.frames[0]?.sp).toBe(STACK + 0x3030n);
    expect(trace.end.complete).toBe(true);
  });

  it('is exactly ret_from_fork for a task that has not run yet', () => {
    const words = { ...asleep(0n), [at(STACK, 0x3030)]: SYMBOLS['ret_from_fork']! };
    const { program, task } = draw({ words });
    const trace = unwindTask(program, task);
    expect(names(trace)).toEqual(['ret_from_fork']);
    expect(trace.frames[0]).toMatchObject({ interrupted: true, symbol: { offset: 0 } });
  });

  it('is nowhere for a dead task whose stack was freed', () => {
    const { program, task } = draw({ words: { ...asleep(0n), [at(TASK, 8)]: 0n } });
    expect(unwindTask(program, task)).toMatchObject({
      start: 'none',
      frames: [],
      end: { complete: true, why: 'the task is dead and its kernel stack was freed' },
    });
  });

  it("is its CPU's crash note for a task that was running", () => {
    const note = { [RIP]: SYMBOLS['kthread']! + 4n, [CS]: 0x10n, [RSP]: STACK + 0x3800n };
    const { program, task } = draw({
      words: {
        ...asleep(1n),
        ...crashNote(note),
        [at(STACK, 0x3818)]: SYMBOLS['ret_from_fork']! + 0x10n,
      },
    });
    const trace = unwindTask(program, task);
    expect(trace.start).toBe('crash-note');
    expect(names(trace)).toEqual(['kthread', 'ret_from_fork']);
    expect(trace.startRegisters).toMatchObject({ origin: 'crash-note', userMode: false });
  });

  it('shows only the registers of a CPU that was in user mode', () => {
    const note = { [RIP]: 0x401000n, [CS]: 0x33n, [RSP]: 0x7ffd0000n };
    const { program, task } = draw({ words: { ...asleep(1n), ...crashNote(note) } });
    const trace = unwindTask(program, task);
    expect(trace.frames).toEqual([]);
    expect(trace.end.complete).toBe(true);
    expect(trace.startRegisters).toMatchObject({ userMode: true, values: { rip: 0x401000n } });
  });

  it('is the saved frame of the task a CPU had just left for another', () => {
    const note = { [RIP]: SYMBOLS['__schedule']! + 4n, [CS]: 0x10n, [RSP]: OTHER_STACK + 0x100n };
    const { program, task } = draw({
      words: {
        ...asleep(1n),
        ...crashNote(note),
        [at(0x100n + PER_CPU * 2n)]: OTHER,
        [at(0x200n + PER_CPU * 2n)]: OTHER,
        [at(OTHER, 8)]: OTHER_STACK,
      },
    });
    const trace = unwindTask(program, task);
    expect(names(trace)).toEqual(['__schedule', 'kthread', 'ret_from_fork']);
    expect(trace.warnings[0]).toContain('CPU 1 was switching tasks');
  });

  it('is not guessed for a running task whose CPU saved nothing', () => {
    const { program, task } = draw({ words: { ...asleep(1n), ...emptyNotes() } });
    expect(unwindTask(program, task)).toMatchObject({
      start: 'none',
      frames: [],
      end: { complete: false, why: expect.stringContaining('CPU 1 saved no registers') as string },
    });
  });

  it.each([
    ["a hypervisor's note, by the CPU's number", 'QEMU', [2, 1], [0, 1]],
    ['the notes of the dump, by the order of online CPUs', 'VMCOREINFO', [7, 9], [0, 1]],
  ])('is %s, where crash_notes are empty', (_, extra, pids, online) => {
    const desc = (pid: number, rip: bigint): Uint8Array => {
      const view = new DataView(new ArrayBuffer(336));
      view.setInt32(32, pid, true);
      view.setBigUint64(112 + RIP * 8, rip, true);
      view.setBigUint64(112 + CS * 8, 0x33n, true);
      return new Uint8Array(view.buffer);
    };
    const [first, second] = extra === 'QEMU' ? [0x2222n, 0x1111n] : [0x1111n, 0x2222n];
    const { program, task } = draw({
      words: { ...asleep(1n), ...emptyNotes() },
      online,
      notes: [
        { name: 'CORE\0', type: 1, desc: desc(pids[0]!, first) },
        { name: 'CORE\0', type: 1, desc: desc(pids[1]!, second) },
        { name: `${extra}\0`, type: 0, desc: new Uint8Array(8) },
      ],
    });
    expect(unwindTask(program, task).startRegisters?.values['rip']).toBe(0x2222n);
  });

  it('does not take a note for a CPU when one of the CPUs has none', () => {
    const { program, task } = draw({
      words: { ...asleep(1n), ...emptyNotes() },
      notes: [{ name: 'CORE', type: 1, desc: new Uint8Array(336) }],
    });
    expect(unwindTask(program, task).start).toBe('none');
  });

  it('says which memory is missing', () => {
    const { [at(TASK, 16)]: _, ...words } = asleep(0n);
    const { program, task } = draw({ words });
    expect(unwindTask(program, task)).toMatchObject({ start: 'none', end: { complete: false } });
    expect(unwindTask(program, task).end.why).toContain('excluded by the dump filter');
  });

  it('is a pt_regs in memory when one is given', () => {
    const regs = 0xffff888000009000n;
    const words: Record<string, bigint> = asleep(0n);
    for (let i = 0; i < 21; i++) words[at(regs, i * 8)] = 0n;
    words[at(regs, RIP * 8)] = SYMBOLS['kthread']! + 4n;
    words[at(regs, CS * 8)] = 0x10n;
    words[at(regs, RSP * 8)] = STACK + 0x3800n;
    words[at(STACK, 0x3818)] = SYMBOLS['ret_from_fork']! + 0x10n;
    const { program, task } = draw({ words });
    const trace = unwindRegisters(program, virtAddr(regs), task);
    expect(trace.start).toBe('pt_regs');
    expect(names(trace)).toEqual(['kthread', 'ret_from_fork']);
  });
});
