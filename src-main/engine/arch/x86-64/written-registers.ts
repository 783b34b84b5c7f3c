import type { Instruction } from './instruction.ts';

const RAX = 1;
const RCX = 2;
const RDX = 4;
const RBX = 8;
const RSP = 1 << 4;
const RSI = 1 << 6;
const RDI = 1 << 7;
/** What a function called may change, as bits. @source System V ABI, AMD64 supplement, 3.2.1 */
export const CALL_CLOBBERED = RAX | RCX | RDX | RSI | RDI | 0xf00;
const ALL_BUT_RSP = 0xffff & ~RSP;

/** Number of the register in ModRM's reg field. */
export function regOf({ modrm, rex }: Instruction): number {
  return ((modrm >> 3) & 7) | ((rex & 4) << 1);
}

/** Number of the register in ModRM's r/m field, when `isDirect`. */
export function rmOf({ modrm, rex }: Instruction): number {
  return (modrm & 7) | ((rex & 1) << 3);
}

/** The r/m operand is a register. */
export function isDirect({ modrm }: Instruction): boolean {
  return modrm >> 6 === 3;
}

/**
 * The general registers an instruction may change, as bits by their numbers, rsp as the operand of
 * push, pop, call and the like left out. All of them for what is not known here.
 * @source Intel SDM volume 2, instruction set reference
 */
export function writtenRegisters(instruction: Instruction): number {
  const { opcode, rex, prefixes } = instruction;
  if (prefixes.vector) return ALL_BUT_RSP;
  if (opcode >= 0x0f3800) return written0f38(instruction);
  if (opcode >= 0x0f00) return written0f(instruction, opcode & 0xff);
  const low = 1 << ((opcode & 7) | ((rex & 1) << 3));
  if (opcode < 0x40) return writtenAlu(instruction, opcode);
  if (opcode < 0x58) return 0;
  if (opcode < 0x60) return low;
  if (opcode >= 0x70 && opcode <= 0x7f) return 0;
  if (opcode >= 0x91 && opcode <= 0x97) return low | RAX;
  if (opcode >= 0xb0 && opcode <= 0xb7) return byteRegister((opcode & 7) | ((rex & 1) << 3), rex);
  if (opcode >= 0xb8 && opcode <= 0xbf) return low;
  // fnstsw %ax
  if (opcode >= 0xd8 && opcode <= 0xdf) return RAX;
  const group = (instruction.modrm >> 3) & 7;
  switch (opcode) {
    case 0x63:
    case 0x69:
    case 0x6b:
    case 0x8b:
    case 0x8d:
      return 1 << regOf(instruction);
    case 0x8a:
      return byteRegister(regOf(instruction), rex);
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
    case 0xa4:
    case 0xa5:
    case 0xa6:
    case 0xa7:
    case 0xaa:
    case 0xab:
    case 0xae:
    case 0xaf:
      return RCX | RSI | RDI;
    case 0xac:
    case 0xad:
      return RAX | RCX | RSI | RDI;
    case 0x80:
    case 0x82:
      return group === 7 ? 0 : rmRegister(instruction, true);
    case 0x81:
    case 0x83:
      return group === 7 ? 0 : rmRegister(instruction, false);
    case 0x86:
      return byteRegister(regOf(instruction), rex) | rmRegister(instruction, true);
    case 0x87:
      return (1 << regOf(instruction)) | rmRegister(instruction, false);
    case 0x88:
    case 0xc0:
    case 0xc6:
    case 0xd0:
    case 0xd2:
      return rmRegister(instruction, true);
    case 0x89:
    case 0x8c:
    case 0x8f:
    case 0xc1:
    case 0xc7:
    case 0xd1:
    case 0xd3:
      return rmRegister(instruction, false);
    case 0x90:
      return rex & 1 ? RAX | (1 << 8) : 0;
    case 0x98:
    case 0x9f:
    case 0xa0:
    case 0xa1:
    case 0xd7:
    case 0xe4:
    case 0xe5:
    case 0xec:
    case 0xed:
      return RAX;
    case 0x99:
      return RDX;
    case 0xe0:
    case 0xe1:
    case 0xe2:
      return RCX;
    case 0xc9:
      return 1 << 5;
    case 0xe8:
      return CALL_CLOBBERED;
    case 0xf6:
    case 0xf7:
      if (group < 2) return 0;
      return group < 4 ? rmRegister(instruction, opcode === 0xf6) : RAX | RDX;
    case 0xfe:
      return rmRegister(instruction, true);
    case 0xff:
      if (group < 2) return rmRegister(instruction, false);
      return group === 2 || group === 3 ? CALL_CLOBBERED : 0;
    default:
      return WRITES_NOTHING.has(opcode) ? 0 : ALL_BUT_RSP;
  }
}

const WRITES_NOTHING = new Set([
  0x68, 0x6a, 0x84, 0x85, 0x8e, 0x9b, 0x9c, 0x9d, 0x9e, 0xa2, 0xa3, 0xa8, 0xa9, 0xc2, 0xc3, 0xca,
  0xcb, 0xcc, 0xcf, 0xe3, 0xe6, 0xe7, 0xe9, 0xeb, 0xee, 0xef, 0xf1, 0xf4, 0xf5, 0xf8, 0xf9, 0xfa,
  0xfb, 0xfc, 0xfd,
]);
const WRITES_NOTHING_0F = new Set([
  0x06, 0x08, 0x09, 0x0b, 0x0d, 0x22, 0x23, 0x28, 0x29, 0x2a, 0x2b, 0x2e, 0x2f, 0x30, 0x77, 0x79,
  0xa0, 0xa1, 0xa3, 0xa8, 0xa9, 0xb9, 0xc2, 0xc3, 0xc4, 0xc6, 0xff,
]);

function writtenAlu(instruction: Instruction, opcode: number): number {
  if (opcode >= 0x38) return 0; // cmp
  switch (opcode & 7) {
    case 0:
      return rmRegister(instruction, true);
    case 1:
      return rmRegister(instruction, false);
    case 2:
      return byteRegister(regOf(instruction), instruction.rex);
    case 3:
      return 1 << regOf(instruction);
    default:
      return RAX;
  }
}

function written0f(instruction: Instruction, opcode: number): number {
  const { modrm, rex, prefixes } = instruction;
  const reg = 1 << regOf(instruction);
  const group = (modrm >> 3) & 7;
  if (WRITES_NOTHING_0F.has(opcode)) return 0;
  if (opcode >= 0x80 && opcode <= 0x8f) return 0;
  if (opcode >= 0x40 && opcode <= 0x4f) return reg;
  if (opcode >= 0x90 && opcode <= 0x9f) return rmRegister(instruction, true);
  if (opcode >= 0xc8 && opcode <= 0xcf) return 1 << ((opcode & 7) | ((rex & 1) << 3));
  // prefetch and long nops; rdssp and endbr are ones with a prefix
  if (opcode >= 0x18 && opcode <= 0x1f) {
    return prefixes.repeat && group === 1 ? rmRegister(instruction, false) : 0;
  }
  if (opcode >= 0x10 && opcode <= 0x17) return 0;
  if ((opcode >= 0x51 && opcode <= 0x76) || (opcode >= 0xd0 && opcode !== 0xd7)) return 0;
  switch (opcode) {
    case 0x00:
    case 0x20:
    case 0x21:
    case 0x78:
    case 0x7e:
    case 0xa4:
    case 0xa5:
    case 0xab:
    case 0xac:
    case 0xad:
    case 0xb3:
    case 0xbb:
      return rmRegister(instruction, false);
    case 0x7f:
      return 0;
    case 0xae:
      return prefixes.repeat ? rmRegister(instruction, false) : 0;
    case 0xba:
      return group === 4 ? 0 : rmRegister(instruction, false);
    case 0x01:
      // clac, stac, swapgs, monitor, mwait
      if ([0xca, 0xcb, 0xf8, 0xc8, 0xc9].includes(modrm)) return 0;
      return isDirect(instruction) ? CALL_CLOBBERED | RBX | rmRegister(instruction, false) : 0;
    case 0x31:
    case 0x32:
    case 0x33:
      return RAX | RDX;
    case 0xa2:
      return RAX | RBX | RCX | RDX;
    case 0xb0:
      return RAX | rmRegister(instruction, true);
    case 0xb1:
      return RAX | rmRegister(instruction, false);
    case 0xc0:
      return byteRegister(regOf(instruction), rex) | rmRegister(instruction, true);
    case 0xc1:
      return reg | rmRegister(instruction, false);
    case 0xc7:
      return RAX | RDX | rmRegister(instruction, false);
    case 0x02:
    case 0x03:
    case 0x2c:
    case 0x2d:
    case 0x50:
    case 0xaf:
    case 0xb2:
    case 0xb4:
    case 0xb5:
    case 0xb6:
    case 0xb7:
    case 0xb8:
    case 0xbc:
    case 0xbd:
    case 0xbe:
    case 0xbf:
    case 0xc5:
    case 0xd7:
      return reg;
    default:
      return ALL_BUT_RSP;
  }
}

/** Without VEX: movbe, crc32, adcx write a register; the vector ones none. */
function written0f38(instruction: Instruction): number {
  const { opcode } = instruction;
  if (opcode >= 0x0f3a00) return rmRegister(instruction, false);
  return (opcode & 0xff) >= 0xf0 ? 1 << regOf(instruction) : 0;
}

/** Of 8 bits: without REX, 4 to 7 are ah, ch, dh, bh. */
function byteRegister(register: number, rex: number): number {
  return 1 << (rex === 0 && register >= 4 ? register - 4 : register);
}

function rmRegister(instruction: Instruction, byte: boolean): number {
  if (!isDirect(instruction)) return 0;
  return byte ? byteRegister(rmOf(instruction), instruction.rex) : 1 << rmOf(instruction);
}
