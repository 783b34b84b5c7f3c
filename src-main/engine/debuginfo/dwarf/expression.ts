import { FaultError } from '../../base/fault.ts';
import { DwarfCursor } from './cursor.ts';
import type { FrameContext } from './frame-context.ts';
import { absent, absentLocation, type Piece, type Place, type ValueLocation } from './location.ts';
import { operationName } from './operation-name.ts';
import { DW_OP } from './operations.ts';
import {
  binary,
  bytesOf,
  EvaluationStop,
  generic,
  readStackType,
  unary,
  unsignedOf,
  valueOf,
  type StackType,
  type StackValue,
} from './stack-value.ts';
import type { DieRef, DwarfUnit } from './unit.ts';

/** What an expression may ask for besides the frame; all optional parts stop it when missing. */
export interface EvaluationScope {
  /** Undefined for expressions of call frame information, which belong to no unit. */
  readonly unit: DwarfUnit | undefined;
  readonly frame: FrameContext;
  /** Value of DW_AT_frame_base. @throws EvaluationStop */
  readonly frameBase: () => bigint;
  /** Value of an expression at the function's entry. @throws EvaluationStop */
  readonly entryValue: (expression: Uint8Array, recovered: string[]) => bigint;
  /** Expression of another DIE's location (DW_OP_call*). @throws EvaluationStop */
  readonly locationOf: (die: DieRef) => Uint8Array;
}

const MAX_OPERATIONS = 10_000;
const MAX_STACK = 1_000;
const MAX_CALLS = 8;
const MAX_PIECES = 4096;

/** Where a value is; never throws for what the expression or the memory says. */
export function evaluateLocation(expression: Uint8Array, scope: EvaluationScope): ValueLocation {
  try {
    return new Evaluator(scope).location(expression);
  } catch (error) {
    return absentOf(error);
  }
}

/**
 * What an expression computes: its stack's top, or a register's content.
 * @throws EvaluationStop
 */
export function evaluateValue(
  expression: Uint8Array,
  scope: EvaluationScope,
  initial: readonly bigint[] = [],
  recovered: string[] = [],
): bigint {
  const evaluator = new Evaluator(scope, recovered);
  return evaluator.value(expression, initial);
}

/** Absent location for what stopped an evaluation; anything else is a bug and goes on. */
export function absentOf(error: unknown): ValueLocation {
  if (error instanceof EvaluationStop) return absentLocation(error.reason, error.message);
  if (error instanceof FaultError) return absentLocation('damaged', error.message);
  throw error;
}

class Evaluator {
  readonly #scope: EvaluationScope;
  readonly #recovered: string[];
  readonly #stack: StackValue[] = [];
  readonly #pieces: Piece[] = [];
  #place: Place | undefined;
  #bits = 0;
  #operations = 0;

  constructor(scope: EvaluationScope, recovered: string[] = []) {
    this.#scope = scope;
    this.#recovered = recovered;
  }

  location(expression: Uint8Array): ValueLocation {
    if (expression.length === 0) {
      return absentLocation('optimized-out', 'optimized out by the compiler');
    }
    this.#run(this.#cursor(expression), 0);
    const recovered = this.#recovered;
    if (this.#pieces.length > 0) {
      const whole = absent('damaged', 'a value in pieces was used as a whole');
      return { place: whole, pieces: this.#pieces, recovered };
    }
    return { place: this.#takePlace(), pieces: undefined, recovered };
  }

  value(expression: Uint8Array, initial: readonly bigint[]): bigint {
    for (const value of initial) this.#push(generic(value));
    this.#run(this.#cursor(expression), 0);
    const place = this.#place;
    if (place === undefined) return BigInt.asUintN(64, this.#pop().value);
    if (place.kind === 'register') return place.value;
    if (place.kind === 'bytes' && place.bytes.length <= 8) return unsignedOf(place.bytes);
    throw place.kind === 'absent'
      ? new EvaluationStop(place.reason, place.why)
      : new EvaluationStop('damaged', 'an expression gives no number where one is needed');
  }

  #cursor(expression: Uint8Array): DwarfCursor {
    const where = this.#scope.unit?.section.name ?? 'call frame information';
    return new DwarfCursor(expression, `expression in ${where}`);
  }

  #run(data: DwarfCursor, depth: number): void {
    while (!data.atEnd) {
      if (++this.#operations > MAX_OPERATIONS) {
        throw new EvaluationStop('damaged', `more than ${MAX_OPERATIONS} operations`);
      }
      const opcode = data.u8();
      if (opcode >= DW_OP.lit0 && opcode <= DW_OP.breg31) this.#numbered(opcode, data);
      else if (!this.#constant(opcode, data) && !this.#stackOperation(opcode, data)) {
        this.#special(opcode, data, depth);
      }
    }
  }

  /** DW_OP_lit0..31, reg0..31, breg0..31. */
  #numbered(opcode: number, data: DwarfCursor): void {
    if (opcode < DW_OP.reg0) this.#push(generic(BigInt(opcode - DW_OP.lit0)));
    else if (opcode < DW_OP.breg0) this.#setRegister(opcode - DW_OP.reg0);
    else this.#push(generic(this.#register(opcode - DW_OP.breg0) + data.slebBig()));
  }

  #constant(opcode: number, data: DwarfCursor): boolean {
    const value = this.#constantOf(opcode, data);
    if (value === undefined) return false;
    this.#push(generic(value));
    return true;
  }

  #constantOf(opcode: number, data: DwarfCursor): bigint | undefined {
    const { frame } = this.#scope;
    switch (opcode) {
      case DW_OP.addr:
        return frame.relocate(unsignedOf(data.take(this.#addressSize)));
      case DW_OP.addrx:
      case DW_OP.gnuAddrIndex:
        return frame.relocate(this.#indexed(data.uleb()));
      case DW_OP.constx:
      case DW_OP.gnuConstIndex:
        return this.#indexed(data.uleb());
      case DW_OP.const1u:
        return BigInt(data.u8());
      case DW_OP.const1s:
        return BigInt(data.i8());
      case DW_OP.const2u:
        return BigInt(data.u16());
      case DW_OP.const2s:
        return BigInt.asIntN(16, BigInt(data.u16()));
      case DW_OP.const4u:
        return BigInt(data.u32());
      case DW_OP.const4s:
        return BigInt(data.i32());
      case DW_OP.const8u:
      case DW_OP.const8s:
        return data.u64();
      case DW_OP.constu:
        return data.ulebBig();
      case DW_OP.consts:
        return data.slebBig();
      default:
        return undefined;
    }
  }

  #stackOperation(opcode: number, data: DwarfCursor): boolean {
    const stack = this.#stack;
    switch (opcode) {
      case DW_OP.dup:
        this.#push(this.#peek(0));
        return true;
      case DW_OP.drop:
        this.#pop();
        return true;
      case DW_OP.over:
        this.#push(this.#peek(1));
        return true;
      case DW_OP.pick:
        this.#push(this.#peek(data.u8()));
        return true;
      case DW_OP.swap:
        this.#peek(1);
        stack.push(stack.splice(-2, 1)[0]!);
        return true;
      case DW_OP.rot:
        this.#peek(2);
        stack.splice(-2, 0, stack.pop()!);
        return true;
      case DW_OP.abs:
      case DW_OP.neg:
      case DW_OP.not:
        this.#push(unary(opcode, this.#pop()));
        return true;
      case DW_OP.plusUconst: {
        const { value, type } = this.#pop();
        this.#push(valueOf(value + data.ulebBig(), type));
        return true;
      }
      case DW_OP.skip:
        this.#jump(data);
        return true;
      case DW_OP.bra:
        this.#branch(data);
        return true;
      case DW_OP.nop:
        return true;
      default: {
        const isBinary =
          (opcode >= DW_OP.and && opcode <= DW_OP.xor) ||
          (opcode >= DW_OP.eq && opcode <= DW_OP.ne);
        if (!isBinary) return false;
        const b = this.#pop();
        this.#push(binary(opcode, this.#pop(), b));
        return true;
      }
    }
  }

  #special(opcode: number, data: DwarfCursor, depth: number): void {
    const { frame } = this.#scope;
    switch (opcode) {
      case DW_OP.regx:
        this.#setRegister(data.uleb());
        break;
      case DW_OP.bregx:
        this.#push(generic(this.#register(data.uleb()) + data.slebBig()));
        break;
      case DW_OP.fbreg:
        this.#push(generic(this.#scope.frameBase() + data.slebBig()));
        break;
      case DW_OP.callFrameCfa:
        if (frame.cfa === undefined) {
          throw new EvaluationStop('unavailable', 'where the frame begins is not known');
        }
        this.#push(generic(frame.cfa));
        break;
      case DW_OP.deref:
        this.#push(generic(this.#load(this.#addressSize)));
        break;
      case DW_OP.derefSize:
        this.#push(generic(this.#load(data.u8())));
        break;
      case DW_OP.derefType:
      case DW_OP.gnuDerefType: {
        const size = data.u8();
        const type = this.#type(data);
        this.#push(valueOf(this.#load(size), type));
        break;
      }
      case DW_OP.regvalType:
      case DW_OP.gnuRegvalType: {
        const value = this.#register(data.uleb());
        this.#push(valueOf(value, this.#type(data)));
        break;
      }
      case DW_OP.constType:
      case DW_OP.gnuConstType: {
        const type = this.#type(data);
        this.#push(valueOf(unsignedOf(data.take(data.u8())), type));
        break;
      }
      case DW_OP.convert:
      case DW_OP.gnuConvert: {
        const { value } = this.#pop();
        this.#push(valueOf(value, this.#type(data)));
        break;
      }
      case DW_OP.reinterpret:
      case DW_OP.gnuReinterpret: {
        const from = this.#pop();
        const type = this.#type(data);
        this.#push(valueOf(BigInt.asUintN(from.type.bits, from.value), type));
        break;
      }
      case DW_OP.entryValue:
      case DW_OP.gnuEntryValue: {
        const expression = data.take(data.uleb());
        this.#push(generic(this.#scope.entryValue(expression, this.#recovered)));
        break;
      }
      case DW_OP.call2:
        this.#call(this.#dieWithin(data.u16()), depth);
        break;
      case DW_OP.call4:
        this.#call(this.#dieWithin(data.u32()), depth);
        break;
      case DW_OP.callRef:
        this.#call(this.#dieAt(data), depth);
        break;
      default:
        this.#describe(opcode, data);
    }
  }

  /** Operations that end a location, or a piece of it. */
  #describe(opcode: number, data: DwarfCursor): void {
    switch (opcode) {
      case DW_OP.piece: {
        const size = data.uleb();
        this.#addPiece(size * 8, 0);
        break;
      }
      case DW_OP.bitPiece: {
        const size = data.uleb();
        this.#addPiece(size, data.uleb());
        break;
      }
      case DW_OP.stackValue:
        this.#place = { kind: 'bytes', bytes: bytesOf(this.#pop()) };
        break;
      case DW_OP.implicitValue:
        this.#place = { kind: 'bytes', bytes: data.take(data.uleb()).slice() };
        break;
      case DW_OP.implicitPointer:
      case DW_OP.gnuImplicitPointer: {
        const target = this.#dieAt(data);
        this.#place = { kind: 'implicit-pointer', target, offset: data.slebBig() };
        break;
      }
      case DW_OP.gnuUninit:
        this.#place = absent('optimized-out', 'not initialized yet at this instruction');
        break;
      case DW_OP.formTlsAddress:
      case DW_OP.gnuPushTlsAddress:
        throw new EvaluationStop('unsupported', 'thread-local storage, which the kernel has not');
      default:
        throw new EvaluationStop('unsupported', operationName(opcode));
    }
  }

  #addPiece(bitSize: number, placeBitOffset: number): void {
    if (this.#pieces.length >= MAX_PIECES || !Number.isSafeInteger(this.#bits + bitSize)) {
      throw new EvaluationStop('damaged', `more than ${MAX_PIECES} pieces`);
    }
    const isEmpty = this.#place === undefined && this.#stack.length === 0;
    const place = isEmpty
      ? absent('optimized-out', 'this part was optimized out by the compiler')
      : this.#takePlace();
    this.#pieces.push({ place, bitOffset: this.#bits, bitSize, placeBitOffset });
    this.#bits += bitSize;
  }

  #takePlace(): Place {
    const place = this.#place ?? { kind: 'memory', address: BigInt.asUintN(64, this.#pop().value) };
    this.#place = undefined;
    return place;
  }

  #setRegister(register: number): void {
    const value = this.#scope.frame.register(register);
    this.#place =
      value === undefined
        ? absent('unavailable', this.#whyUnknown(register))
        : { kind: 'register', register, value: BigInt.asUintN(64, value) };
  }

  #register(register: number): bigint {
    const value = this.#scope.frame.register(register);
    if (value !== undefined) return value;
    throw new EvaluationStop('unavailable', this.#whyUnknown(register));
  }

  #whyUnknown(register: number): string {
    const why = this.#scope.frame.whyUnknown?.(register);
    return why ?? `register ${register} of this frame is not known`;
  }

  #load(size: number): bigint {
    if (size < 1 || size > 16) throw new EvaluationStop('damaged', `a load of ${size} bytes`);
    const address = BigInt.asUintN(64, this.#pop().value);
    try {
      return unsignedOf(this.#scope.frame.read(address, size));
    } catch (error) {
      if (error instanceof FaultError) throw new EvaluationStop('unavailable', error.message);
      throw error;
    }
  }

  #type(data: DwarfCursor): StackType {
    return readStackType(this.#unit, data.uleb());
  }

  #dieAt(data: DwarfCursor): DieRef {
    const unit = this.#unit;
    const { version, addressSize, offsetSize } = unit.header;
    const offset = data.unsigned(version <= 2 ? addressSize : offsetSize);
    return unit.contains(offset) ? { unit, offset } : unit.file.dieAt(offset);
  }

  #dieWithin(offset: number): DieRef {
    const unit = this.#unit;
    return { unit, offset: unit.header.offset + offset };
  }

  get #unit(): DwarfUnit {
    const { unit } = this.#scope;
    if (unit !== undefined) return unit;
    throw new EvaluationStop('damaged', 'call frame information that refers to a unit');
  }

  get #addressSize(): number {
    return this.#scope.unit?.header.addressSize ?? 8;
  }

  #indexed(index: number): bigint {
    const unit = this.#unit;
    return BigInt.asUintN(64, BigInt(unit.file.indexedAddress(unit, index)));
  }

  #call(die: DieRef, depth: number): void {
    if (depth >= MAX_CALLS) throw new EvaluationStop('damaged', 'expressions that call themselves');
    this.#run(this.#cursor(this.#scope.locationOf(die)), depth + 1);
  }

  #jump(data: DwarfCursor): void {
    const distance = (data.u16() << 16) >> 16;
    const target = data.position + distance;
    if (target < 0 || target > data.bytes.length) {
      throw new EvaluationStop('damaged', 'a jump out of the expression');
    }
    data.position = target;
  }

  #branch(data: DwarfCursor): void {
    if (this.#pop().value !== 0n) this.#jump(data);
    else data.skip(2);
  }

  #push(value: StackValue): void {
    if (this.#stack.length >= MAX_STACK) {
      throw new EvaluationStop('damaged', `a stack of more than ${MAX_STACK} values`);
    }
    this.#stack.push(value);
  }

  #pop(): StackValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new EvaluationStop('damaged', 'an empty stack');
    return value;
  }

  #peek(depth: number): StackValue {
    const value = this.#stack[this.#stack.length - 1 - depth];
    if (value === undefined) throw new EvaluationStop('damaged', 'an empty stack');
    return value;
  }
}
