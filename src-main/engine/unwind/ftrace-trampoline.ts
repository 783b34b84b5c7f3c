import { virtAddr, type VirtAddr } from '../base/address.ts';
import type { Program } from '../program/program.ts';

const MAX_OPS = 1024;
/** @source include/linux/ftrace.h FTRACE_OPS_FL_SAVE_REGS */
const SAVE_REGS = 4n;

/**
 * ftrace's dynamic trampolines are copies of ftrace_caller or ftrace_regs_caller without ORC of
 * their own; the stack at any point of them is that of the call inside the original.
 * @returns address in the original whose ORC entry holds
 * @throws FaultError
 * @source arch/x86/kernel/unwind_orc.c `orc_ftrace_find()`; kernel/trace/ftrace.c `ftrace_ops_trampoline()`
 */
export function findFtraceTrampoline(program: Program, pc: VirtAddr): VirtAddr | undefined {
  const head = program.symbols.findInKernel('ftrace_ops_list');
  const type = program.findType('struct ftrace_ops');
  if (head === undefined || type === undefined) return undefined;
  const end = program.symbols.findInKernel('ftrace_list_end')?.address;
  let address = virtAddr(program.kernel.readU64(head.address));
  for (let i = 0; i < MAX_OPS && address !== 0n && address !== end; i++) {
    const ops = program.object(type, address);
    if (!ops.has('trampoline')) return undefined;
    const start = ops.member('trampoline').pointer();
    const size = ops.member('trampoline_size').bigint();
    if (start !== 0n && pc >= start && pc < start + size) {
      const withRegisters = (ops.member('flags').bigint() & SAVE_REGS) !== 0n;
      return program.symbols.findInKernel(withRegisters ? 'ftrace_regs_call' : 'ftrace_call')
        ?.address;
    }
    address = ops.member('next').pointer();
  }
  return undefined;
}
