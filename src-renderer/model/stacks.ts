import type {
  Block,
  RegisterSet,
  StackFrame,
  StackTrace,
} from '../../src-shared/contract/index.ts';

export function stacksOf(blocks: readonly Block[]): readonly StackTrace[] {
  return blocks.filter((block) => block.type === 'stack').map((block) => block.stack);
}

/** In which mode a CPU was when the machine died, as far as its stack tells. */
export type CpuMode = 'user' | 'kernel' | 'idle' | 'unknown';

/**
 * A CPU that an NMI stopped shows the NMI's own frames first: what it was doing is in the registers
 * the NMI saved. A CPU without them was running the kernel code its stack begins with.
 */
export function modeOf(stack: StackTrace): CpuMode {
  const stopped = stack.frames.find((frame) => frame.registers?.origin === 'nmi')?.registers;
  if (stopped?.userMode || stack.startRegisters?.userMode) return 'user';
  if (stack.task.pid === 0) return 'idle';
  const first = stack.frames[0];
  if (!first) return 'unknown';
  return first.stack === 'user' ? 'user' : 'kernel';
}

/** Frames of one stack (task, IRQ, NMI, …), and the registers saved where it ends. */
export interface StackSection {
  readonly stack: StackFrame['stack'];
  readonly frames: readonly StackFrame[];
  readonly boundary: RegisterSet | undefined;
}

/** Cuts at each boundary: saved registers end a section, and so does a change of stack. */
export function sectionsOf(stack: StackTrace): readonly StackSection[] {
  const sections: StackSection[] = [];
  let frames: StackFrame[] = [];
  const end = (boundary: RegisterSet | undefined) => {
    const first = frames[0];
    if (first) sections.push({ stack: first.stack, frames, boundary });
    frames = [];
  };
  for (const frame of stack.frames) {
    const last = frames.at(-1);
    if (last && last.stack !== frame.stack) end(undefined);
    frames.push(frame);
    if (frame.registers) end(frame.registers);
  }
  end(undefined);
  return sections;
}

export const STACK_NAMES: Readonly<Record<StackFrame['stack'], string>> = {
  task: 'task stack',
  irq: 'IRQ stack',
  softirq: 'softirq stack',
  nmi: 'NMI stack',
  df: 'double-fault stack',
  db: 'debug stack',
  mce: 'machine-check stack',
  vc: 'VC stack',
  entry: 'entry trampoline stack',
  user: 'user stack',
  unknown: 'unknown stack',
};

export const METHOD_NAMES: Readonly<Record<StackFrame['method'], string>> = {
  start: 'where unwinding began',
  orc: 'ORC unwind table',
  cfi: 'DWARF call-frame information',
  'frame-pointer': 'frame pointer (a guess)',
  scan: 'scan of the stack for return addresses (a guess)',
};

export const ORIGIN_NAMES: Readonly<Record<RegisterSet['origin'], string>> = {
  exception: 'Exception',
  interrupt: 'Interrupt',
  nmi: 'NMI',
  syscall: 'System call',
  'crash-note': 'Crash note',
  unknown: 'Saved registers',
};

/** x86-64 in the order people read them; others follow as they come. */
const ORDER =
  'rip cs rflags rsp ss rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 orig_rax'.split(
    ' ',
  );

export function registersInOrder(set: RegisterSet): readonly (readonly [string, bigint])[] {
  const rank = (name: string) => {
    const index = ORDER.indexOf(name.toLowerCase());
    return index < 0 ? ORDER.length : index;
  };
  return Object.entries(set.values).sort(([a], [b]) => rank(a) - rank(b));
}
