import { UNKNOWN, type CodeValues } from './code-values.ts';

const RSP = 4;
/** Bytes an instruction writes at most, but for repeated ones (a vector register; XSAVE is not in functions' frames). */
const WIDEST = 64;

interface Slot {
  readonly value: number;
  /** Bytes: 4 or 8. */
  readonly width: number;
}

/** What is known of registers and stack before an instruction. Ids are those of its `values`. */
export class CodeState {
  readonly values: CodeValues;
  readonly registers: Int32Array;
  /** By offset from the CFA. */
  readonly slots: Map<number, Slot>;

  constructor(values: CodeValues, registers: Int32Array, slots: ReadonlyMap<number, Slot>) {
    this.values = values;
    this.registers = registers;
    this.slots = new Map(slots);
  }

  /** At a function's first instruction: the return address lies at CFA - 8. */
  static atEntry(values: CodeValues): CodeState {
    const registers = Int32Array.from({ length: 16 }, (_, i) => values.entry(i));
    registers[RSP] = values.stack(-8);
    return new CodeState(values, registers, new Map());
  }

  clone(): CodeState {
    return new CodeState(this.values, this.registers.slice(), this.slots);
  }

  /** CFA - rsp; undefined after rsp was aligned or loaded. */
  get height(): number | undefined {
    return this.values.depth(this.register(RSP));
  }

  register(index: number): number {
    return this.registers[index] ?? UNKNOWN;
  }

  setRegister(index: number, value: number): void {
    this.registers[index] = value;
    if (index === RSP) this.#dropBelowStack();
  }

  /** Of a slot of exactly this width. */
  slot(offset: number, width: number): number {
    const slot = this.slots.get(offset);
    return slot?.width === width ? slot.value : UNKNOWN;
  }

  setSlot(offset: number, width: number, value: number): void {
    for (let at = offset - 7; at < offset + Math.min(width, WIDEST); at++) {
      const slot = this.slots.get(at);
      if (slot !== undefined && at + slot.width > offset) this.slots.delete(at);
    }
    if (value !== UNKNOWN && (width === 4 || width === 8)) this.slots.set(offset, { value, width });
  }

  /** Forgets a value wherever it is, as it comes to be another one. */
  forget(value: number): void {
    for (let i = 0; i < 16; i++) {
      if (this.values.restsOn(this.register(i), value)) this.registers[i] = UNKNOWN;
    }
    for (const [offset, slot] of this.slots) {
      if (this.values.restsOn(slot.value, value)) this.slots.delete(offset);
    }
  }

  /** Keeps what another path to the same instruction knows as well. @returns whether any was lost */
  meet(other: CodeState): boolean {
    let changed = false;
    for (let i = 0; i < 16; i++) {
      if (this.register(i) === UNKNOWN || this.register(i) === other.register(i)) continue;
      this.registers[i] = UNKNOWN;
      changed = true;
    }
    for (const [offset, slot] of this.slots) {
      if (other.slot(offset, slot.width) === slot.value) continue;
      this.slots.delete(offset);
      changed = true;
    }
    return changed;
  }

  /** What lies below the stack pointer may be overwritten by an interrupt: the kernel has no red zone. */
  #dropBelowStack(): void {
    const height = this.height;
    if (height === undefined) return;
    for (const offset of this.slots.keys()) {
      if (offset < -height) this.slots.delete(offset);
    }
  }
}
