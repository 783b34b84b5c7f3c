import type { SymbolRef, WordLabel } from '../../../src-shared/contract/index.ts';
import { DWARF_REGISTERS } from '../arch/x86-64/dwarf-registers.ts';
import { PT_REGS_WORDS } from '../arch/x86-64/pt-regs.ts';
import type { Program } from '../program/program.ts';
import type { FrameState } from '../unwind/frame-state.ts';
import { placedVariables } from './stack-variables.ts';

/** By the address of the word. */
export type PlaceLabels = ReadonlyMap<bigint, readonly WordLabel[]>;

/** What the unwinder and the debug information say of the words of a frame. */
export function placeLabels(
  program: Program,
  states: readonly FrameState[],
  index: number,
): PlaceLabels {
  const labels = new Map<bigint, WordLabel[]>();
  const state = states[index];
  if (state === undefined) return labels;
  const add = (address: bigint, label: WordLabel): void => {
    const known = labels.get(address);
    if (known === undefined) labels.set(address, [label]);
    else known.push(label);
  };
  const { frame } = state;
  const next = states[index + 1]?.frame;
  if (next !== undefined && !next.interrupted) {
    const text = `return address to ${symbolText(next.symbol, next.pc)}`;
    add(next.sp, { kind: 'return-address', text, certain: next.exact, address: next.pc });
  }
  const caller = next?.symbol?.name ?? 'the caller';
  for (const [register, address] of state.saved) {
    const name = DWARF_REGISTERS[register];
    if (name === undefined || name === 'rip' || name === 'rsp') continue;
    const text = `${name} of ${caller}`;
    add(address, { kind: 'saved-register', text, certain: frame.exact });
  }
  const { registers } = frame;
  if (registers?.address !== undefined && registers.full) {
    for (const [i, name] of PT_REGS_WORDS.entries()) {
      const text = `pt_regs.${name}`;
      const certain = frame.exact;
      add(registers.address + BigInt(8 * i), { kind: 'registers', text, certain });
    }
  }
  for (const { address, text } of placedVariables(program, state)) {
    add(address, { kind: 'variable', text, certain: frame.exact });
  }
  return labels;
}

function symbolText(symbol: SymbolRef | undefined, pc: bigint): string {
  if (symbol === undefined) return `0x${pc.toString(16)}`;
  const module = symbol.module === undefined ? '' : ` [${symbol.module}]`;
  return `${symbol.name}+0x${symbol.offset.toString(16)}${module}`;
}
