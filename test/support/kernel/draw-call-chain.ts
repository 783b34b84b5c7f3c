import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { ProgramDebugInfo } from '../../../src-main/engine/program/debug-info.ts';
import { frameStatesOf } from '../../../src-main/engine/unwind/frame-states.ts';
import type { TaskTrace } from '../../../src-main/engine/unwind/task.ts';
import type { RegisterSet, StackFrame } from '../../../src-shared/contract/index.ts';
import { drawDwarf, sectionsOf } from '../dwarf/draw-dwarf.ts';
import { drawFrames } from '../dwarf/draw-frames.ts';
import { DrawnMachine } from './draw-machine.ts';

export const TEXT = 0xffff_ffff_8100_0000n;
/** Stack pointer in leaf. */
export const STACK = 0xffff_c900_0000_3e00n;
/** KASLR of the drawn kernel: its file has other addresses than its memory. */
export const SLIDE = 0x0020_0000n;

/** leaf <- middle <- outer, 0x100 bytes each; leaf pushed r12 and rbx, middle rbp. */
export const CHAIN_CFI = `
  cie: def_cfa 7 8; offset 16 1
  fde ${TEXT + 0x1000n} 0x100: def_cfa_offset 32; offset 3 2; offset 12 3
  fde ${TEXT + 0x1100n} 0x100: def_cfa_offset 16; offset 6 2
  fde ${TEXT + 0x1200n} 0x100: def_cfa_offset 8
`;
const NAMES = ['leaf', 'middle', 'outer'];

export interface ChainDrawing {
  readonly cfi?: string;
  /** DIEs of one unit, whose labels `@int`… are its own. */
  readonly dwarf?: string;
  readonly lists?: Uint8Array;
  readonly types?: string;
  /** Overrides of single frames. */
  readonly frames?: Readonly<Record<number, Partial<StackFrame>>>;
  readonly trace?: Partial<TaskTrace>;
  /** Puts more into memory, or takes it away. */
  readonly memory?: (machine: DrawnMachine) => void;
}

/** Saved: rbx 0xb0b, r12 0x1212, rbp 0x6060. */
export function drawChain(drawing: ChainDrawing = {}) {
  const machine = new DrawnMachine(drawing.types ?? 'struct none { int x; }');
  const moved = TEXT + SLIDE;
  machine.symbol('_stext', moved, 'T').symbol('_etext', moved + 0x10_0000n, 'T');
  for (const [i, name] of NAMES.entries()) {
    machine.symbol(name, moved + 0x1000n + BigInt(i) * 0x100n, 'T');
  }
  machine.symbol('end', moved + 0x1300n, 'T');
  const words = [0n, 0x1212n, 0xb0bn, moved + 0x1180n, 0x6060n, moved + 0x1280n, 0n, 0n];
  for (const [i, word] of words.entries()) machine.u64(STACK + BigInt(i) * 8n, word);
  drawing.memory?.(machine);
  const program = machine.program();
  const drawn =
    drawDwarf(`unit version=5\ncompile_unit name="a.c" low_pc=${TEXT} high_pc=+0x100000 {
    ${drawing.dwarf ?? ''}
  }`).sections;
  const lists = drawing.lists && { loclists: drawing.lists };
  const dwarf = sectionsOf({ ...drawn, ...lists }, [drawFrames(drawing.cfi ?? CHAIN_CFI)]);
  const part = {
    name: 'vmlinux',
    path: 'vmlinux',
    match: 'build-id',
    dwarf,
    slide: SLIDE,
    covers: (address: bigint) => address >= moved && address < moved + 0x10_0000n,
  };
  program.attachDebugInfo(new ProgramDebugInfo([part]), undefined);
  const trace = traceOf(drawing);
  return { program, machine, trace, states: () => frameStatesOf(program, undefined, trace) };
}

export function frameOf(index: number, changed: Partial<StackFrame> = {}): StackFrame {
  const sp = [STACK, STACK + 24n, STACK + 40n][index]!;
  return {
    index,
    pc: virtAddr(TEXT + SLIDE + 0x1080n + BigInt(index) * 0x100n),
    sp,
    symbol: { name: NAMES[index]!, offset: 0x80, size: 0x100 },
    method: index === 0 ? 'start' : 'orc',
    exact: true,
    stack: 'task',
    interrupted: index === 0,
    ...changed,
  } as StackFrame;
}

/** Registers of a crash note in leaf. */
function startRegisters(): RegisterSet {
  return {
    origin: 'crash-note',
    address: undefined,
    userMode: false,
    full: true,
    values: { rip: frameOf(0).pc, rsp: STACK, rax: 0xaan, rdi: 0xd1n, r13: 0x1313n },
  };
}

function traceOf({ frames = {}, trace }: ChainDrawing): TaskTrace {
  return {
    start: 'crash-note',
    startRegisters: startRegisters(),
    frames: NAMES.map((_, i) => frameOf(i, frames[i])),
    end: { complete: true, why: 'end of the stack' },
    warnings: [],
    ...trace,
  } as TaskTrace;
}
