import { describe, expect, it } from 'vitest';
import { virtAddr, type VirtAddr } from '../../../src-main/engine/base/address.ts';
import type { AddressSpace } from '../../../src-main/engine/program/address-space.ts';
import { KernelObject } from '../../../src-main/engine/program/object.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import type { StructType, Type } from '../../../src-main/engine/types/type.ts';
import { replacedReturns } from '../../../src-main/engine/unwind/replaced-return.ts';

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
const pointer = (target: Type): Type => ({ kind: 'pointer', size: 8, target, origin });
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

const HANDLER = 0xffffffff81000100n;
const RETHOOK = 0xffffffff81000200n;
const SLOT = virtAddr(0xffffc90000003e18n);
const TASK = virtAddr(0xffff888000001000n);
const STACK = 0xffff888000002000n;
const CALLER = 0xffffffff81555555n;

/** A task with the members given, in a memory of 64-bit words. */
function draw(
  retStack: Type,
  entry: StructType,
  words: Readonly<Record<string, bigint>>,
): ReturnType<typeof replacedReturns> {
  const memory = new Map(Object.entries(words).map(([at, value]) => [BigInt(at), value]));
  const readU64 = (address: VirtAddr): bigint => memory.get(address) ?? 0n;
  const kernel = {
    readU64,
    readS32: (address: VirtAddr) => Number(BigInt.asIntN(32, readU64(address))),
    read: (address: VirtAddr, length: number) => {
      const view = new DataView(new ArrayBuffer(length));
      for (let i = 0; i + 8 <= length; i += 8) {
        view.setBigUint64(i, readU64(virtAddr(address + BigInt(i))), true);
      }
      return new Uint8Array(view.buffer);
    },
  } as unknown as AddressSpace;
  const node = struct('rethook_node', 40, [
    ['llist', 0, long],
    ['ret_addr', 24, long],
    ['frame', 32, long],
  ]);
  const list = struct('llist_head', 8, [['first', 0, pointer(long)]]);
  const task = struct('task_struct', 64, [
    ['curr_ret_stack', 0, int],
    ['ret_stack', 8, pointer(retStack)],
    ['rethooks', 16, list],
  ]);
  const types: Record<string, Type> = {
    'struct ftrace_ret_stack': entry,
    'struct rethook_node': node,
  };
  const context = { kernel, type: (name: string) => types[name]! };
  const symbols: Record<string, bigint> = {
    return_to_handler: HANDLER,
    arch_rethook_trampoline: RETHOOK,
  };
  const program = {
    symbols: {
      findInKernel: (name: string) =>
        name in symbols ? { name, address: symbols[name] } : undefined,
    },
  } as unknown as Program;
  return replacedReturns(program, new KernelObject(context, task, TASK));
}

const OLD = struct('ftrace_ret_stack', 32, [
  ['ret', 0, long],
  ['func', 8, long],
  ['retp', 24, pointer(long)],
]);
const NEW = struct('ftrace_ret_stack', 24, [
  ['ret', 0, long],
  ['func', 8, long],
  ['retp', 16, pointer(long)],
]);
const at = (base: bigint, offset: number) => String(base + BigInt(offset));

describe('replaced return addresses', () => {
  it('are none of an ordinary address', () => {
    expect(draw(OLD, OLD, {})(SLOT, virtAddr(CALLER))).toBeUndefined();
  });

  it('of the function graph tracer come from the array of entries (before 6.11)', () => {
    const find = draw(OLD, OLD, {
      [at(TASK, 0)]: 1n,
      [at(TASK, 8)]: STACK,
      [at(STACK, 0)]: 0x111n,
      [at(STACK, 24)]: SLOT + 0x40n,
      [at(STACK, 32)]: CALLER,
      [at(STACK, 56)]: SLOT,
    });
    expect(find(SLOT, virtAddr(HANDLER))?.original).toBe(CALLER);
  });

  it('come from among other words since 6.11', () => {
    const find = draw(long, NEW, {
      [at(TASK, 0)]: 9n,
      [at(TASK, 8)]: STACK,
      [at(STACK, 8)]: 0xabcn,
      [at(STACK, 40)]: CALLER,
      [at(STACK, 56)]: SLOT,
    });
    expect(find(SLOT, virtAddr(HANDLER))?.original).toBe(CALLER);
  });

  it('of a tail call are those of the function that was called', () => {
    const find = draw(OLD, OLD, {
      [at(TASK, 0)]: 1n,
      [at(TASK, 8)]: STACK,
      [at(STACK, 0)]: CALLER,
      [at(STACK, 24)]: SLOT,
      [at(STACK, 32)]: HANDLER,
      [at(STACK, 56)]: SLOT,
    });
    expect(find(SLOT, virtAddr(HANDLER))?.original).toBe(CALLER);
  });

  const hooked = {
    [at(TASK, 16)]: 0xffff888000003000n,
    [at(0xffff888000003000n, 0)]: 0xffff888000003100n,
    [at(0xffff888000003000n, 24)]: 0x222n,
    [at(0xffff888000003000n, 32)]: SLOT + 8n,
    [at(0xffff888000003100n, 32)]: SLOT,
  };
  it('of a return probe come from the list of hooks', () => {
    const find = draw(OLD, OLD, { ...hooked, [at(0xffff888000003100n, 24)]: CALLER });
    expect(find(SLOT, virtAddr(RETHOOK))).toMatchObject({ original: CALLER });
  });

  it('are followed through one tracer over another', () => {
    const find = draw(OLD, OLD, {
      ...hooked,
      [at(0xffff888000003100n, 24)]: HANDLER,
      [at(TASK, 0)]: 0n,
      [at(TASK, 8)]: STACK,
      [at(STACK, 0)]: CALLER,
      [at(STACK, 24)]: SLOT,
    });
    expect(find(SLOT, virtAddr(RETHOOK))?.original).toBe(CALLER);
  });

  it('that are lost are said to be, also where the list of hooks is cyclic', () => {
    const find = draw(OLD, OLD, {
      [at(TASK, 16)]: 0xffff888000003000n,
      [at(0xffff888000003000n, 0)]: 0xffff888000003000n,
    });
    expect(find(SLOT, virtAddr(RETHOOK))).toEqual({
      hook: 'arch_rethook_trampoline',
      original: undefined,
    });
  });
});
