import { describe, expect, it, vi } from 'vitest';
import { virtAddr } from '../../src-main/engine/base/address.ts';
import { readPrintkLog } from '../../src-main/engine/kernel/printk.ts';
import { findTasks } from '../../src-main/engine/kernel/tasks.ts';
import { readModuleBtfs } from '../../src-main/engine/program/module-btf.ts';
import { readModules } from '../../src-main/engine/program/modules.ts';
import { findMember, sizeOf } from '../../src-main/engine/types/layout.ts';
import type { Member, StructType, Type } from '../../src-main/engine/types/type.ts';
import { DrawnMachine } from '../support/kernel/draw-machine.ts';
import { drawTasks, taskAddress, type DrawnTask } from '../support/kernel/draw-tasks.ts';
import { drawnInt } from '../support/types/drawn-int.ts';

/**
 * Memory made to cost: page tables show one page as gigabytes, lists share their tails, types nest
 * in each other. Work and memory are bounded by what a machine can have, not by what is claimed.
 */
const BASE = 0xffff_ffff_8100_0000n;
const MIB = 1 << 20;

it.each(['the head', 'an entry'])(
  'thread lists that all processes share %s of are walked once',
  (part) => {
    const count = 60;
    const tasks: DrawnTask[] = Array.from({ length: count }, (_, i) => ({ pid: i + 1, comm: 'x' }));
    const machine = drawTasks(tasks, [0, 1]);
    const at = (pid: number, member: string) =>
      taskAddress(pid) + machine.offset('struct task_struct', member);
    const signal = BASE + 0x10_0000n;
    const head = signal + machine.offset('struct signal_struct', 'thread_head');
    machine.put('struct signal_struct', signal);
    machine.ring(head, ...tasks.map(({ pid }) => at(pid, 'thread_node')));
    for (const { pid } of tasks) {
      const own = at(pid, 'thread_node') - machine.offset('struct signal_struct', 'thread_head');
      machine.u64(at(pid, 'signal'), part === 'the head' ? signal : own);
    }
    const program = machine.program();
    const reads = vi.spyOn(program.kernel, 'readU64');
    const { tasks: found, warnings } = findTasks(program);
    expect(found.length).toBeGreaterThanOrEqual(count);
    expect(warnings.join()).toContain('runs into another list');
    expect(reads.mock.calls.length).toBeLessThan(count * 50);
  },
);

it('run queues that thousands of claimed CPUs do not have are one warning', () => {
  const machine = drawTasks([{ pid: 1, comm: 'x' }], [0, 1]);
  const { warnings } = findTasks(
    machine.symbol('__cpu_present_mask', BASE).u64(BASE, -1n).program(),
  );
  expect(warnings.filter((warning) => warning.includes('un queue'))).toEqual([
    expect.stringMatching(/So are those of \d+ more CPUs\.$/),
  ]);
});

describe('log records that all name one block of text', () => {
  const TYPES = `
    struct atomic { long counter; }
    struct printk_info { u64 seq; u64 ts_nsec; u16 text_len; u8 facility; u8 flags : 5; u8 level : 3; u32 caller_id; u64 pad; }
    struct prb_data_blk_lpos { unsigned long begin; unsigned long next; }
    struct prb_desc { struct atomic state_var; struct prb_data_blk_lpos text_blk_lpos; }
    struct prb_data_ring { unsigned int size_bits; char *data; }
    struct prb_desc_ring { unsigned int count_bits; struct prb_desc *descs; struct printk_info *infos; struct atomic head_id; struct atomic tail_id; }
    struct printk_ringbuffer { struct prb_desc_ring desc_ring; struct prb_data_ring text_data_ring; }`;

  it('give no more text than the buffer has, the newest first', () => {
    const [prb, descs, infos, data] = [0x1000n, 0x2000n, 0x3000n, 0x4000n].map((o) => BASE + o);
    const machine = new DrawnMachine(TYPES)
      .symbol('prb', BASE)
      .u64(BASE, prb!)
      .put('struct printk_ringbuffer', prb!, {
        'desc_ring.count_bits': 4,
        'desc_ring.descs': descs!,
        'desc_ring.infos': infos!,
        'desc_ring.head_id.counter': 15,
        'text_data_ring.size_bits': 7,
        'text_data_ring.data': data!,
      })
      .bytes(data!, new Uint8Array(128).fill(0x41));
    for (let id = 0n; id < 16n; id++) {
      machine.put('struct prb_desc', descs! + id * 24n, {
        'state_var.counter': (2n << 62n) | id,
        'text_blk_lpos.next': 120,
      });
      machine.put('struct printk_info', infos! + id * 32n, { seq: id, text_len: 100 });
    }
    const { records, warnings } = readPrintkLog(machine.program());
    expect(records.map(({ seq }) => seq)).toEqual([14, 15]);
    expect(warnings.join()).toContain('The others are not shown.');
  });
});

describe('modules whose tables are one page shown again and again', () => {
  const TYPES = `
    struct list_head { struct list_head *next; struct list_head *prev; }
    struct layout { void *base; unsigned int size; }
    struct mod_kallsyms { void *symtab; unsigned int num_symtab; char *strtab; char *typetab; }
    struct module { int state; struct list_head list; char name[56]; struct layout core_layout; struct layout init_layout; struct mod_kallsyms *kallsyms; }
    struct btf { void *data; unsigned int data_size; }
    struct btf_module { struct list_head list; struct module *module; struct btf *btf; }`;
  const COUNT = 30;

  /** `COUNT` of what is on a list, each drawn by `put` at its address. */
  function drawnList(put: (machine: DrawnMachine, at: bigint, i: number) => void, type: string) {
    const machine = new DrawnMachine(TYPES);
    const nodes: bigint[] = [];
    for (let i = 0; i < COUNT; i++) {
      const at = BASE + 0x1000n + BigInt(i) * 0x200n;
      put(machine, at, i);
      nodes.push(at + machine.offset(type, 'list'));
    }
    machine.ring(BASE, ...nodes);
    const program = machine.program();
    let bytes = 0;
    const read = program.kernel.read.bind(program.kernel);
    vi.spyOn(program.kernel, 'read').mockImplementation((address, length) => {
      if (length <= 4096) return read(address, length);
      bytes += length;
      return new Uint8Array(length);
    });
    return { program, bytesRead: () => bytes };
  }

  it('have symbols up to a limit for all', () => {
    const kallsyms = BASE + 0x10_0000n;
    const { program, bytesRead } = drawnList((machine, at) => {
      machine.put('struct module', at, { name: 'm', kallsyms });
      machine.put('struct mod_kallsyms', kallsyms, { symtab: kallsyms, num_symtab: 600_000 });
      machine.u64(kallsyms + 16n, kallsyms);
    }, 'struct module');
    const { modules } = readModules(program, virtAddr(BASE));
    for (const module of modules) module.table();
    expect(modules).toHaveLength(COUNT);
    expect(bytesRead()).toBeLessThan(130 * MIB);
    expect(modules.at(-1)!.faults[0]).toMatchObject({ kind: 'corrupt' });
  });

  it('have types up to a limit for all', () => {
    const btf = BASE + 0x10_0000n;
    const { program, bytesRead } = drawnList((machine, at, i) => {
      machine.put('struct btf_module', at, { module: at + BigInt(i), btf });
      machine.put('struct btf', btf, { data: btf, data_size: 15 * MIB });
    }, 'struct btf_module');
    const { blobs, warnings } = readModuleBtfs(program, virtAddr(BASE));
    expect(blobs.size).toBe(4);
    expect(bytesRead()).toBeLessThan(65 * MIB);
    expect(warnings.join()).toContain('larger than is read');
  });
});

describe('types', () => {
  const struct = (name: string, members: () => readonly Member[]): StructType => ({
    kind: 'struct',
    origin: 'BTF',
    name,
    size: 64,
    incomplete: false,
    get members() {
      return members();
    },
  });
  const member = (name: string, type: Type, bitOffset = 0): Member => ({
    name,
    type,
    bitOffset,
    bitSize: 0,
  });
  const int = drawnInt('BTF');

  it('that nest twice in each of another are searched once each', () => {
    let asked = 0;
    let inner: StructType = struct('last', () => []);
    for (let depth = 0; depth < 30; depth++) {
      const type = inner;
      inner = struct('', () => {
        if (++asked > 10_000) throw new Error('searched again and again');
        return [member('', type), member('', type)];
      });
    }
    expect(findMember(inner, 'none')).toBeUndefined();
  });

  it('have members at whole bytes and sizes of memory, or are damaged', () => {
    expect(() =>
      findMember(
        struct('s', () => [member('a', int, 13)]),
        'a',
      ),
    ).toThrow(/13 bits/);
    let array: Type = int;
    for (let i = 0; i < 8; i++) {
      array = { kind: 'array', origin: 'BTF', element: array, length: 0xffff_ffff };
    }
    expect(() => sizeOf(array)).toThrow(/elements, found more/);
  });
});
