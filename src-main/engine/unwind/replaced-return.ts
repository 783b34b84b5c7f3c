import { virtAddr, type VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import { memoized } from '../base/memo.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { findMember, offsetOf, resolveTypedef, sizeOf } from '../types/layout.ts';
import type { ReplacedReturn } from './environment.ts';

/** @param replacement the hook's own address, which an entry of a tail call holds as well */
type FindOriginal = (task: KernelObject, slot: bigint, replacement: bigint) => bigint | undefined;

/**
 * Tracers put their own code in place of a return address and keep the original with the task.
 * The slot on the stack identifies it, so a match is a fact, not a guess.
 */
const HOOKS: readonly (readonly [string, FindOriginal])[] = [
  ['return_to_handler', originalOfFunctionGraph],
  ['arch_rethook_trampoline', originalOfReturnProbe],
  ['__kretprobe_trampoline', originalOfReturnProbe],
  ['kretprobe_trampoline', originalOfReturnProbe],
];

/** More than fgraph keeps: FTRACE_RETFUNC_DEPTH 50 entries, or a page of words since 6.11. */
const MAX_RET_STACK = 8192;
const MAX_PROBES = 256;
const MAX_NESTED = 8;

/** Those that this kernel has, by address. */
const hooksOf = memoized(({ symbols }: Program) => {
  const hooks = new Map<bigint, (typeof HOOKS)[number]>();
  for (const hook of HOOKS) {
    const symbol = symbols.findInKernel(hook[0]);
    if (symbol !== undefined) hooks.set(symbol.address, hook);
  }
  return hooks;
});

/** Looks return addresses up among the hooks of this kernel. */
export function replacedReturns(
  program: Program,
  task: KernelObject | undefined,
): (slot: VirtAddr, address: VirtAddr) => ReplacedReturn | undefined {
  const hooks = hooksOf(program);
  return (slot, address) => {
    let hook = hooks.get(address);
    if (hook === undefined) return undefined;
    // One tracer may have replaced what another one put there.
    let original: bigint | undefined;
    for (let i = 0; i < MAX_NESTED && hook !== undefined; i++) {
      const [name, find] = hook;
      const replacement = original ?? address;
      original = task && tryRead(() => find(task, slot, replacement));
      if (original === undefined) return { hook: name, original };
      hook = hooks.get(original);
    }
    return { hook: 'tracers', original: hook === undefined ? original : undefined };
  };
}

/**
 * task->ret_stack: an array of struct ftrace_ret_stack below curr_ret_stack; since 6.11 (commit
 * 42675b723b48) a page of words that holds such structs among other data.
 * @source kernel/trace/fgraph.c `ftrace_graph_ret_addr()`
 */
function originalOfFunctionGraph(
  task: KernelObject,
  slot: bigint,
  replacement: bigint,
): bigint | undefined {
  const entry = task.context.type('struct ftrace_ret_stack');
  const where = findMember(entry, 'retp');
  if (where === undefined) return undefined;
  const retp = where.bitOffset / 8;
  const ret = offsetOf(entry, 'ret');
  const stack = task.member('ret_stack');
  const start = stack.pointer();
  const index = task.member('curr_ret_stack').number();
  const pointer = resolveTypedef(stack.type);
  if (start === 0n || index < 0 || pointer.kind !== 'pointer') return undefined;
  const structs = resolveTypedef(pointer.target).kind === 'struct';
  const step = structs ? sizeOf(entry) : 8;
  const length = Math.min(structs ? (index + 1) * step : index * 8, MAX_RET_STACK);
  const bytes = task.space.read(start, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = length - Math.max(retp, ret) - 8;
  for (let at = last - (last % step); at >= 0; at -= step) {
    if (view.getBigUint64(at + retp, true) !== slot) continue;
    const original = view.getBigUint64(at + ret, true);
    // A function entered by a tail call shares the slot of the one that was called.
    if (original !== replacement) return original;
  }
  return undefined;
}

/**
 * task->rethooks (struct rethook_node, 5.18+) or task->kretprobe_instances (struct
 * kretprobe_instance, 5.11+): a list from the innermost on.
 * @source kernel/trace/rethook.c `rethook_find_ret_addr()`, kernel/kprobes.c
 */
function originalOfReturnProbe(task: KernelObject, slot: bigint): bigint | undefined {
  const lists = [
    ['rethooks', 'struct rethook_node', 'frame'],
    ['kretprobe_instances', 'struct kretprobe_instance', 'fp'],
  ] as const;
  for (const [member, typeName, frame] of lists) {
    if (!task.has(`${member}.first`)) continue;
    const type = task.context.type(typeName);
    const offset = offsetOf(type, 'llist');
    let node = task.member(`${member}.first`).pointer();
    for (let i = 0; i < MAX_PROBES && node !== 0n; i++) {
      const instance = task.at(type, virtAddr(node - BigInt(offset)));
      if (instance.member(frame).pointer() === slot) return instance.member('ret_addr').pointer();
      node = virtAddr(task.space.readU64(node));
    }
  }
  return undefined;
}
