/**
 * Length and operands of x86-64 instructions, as far as following the stack pointer needs: no
 * names, no semantics. For text, capstone disassembles.
 * @source Intel SDM volume 2, appendix A "Opcode map"
 */
export interface Instruction {
  readonly length: number;
  /** One-byte opcode, `0x0fXX`, `0x0f38XX` or `0x0f3aXX`. */
  readonly opcode: number;
  /** 0 when the instruction has none. */
  readonly modrm: number;
  readonly rex: number;
  /** Signed displacement of the memory operand; 0 when there is none. */
  readonly displacement: number;
  /** SIB byte, -1 when there is none. */
  readonly sib: number;
  /** Signed immediate or relative offset of up to 32 bits; 0 when there is none. */
  readonly immediate: number;
  readonly prefixes: Prefixes;
}
export interface Prefixes {
  /** Operands of 16 bits: 0x66 without REX.W. */
  readonly small: boolean;
  /** FS or GS: what it points to is no stack. */
  readonly segment: boolean;
  readonly repeat: boolean;
  /** VEX or EVEX: `rex` does not hold the register bits. */
  readonly vector: boolean;
}

const PREFIXES = new Set([0x66, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x67, 0xf0]);
/** Opcodes without ModRM and immediate in the two-byte map. */
const BARE_0F = new Set([
  0x05, 0x06, 0x07, 0x08, 0x09, 0x0b, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x37, 0x77, 0xa0, 0xa1,
  0xa2, 0xa8, 0xa9, 0xaa,
]);
const IMM8_0F = new Set([0x70, 0x71, 0x72, 0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6]);
const INVALID = new Set([
  0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0x82, 0x9a, 0xce,
  0xd4, 0xd5, 0xd6, 0xea,
]);

interface Shape {
  readonly modrm: boolean;
  /** Bytes of immediate; `z`: 2 or 4 by operand size; `v`: 8 with REX.W as well. */
  readonly immediate: number | 'z' | 'v';
}

/** Undefined for bytes that are no instruction, or one not known here, or that are cut off. */
export function decodeInstruction(bytes: Uint8Array, start: number): Instruction | undefined {
  let at = start;
  let small = false;
  let addr32 = false;
  let segment = false;
  let repeat = false;
  while (PREFIXES.has(bytes[at]!)) {
    if (bytes[at] === 0x66) small = true;
    if (bytes[at] === 0x67) addr32 = true;
    if (bytes[at] === 0x64 || bytes[at] === 0x65) segment = true;
    if (bytes[at] === 0xf2 || bytes[at] === 0xf3) repeat = true;
    if (++at - start > 14) return undefined;
  }
  let rex = 0;
  if ((bytes[at]! & 0xf0) === 0x40) rex = bytes[at++]!;
  let opcode = bytes[at++];
  if (opcode === undefined) return undefined;
  let shape: Shape | undefined;
  const vector = opcode === 0xc4 || opcode === 0xc5 || opcode === 0x62;
  if (vector) {
    const map = opcode === 0xc5 ? 1 : bytes[at]! & (opcode === 0x62 ? 7 : 0x1f);
    at += opcode === 0xc5 ? 1 : opcode === 0xc4 ? 2 : 3;
    const inner = bytes[at++];
    if (inner === undefined) return undefined;
    const withByte = map === 3 || (map === 1 && IMM8_0F.has(inner));
    opcode = (map === 1 ? 0x0f00 : map === 2 ? 0x0f3800 : 0x0f3a00) | inner;
    shape = { modrm: opcode !== 0x0f77, immediate: withByte ? 1 : 0 };
  } else if (opcode === 0x0f) {
    const second = bytes[at++];
    if (second === undefined) return undefined;
    if (second === 0x38 || second === 0x3a) {
      opcode = 0x0f0000 | (second << 8) | bytes[at++]!;
      shape = { modrm: true, immediate: second === 0x3a ? 1 : 0 };
    } else {
      opcode = 0x0f00 | second;
      shape = shapeOf0f(second);
    }
  } else {
    shape = shapeOf(opcode, bytes[at] ?? 0);
  }
  if (shape === undefined) return undefined;

  let modrm = 0;
  let sib = -1;
  let displacement = 0;
  if (shape.modrm) {
    modrm = bytes[at++] ?? 0;
    const mode = modrm >> 6;
    const rm = modrm & 7;
    let size = mode === 1 ? 1 : mode === 2 ? 4 : 0;
    if (mode !== 3 && rm === 4) {
      sib = bytes[at++] ?? 0;
      if (mode === 0 && (sib & 7) === 5) size = 4;
    } else if (mode === 0 && rm === 5) size = 4;
    displacement = signed(bytes, at, size);
    at += size;
  }
  const wide = (rex & 8) !== 0;
  let size = shape.immediate;
  if (size === 'z') size = small && !wide ? 2 : 4;
  if (size === 'v') size = wide ? 8 : small ? 2 : 4;
  if (opcode >= 0xa0 && opcode <= 0xa3 && addr32) size = 4;
  const immediate = signed(bytes, at, Math.min(size, 4));
  at += size;
  if (at > bytes.length || at - start > 15) return undefined;
  const prefixes = { small: small && !wide, segment, repeat, vector };
  return { length: at - start, opcode, modrm, rex, displacement, sib, immediate, prefixes };
}

function shapeOf0f(opcode: number): Shape {
  if (opcode >= 0x80 && opcode <= 0x8f) return { modrm: false, immediate: 4 };
  if (BARE_0F.has(opcode) || (opcode >= 0xc8 && opcode <= 0xcf)) {
    return { modrm: false, immediate: 0 };
  }
  return { modrm: true, immediate: IMM8_0F.has(opcode) ? 1 : 0 };
}

function shapeOf(opcode: number, next: number): Shape | undefined {
  const plain = (immediate: Shape['immediate']): Shape => ({ modrm: false, immediate });
  const withModrm = (immediate: Shape['immediate']): Shape => ({ modrm: true, immediate });
  if (INVALID.has(opcode)) return undefined;
  if (opcode < 0x40) {
    const low = opcode & 7;
    return low < 4 ? withModrm(0) : plain(low === 4 ? 1 : 'z');
  }
  if (opcode < 0x60) return plain(0);
  if (opcode < 0x70) {
    switch (opcode) {
      case 0x63:
        return withModrm(0);
      case 0x68:
        return plain('z');
      case 0x69:
        return withModrm('z');
      case 0x6a:
        return plain(1);
      case 0x6b:
        return withModrm(1);
      default:
        return plain(0);
    }
  }
  if (opcode < 0x80) return plain(1);
  if (opcode < 0x90)
    return withModrm(opcode === 0x81 ? 'z' : opcode <= 0x83 && opcode !== 0x81 ? 1 : 0);
  if (opcode < 0xa0) return plain(0);
  if (opcode < 0xa4) return plain(8);
  if (opcode < 0xb0) return plain(opcode === 0xa8 ? 1 : opcode === 0xa9 ? 'z' : 0);
  if (opcode < 0xb8) return plain(1);
  if (opcode < 0xc0) return plain('v');
  switch (opcode) {
    case 0xc0:
    case 0xc1:
    case 0xc6:
      return withModrm(1);
    case 0xc7:
      return withModrm('z');
    case 0xc2:
    case 0xca:
      return plain(2);
    case 0xc8:
      return plain(3);
    case 0xcd:
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3:
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xeb:
      return plain(1);
    case 0xe8:
    case 0xe9:
      return plain(4);
    case 0xf6:
      return withModrm((next >> 3) % 8 < 2 ? 1 : 0);
    case 0xf7:
      return withModrm((next >> 3) % 8 < 2 ? 'z' : 0);
    case 0xfe:
    case 0xff:
      return withModrm(0);
  }
  const float = opcode >= 0xd8 && opcode <= 0xdf;
  const shift = opcode >= 0xd0 && opcode <= 0xd3;
  return float || shift ? withModrm(0) : plain(0);
}

function signed(bytes: Uint8Array, at: number, size: number): number {
  if (size === 1) return ((bytes[at] ?? 0) << 24) >> 24;
  if (size === 2) return (((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) << 16) >> 16;
  if (size !== 4) return 0;
  const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return word | ((bytes[at + 3] ?? 0) << 24);
}
