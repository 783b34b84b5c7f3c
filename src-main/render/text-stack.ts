import type {
  InlinedFrame,
  RegisterSet,
  SourceLine,
  StackBlock,
  StackFrame,
  SymbolRef,
} from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { registerListLines, variableLines } from './text-frame-variables.ts';
import { taskLine } from './text-task.ts';
import { explainedWordLines, stackWordLines } from './text-stack-words.ts';
import { address16, hexDigits } from './units.ts';

/** crash's `bt`: header, frames, and the registers where an entry into the kernel saved them. */
export function stackLines(block: StackBlock): string[] {
  if (block.textSymbols !== undefined) return textSymbolLines(block, block.textSymbols);
  if (block.savedRegisters !== undefined) return savedRegisterLines(block, block.savedRegisters);
  const { stack } = block;
  const lines = [taskLine(stack.task)];
  // crash begins at its own handler's frame and meets these registers further down.
  if (stack.startRegisters !== undefined) lines.push(...registerLines(stack.startRegisters));
  let method: StackFrame['method'] | undefined;
  for (const frame of stack.frames) {
    if (!frame.exact && method !== frame.method) lines.push(`    (${GUESS[frame.method]})`);
    method = frame.exact ? undefined : frame.method;
    for (const inlined of frame.inlined ?? []) addInlined(lines, inlined, block.lines);
    addFrame(lines, frame, block);
    if (frame.registers !== undefined) lines.push(...registerLines(frame.registers));
    if (frame.words !== undefined) {
      const explained = block.words === 'explained';
      lines.push(...(explained ? explainedWordLines : stackWordLines)(frame.words));
    }
  }
  if (lines.length === 1) {
    lines.push(stack.end.complete ? '(no stack)' : `(no backtrace: ${printable(stack.end.why)})`);
  } else if (!stack.end.complete) {
    lines.push(`    (the trace ends here: ${printable(stack.end.why)})`);
  }
  for (const warning of stack.warnings) lines.push(`    (${printable(warning)})`);
  return lines;
}

/** crash's `bt -t` and `-T`: `  [address] function at pc [module]`. */
function textSymbolLines(
  block: StackBlock,
  { start }: NonNullable<StackBlock['textSymbols']>,
): string[] {
  const { stack, symbolOffsets } = block;
  const lines = [taskLine(stack.task)];
  if (start !== undefined) {
    lines.push(`              START: ${printable(start.symbol.name)} at ${address16(start.pc)}`);
  }
  for (const frame of stack.frames) {
    lines.push(`  ${frameLine(frame, symbolOffsets).replace(/^ *#[0-9]+ /, '')}`);
    addDetails(lines, frame, block);
    if (frame.registers !== undefined) lines.push(...registerLines(frame.registers));
  }
  for (const warning of stack.warnings) lines.push(`    (${printable(warning)})`);
  return lines;
}

/** crash's `bt -e` and `-E`; what was found by its look alone is marked. */
function savedRegisterLines(
  { stack }: StackBlock,
  { title }: NonNullable<StackBlock['savedRegisters']>,
): string[] {
  const lines = [title === undefined ? taskLine(stack.task) : `${title}:`];
  if (stack.frames.length === 0) lines.push('(none found)');
  for (const { registers, sp, exact } of stack.frames) {
    if (registers === undefined) continue;
    const mode = registers.userMode ? 'USER' : 'KERNEL';
    lines.push('', `  ${mode}-MODE EXCEPTION FRAME AT: ${address16(sp)}`);
    lines.push(...registerLines(registers));
    if (!exact) lines.push('    (a guess: not in the backtrace, may be stale)');
  }
  for (const warning of stack.warnings) lines.push(`    (${printable(warning)})`);
  return lines;
}

/** Said once before frames that are no more than likely. */
const GUESS: Readonly<Record<StackFrame['method'], string>> = {
  start: 'the start is a guess',
  orc: 'a guess: unwound from an inexact frame',
  cfi: 'a guess: unwound from an inexact frame',
  'frame-pointer': 'a guess: by frame pointers',
  scan: 'a guess: return addresses found on the stack',
};

/** ` #0 [sp] function at pc [module]`. */
function frameLine(frame: StackFrame, offsets: 10 | 16 | undefined): string {
  const { symbol } = frame;
  const index = frame.index < 10 ? ` #${frame.index}` : `#${frame.index}`;
  const name = symbol === undefined ? '(unknown or invalid address)' : symbolText(symbol, offsets);
  const module = symbol?.module === undefined ? '' : ` [${printable(symbol.module)}]`;
  return `${index} [${address16(frame.sp)}] ${name} at ${address16(frame.pc)}${module}`;
}

function addFrame(lines: string[], frame: StackFrame, block: StackBlock): void {
  lines.push(frameLine(frame, block.symbolOffsets));
  addDetails(lines, frame, block);
}

/** What a frame has below its line: where it stands, its variables and registers. */
function addDetails(lines: string[], frame: StackFrame, { lines: wanted }: StackBlock): void {
  const { source, variables, known } = frame;
  if (wanted === true && source !== undefined) lines.push(sourceLine(source));
  if (variables !== undefined) lines.push(...variableLines(variables));
  if (known !== undefined) lines.push(...registerListLines(known));
}

/** A line of its own: an inlined function has no frame on the stack, so no number. */
function addInlined(lines: string[], inlined: InlinedFrame, wanted: boolean | undefined): void {
  const { function: name, source, variables } = inlined;
  lines.push(`    (inlined) ${printable(name)}`);
  if (wanted === true && source !== undefined) lines.push(sourceLine(source));
  if (variables !== undefined) lines.push(...variableLines(variables));
}

/** crash's `bt -l`: `    file: line`. */
function sourceLine({ file, line }: SourceLine): string {
  return `    ${printable(file)}: ${line}`;
}

/** `name`, or `name+offset` in the radix given. */
function symbolText(symbol: SymbolRef, radix: 10 | 16 | undefined): string {
  const name = printable(symbol.name);
  if (radix === undefined || symbol.offset === 0) return name;
  return radix === 16 ? `${name}+0x${hexDigits(symbol.offset)}` : `${name}+${symbol.offset}`;
}

/**
 * Where the saved RIP lies. A kernel that panics by itself saves its own registers in
 * __crash_kexec: no exception, so it is not called one.
 * @source kernel/kexec_core.c `__crash_kexec()`: `crash_setup_regs(&fixed_regs, regs)`
 */
function ripLabel({ origin, symbol }: RegisterSet): string {
  if (symbol === undefined) return 'exception RIP: unknown or invalid address';
  const where = symbolText(symbol, 10);
  return origin === 'crash-note' && symbol.name === '__crash_kexec'
    ? `saved by the kernel itself in ${where}`
    : `exception RIP: ${where}`;
}

const ROWS: readonly (readonly string[])[] = [
  ['rip', 'rsp', 'rflags'],
  ['rax', 'rbx', 'rcx'],
  ['rdx', 'rsi', 'rdi'],
  ['rbp', 'r8', 'r9'],
  ['r10', 'r11', 'r12'],
  ['r13', 'r14', 'r15'],
];

/** As `rip` -> `RIP`; `  R8` is as wide as `RBP` after the first column. */
const LABELED_ROWS = ROWS.map((row) =>
  row.map((name, i) => ({
    name,
    label: `${i === 0 ? '    ' : '  '}${name.toUpperCase().padStart(i === 0 ? 0 : 3)}: `,
    digits: name === 'rflags' ? 8 : 16,
  })),
);

/** Registers of struct pt_regs. One that is not known is left blank, not shown as zero. */
function registerLines(registers: RegisterSet): string[] {
  const value = (name: string, digits: number) => {
    const found = registers.values[name];
    return found === undefined
      ? '(unknown)'.padEnd(digits)
      : found.toString(16).padStart(digits, '0');
  };
  const lines = registers.userMode ? [] : [`    [${ripLabel(registers)}]`];
  for (const row of LABELED_ROWS) {
    lines.push(
      row
        .map(({ name, label, digits }) => label + value(name, digits))
        .join('')
        .trimEnd(),
    );
  }
  lines.push(
    `    ORIG_RAX: ${value('orig_rax', 16)}  CS: ${value('cs', 4)}  SS: ${value('ss', 4)}`.trimEnd(),
  );
  return lines;
}
