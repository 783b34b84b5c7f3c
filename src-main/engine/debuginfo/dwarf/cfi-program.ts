import type { Cie, Fde } from './cfi-entries.ts';
import type { CfaRule, CfiRow, RegisterRule } from './cfi-row.ts';
import { DwarfCursor } from './cursor.ts';

const DW_CFA = {
  advanceLoc: 0x40,
  offset: 0x80,
  restore: 0xc0,
  nop: 0x00,
  setLoc: 0x01,
  advanceLoc1: 0x02,
  advanceLoc2: 0x03,
  advanceLoc4: 0x04,
  offsetExtended: 0x05,
  restoreExtended: 0x06,
  undefined: 0x07,
  sameValue: 0x08,
  register: 0x09,
  rememberState: 0x0a,
  restoreState: 0x0b,
  defCfa: 0x0c,
  defCfaRegister: 0x0d,
  defCfaOffset: 0x0e,
  defCfaExpression: 0x0f,
  expression: 0x10,
  offsetExtendedSf: 0x11,
  defCfaSf: 0x12,
  defCfaOffsetSf: 0x13,
  valOffset: 0x14,
  valOffsetSf: 0x15,
  valExpression: 0x16,
  gnuArgsSize: 0x2e,
  gnuNegativeOffsetExtended: 0x2f,
} as const;

const MAX_REMEMBERED = 64;
/** Columns: DWARF's numbers of x86-64 stay below 130, of arm64 below 128. */
const MAX_REGISTER = 1024;

/**
 * Runs an FDE's instructions up to an address.
 * @param address signed double within the FDE
 * @throws FaultError `corrupt`
 */
export function rowAt(fde: Fde, address: number, origin: CfiRow['origin'], what: string): CfiRow {
  const machine = new CfiMachine(fde.cie, what);
  machine.run(fde.cie.instructions, 0, Infinity);
  machine.keepInitial();
  machine.run(fde.instructions, fde.start, address);
  return machine.row(origin);
}

class CfiMachine {
  readonly #cie: Cie;
  readonly #what: string;
  #cfa: CfaRule | undefined;
  #rules = new Map<number, RegisterRule>();
  #initial: ReadonlyMap<number, RegisterRule> = new Map();
  readonly #remembered: { cfa: CfaRule | undefined; rules: Map<number, RegisterRule> }[] = [];

  constructor(cie: Cie, what: string) {
    this.#cie = cie;
    this.#what = what;
  }

  keepInitial(): void {
    this.#initial = new Map(this.#rules);
  }

  row(origin: CfiRow['origin']): CfiRow {
    const { returnRegister, signal, addressSize } = this.#cie;
    if (this.#cfa === undefined) {
      throw new DwarfCursor(new Uint8Array(0), this.#what).corrupt('a rule for the CFA', 'none');
    }
    const registers = this.#rules;
    return { cfa: this.#cfa, registers, returnRegister, signal, addressSize, origin };
  }

  /** Stops before the first row that begins after `until`. */
  run(instructions: Uint8Array, start: number, until: number): void {
    const data = new DwarfCursor(instructions, this.#what);
    let location = start;
    while (!data.atEnd) {
      const opcode = data.u8();
      const delta = this.#advanceOf(opcode, data, location);
      if (delta === undefined) {
        this.#execute(opcode, data);
        continue;
      }
      location += delta;
      if (location > until) return;
    }
  }

  /** Bytes of code that an instruction moves over; undefined when it does something else. */
  #advanceOf(opcode: number, data: DwarfCursor, location: number): number | undefined {
    const { codeAlign, addressSize } = this.#cie;
    if ((opcode & 0xc0) === DW_CFA.advanceLoc) return (opcode & 0x3f) * codeAlign;
    switch (opcode) {
      case DW_CFA.advanceLoc1:
        return data.u8() * codeAlign;
      case DW_CFA.advanceLoc2:
        return data.u16() * codeAlign;
      case DW_CFA.advanceLoc4:
        return data.u32() * codeAlign;
      case DW_CFA.setLoc:
        return data.address(addressSize) - location;
      default:
        return undefined;
    }
  }

  #execute(opcode: number, data: DwarfCursor): void {
    const { dataAlign } = this.#cie;
    const high = opcode & 0xc0;
    const low = opcode & 0x3f;
    if (high === DW_CFA.offset) this.#offset(data, low, data.uleb() * dataAlign);
    else if (high === DW_CFA.restore) this.#restore(low);
    else if (!this.#defineCfa(opcode, data)) this.#registerRule(opcode, data);
  }

  #defineCfa(opcode: number, data: DwarfCursor): boolean {
    const { dataAlign } = this.#cie;
    switch (opcode) {
      case DW_CFA.defCfa:
        this.#cfa = { kind: 'register', register: data.uleb(), offset: data.uleb() };
        return true;
      case DW_CFA.defCfaSf:
        this.#cfa = { kind: 'register', register: data.uleb(), offset: data.sleb() * dataAlign };
        return true;
      case DW_CFA.defCfaRegister:
        this.#cfa = { ...this.#registerCfa(data), register: data.uleb() };
        return true;
      case DW_CFA.defCfaOffset:
        this.#cfa = { ...this.#registerCfa(data), offset: data.uleb() };
        return true;
      case DW_CFA.defCfaOffsetSf:
        this.#cfa = { ...this.#registerCfa(data), offset: data.sleb() * dataAlign };
        return true;
      case DW_CFA.defCfaExpression:
        this.#cfa = { kind: 'expression', bytes: data.take(data.uleb()) };
        return true;
      default:
        return false;
    }
  }

  #registerCfa(data: DwarfCursor): Extract<CfaRule, { kind: 'register' }> {
    if (this.#cfa?.kind === 'register') return this.#cfa;
    throw data.corrupt('a CFA by register', 'none');
  }

  #registerRule(opcode: number, data: DwarfCursor): void {
    const { dataAlign } = this.#cie;
    switch (opcode) {
      case DW_CFA.nop:
        break;
      case DW_CFA.offsetExtended:
        this.#offset(data, data.uleb(), data.uleb() * dataAlign);
        break;
      case DW_CFA.offsetExtendedSf:
        this.#offset(data, data.uleb(), data.sleb() * dataAlign);
        break;
      case DW_CFA.gnuNegativeOffsetExtended:
        this.#offset(data, data.uleb(), -data.uleb() * dataAlign);
        break;
      case DW_CFA.valOffset:
        this.#set(data, data.uleb(), { kind: 'value-offset', offset: data.uleb() * dataAlign });
        break;
      case DW_CFA.valOffsetSf:
        this.#set(data, data.uleb(), { kind: 'value-offset', offset: data.sleb() * dataAlign });
        break;
      case DW_CFA.restoreExtended:
        this.#restore(data.uleb());
        break;
      case DW_CFA.undefined:
        this.#set(data, data.uleb(), { kind: 'undefined' });
        break;
      case DW_CFA.sameValue:
        this.#set(data, data.uleb(), { kind: 'same' });
        break;
      case DW_CFA.register:
        this.#set(data, data.uleb(), { kind: 'register', register: data.uleb() });
        break;
      case DW_CFA.expression:
        this.#set(data, data.uleb(), { kind: 'expression', bytes: data.take(data.uleb()) });
        break;
      case DW_CFA.valExpression:
        this.#set(data, data.uleb(), { kind: 'value-expression', bytes: data.take(data.uleb()) });
        break;
      case DW_CFA.rememberState:
        if (this.#remembered.length >= MAX_REMEMBERED) {
          throw data.corrupt(`up to ${MAX_REMEMBERED} remembered states`, 'more');
        }
        this.#remembered.push({ cfa: this.#cfa, rules: new Map(this.#rules) });
        break;
      case DW_CFA.restoreState: {
        const state = this.#remembered.pop();
        if (state === undefined) throw data.corrupt('a remembered state', 'none');
        this.#cfa = state.cfa;
        this.#rules = state.rules;
        break;
      }
      case DW_CFA.gnuArgsSize:
        data.skipLeb();
        break;
      default:
        throw data.corrupt('a call frame instruction', `0x${opcode.toString(16)}`);
    }
  }

  #offset(data: DwarfCursor, register: number, offset: number): void {
    this.#set(data, register, { kind: 'offset', offset });
  }

  #set(data: DwarfCursor, register: number, rule: RegisterRule): void {
    if (register > MAX_REGISTER) throw data.corrupt('a register', String(register));
    this.#rules.set(register, rule);
  }

  #restore(register: number): void {
    const rule = this.#initial.get(register);
    if (rule === undefined) this.#rules.delete(register);
    else this.#rules.set(register, rule);
  }
}
