import type { Disassembled } from '../disassembler.ts';
import { decodeInstruction } from './instruction.ts';

/**
 * AT&T syntax as binutils writes it, so as crash and gdb show it, from that of LLVM and capstone:
 * `mov %rsp,%rbp` for `movq %rsp, %rbp`, `0x8(%rax,%rbx,1)` for `8(%rax, %rbx)`.
 * @param bytes the instruction's own
 */
export function binutilsSyntax(instruction: Disassembled, bytes: Uint8Array): Disassembled {
  const { length } = instruction;
  const nop = nopOf(bytes);
  if (nop !== undefined) return { length, ...nop };
  const words = instruction.mnemonic.split(' ');
  const name = words.pop() ?? '';
  const prefix = prefixOf(words, name, bytes);
  const string = stringOperation(name, bytes);
  if (string !== undefined) return { length, mnemonic: prefix + string[0], operands: string[1] };
  const operands = splitOperands(instruction.operands).map((operand) =>
    operandText(operand, bytes, sizeOfOperation(name, instruction.operands)),
  );
  if (operands.length === 1 && isShiftByOne(bytes)) operands.unshift('$1');
  const halves = /^v?pclmulqdq$/.test(name) ? MULTIPLIED_HALVES[operands[0] ?? ''] : undefined;
  if (halves !== undefined) {
    return {
      length,
      mnemonic: prefix + name.replace('qdq', `${halves}dq`),
      operands: operands.slice(1).join(','),
    };
  }
  return { length, mnemonic: prefix + mnemonicOf(name, operands), operands: operands.join(',') };
}

/** Of carry-less multiplication: which quadwords, by the immediate. */
const MULTIPLIED_HALVES: Readonly<Record<string, string>> = {
  $0x0: 'lqlq',
  $0x1: 'hqlq',
  $0x10: 'lqhq',
  $0x11: 'hqhq',
};

/** `xchg %ax,%ax` and the long forms with prefixes, which LLVM names otherwise. */
function nopOf(bytes: Uint8Array): { mnemonic: string; operands: string } | undefined {
  let at = 0;
  while (bytes[at] === 0x66) at++;
  if (at > 0 && at + 1 === bytes.length && bytes[at] === 0x90) {
    return { mnemonic: `${'data16 '.repeat(at - 1)}xchg`, operands: '%ax,%ax' };
  }
  if (bytes[at] !== 0x2e || bytes[at + 1] !== 0x0f || bytes[at + 2] !== 0x1f) return undefined;
  const extra = 'data16 '.repeat(Math.max(0, at - 1));
  const operands = at + 9 === bytes.length ? '0x0(%rax,%rax,1)' : '0x0(%rax)';
  return { mnemonic: `${extra}cs nop${at > 0 ? 'w' : 'l'}`, operands };
}

/** Prefixes that are words of their own. */
function prefixOf(words: readonly string[], name: string, bytes: Uint8Array): string {
  const shown = words.map((word) => {
    if (word !== 'rep' && word !== 'repe' && word !== 'repne') return word;
    if (word === 'repne') return 'repnz';
    return /^(?:cmps|scas)/.test(name) ? 'repz' : 'rep';
  });
  // A prefix without meaning here is shown nevertheless; retpolines are padded with CS.
  if (bytes[0] === 0x2e && /^(?:call|jmp|ret)/.test(name)) shown.push('cs');
  if (bytes[0] === 0xf3 && words.length === 0 && /^(?:ret|call|jmp)/.test(name)) shown.push('repz');
  if (bytes[0] === 0xf2 && words.length === 0 && /^(?:ret|call|jmp)/.test(name)) shown.push('bnd');
  return shown.length === 0 ? '' : `${shown.join(' ')} `;
}

const STRING = /^(movs|stos|lods|scas|cmps|ins|outs)([bwlqd]?)$/;
const ACCUMULATOR: Readonly<Record<string, string>> = { b: '%al', w: '%ax', l: '%eax', q: '%rax' };

/** `movsq %ds:(%rsi),%es:(%rdi)`: both segments are named. */
function stringOperation(name: string, bytes: Uint8Array): [string, string] | undefined {
  const match = STRING.exec(name);
  // `movsbl` and SSE's `movsd` are others.
  if (match === null || bytes.includes(0x0f)) return undefined;
  const [, operation = '', letter = ''] = match;
  const size = letter === 'd' || letter === '' ? 'l' : letter;
  const register = ACCUMULATOR[size] ?? '%eax';
  switch (operation) {
    case 'movs':
      return [`movs${size}`, '%ds:(%rsi),%es:(%rdi)'];
    case 'cmps':
      return [`cmps${size}`, '%es:(%rdi),%ds:(%rsi)'];
    case 'stos':
      return ['stos', `${register},%es:(%rdi)`];
    case 'lods':
      return ['lods', `%ds:(%rsi),${register}`];
    case 'scas':
      return ['scas', `%es:(%rdi),${register}`];
    case 'ins':
      return [`ins${size}`, '(%dx),%es:(%rdi)'];
    default:
      return [`outs${size}`, '%ds:(%rsi),(%dx)'];
  }
}

/** Commas outside of parentheses. */
function splitOperands(text: string): string[] {
  return text === '' ? [] : text.split(/,\s*(?![^(]*\))/);
}

const MEMORY = /^(\*?)((?:%[a-z]s:)?)(-?(?:0x)?[0-9a-f]*)\(([^)]*)\)$/;

function operandText(operand: string, bytes: Uint8Array, size: number): string {
  if (operand === '%dx' && isPort(bytes)) return '(%dx)';
  if (operand === '$1' && isShiftByOne(bytes)) return '$1';
  if (operand.startsWith('$')) return `$${immediateText(operand.slice(1), size)}`;
  const memory = MEMORY.exec(operand);
  if (memory === null) return absoluteText(operand);
  const [, star = '', segment = '', displacement = '', inside = ''] = memory;
  const [base = '', index = '', scale = ''] = inside.split(',').map((part) => part.trim());
  const within = index === '' ? base : `${base},${index},${scale === '' ? '1' : scale}`;
  return `${star}${segment}${displacementText(displacement, base, bytes)}(${within})`;
}

/** `in` and `out` through DX. */
function isPort(bytes: Uint8Array): boolean {
  const opcode = decodeInstruction(bytes, 0)?.opcode ?? 0;
  return opcode >= 0xec && opcode <= 0xef;
}

/** The short form has no immediate: what is shown is part of the opcode. */
function isShiftByOne(bytes: Uint8Array): boolean {
  const opcode = decodeInstruction(bytes, 0)?.opcode;
  return opcode === 0xd0 || opcode === 0xd1;
}

/** A zero that takes bytes of the instruction is written. */
function displacementText(text: string, base: string, bytes: Uint8Array): string {
  // capstone widens the least one wrongly: -0xffffffff80000000.
  if (text !== '' && text !== '0') return hexText(String(BigInt.asIntN(32, parse(text))));
  const { modrm = 0, sib = -1 } = decodeInstruction(bytes, 0) ?? {};
  const mode = modrm >> 6;
  const hasBytes = mode === 1 || mode === 2 || base === '' || base === '%rip';
  return hasBytes || (mode === 0 && sib >= 0 && (sib & 7) === 5) ? '0x0' : '';
}

/** Addresses alone: `%gs:0x28`, branch targets. */
function absoluteText(operand: string): string {
  return operand.replace(
    /^(\*?(?:%[a-z]s:)?)(-?(?:0x)?[0-9a-f]+)$/,
    (_, head: string, digits: string) =>
      head + (digits.startsWith('-') ? `0x${unsigned(BigInt(parse(digits)), 8)}` : hexText(digits)),
  );
}

/** LLVM writes small numbers in decimal. */
function hexText(text: string): string {
  const value = BigInt(parse(text));
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** Negative immediates are shown as wide as the operation. */
function immediateText(text: string, size: number): string {
  const value = BigInt(parse(text));
  return `0x${value < 0n ? unsigned(value, size) : value.toString(16)}`;
}

function parse(text: string): bigint {
  const digits = text.replace(/^-/, '');
  return text.startsWith('-') ? -BigInt(digits) : BigInt(digits);
}

function unsigned(value: bigint, size: number): string {
  return BigInt.asUintN(size * 8, value).toString(16);
}

const SIZES: Readonly<Record<string, number>> = { b: 1, w: 2, l: 4, q: 8 };

/** Bytes of the operation: of its register, else of its suffix. */
function sizeOfOperation(name: string, operands: string): number {
  const registers = splitOperands(operands).filter((operand) => operand.startsWith('%'));
  const size = registers.map(sizeOfRegister).find((each) => each > 0);
  if (/^(?:in|out|enter|ret|int)/.test(name) && !/^inc/.test(name)) return 2;
  if (/^push/.test(name)) return 8;
  return size ?? SIZES[name.at(-1) ?? ''] ?? 4;
}

/** 0 for what is no general register. */
function sizeOfRegister(text: string): number {
  const name = text.slice(1);
  if (/^(?:r[a-ds][xpi]?|rsi|rdi|rbp|rsp|r[0-9]+)$/.test(name)) return 8;
  if (/^(?:e[a-ds][xpi]|r[0-9]+d)$/.test(name)) return 4;
  if (/^(?:[a-ds][xpi]|r[0-9]+w)$/.test(name)) return 2;
  return /^(?:[a-d][lh]|[sd]il|[sb]pl|r[0-9]+b)$/.test(name) ? 1 : 0;
}

/**
 * What may have a letter for its size behind it, which is left out where a register tells the size.
 * Only these: many a name ends in one of the letters (`shl`, `pslldq`, `pshufb`).
 */
const SIZED = new Set(
  `mov add or adc sbb and sub xor cmp test inc dec neg not mul imul div idiv lea push pop xchg xadd
  cmpxchg bswap movbe movnti movabs shl shr sar rol ror rcl rcr shld shrd bt bts btr btc bsf bsr tzcnt
  lzcnt popcnt andn bextr blsi blsmsk blsr bzhi mulx pdep pext rorx sarx shlx shrx adcx adox in out lar
  lsl nop rdrand rdseed rdfsbase rdgsbase wrfsbase wrgsbase vmread vmwrite cvtsi2sd cvtsi2ss vcvtsi2sd
  vcvtsi2ss crc32 sldt str smsw verr verw lldt ltr`.split(/\s+/),
);
const CONDITIONAL_MOVE = /^cmov(?:n?[abceglops]|n?[abgl]e|p[eo])$/;

const RENAMED: Readonly<Record<string, string>> = {
  callq: 'call',
  retq: 'ret',
  jmpq: 'jmp',
  pushfq: 'pushf',
  popfq: 'popf',
  leaveq: 'leave',
  leave: 'leave',
  movabsq: 'movabs',
  lretq: 'lretq',
  retfq: 'lretq',
  sldtw: 'sldt',
  strw: 'str',
  lldtw: 'lldt',
  ltrw: 'ltr',
  lgdtq: 'lgdt',
  lidtq: 'lidt',
  sgdtq: 'sgdt',
  sidtq: 'sidt',
  verww: 'verw',
  verrw: 'verr',
  lmsww: 'lmsw',
  smsww: 'smsw',
  ud2b: 'ud1',
};

function mnemonicOf(name: string, operands: readonly string[]): string {
  if (/^sal[bwlq]$/.test(name)) return mnemonicOf(name.replace('sal', 'shl'), operands);
  const renamed = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
  if (renamed !== undefined) return renamed;
  // `movzbl`, `movslq`: both sizes are part of the name.
  if (/^mov[sz][bwl][wlq]$/.test(name)) return name;
  const plain = name.slice(0, -1);
  if (!/[bwlq]$/.test(name) || operands.length === 0) return name;
  if (!SIZED.has(plain) && !CONDITIONAL_MOVE.test(plain)) return name;
  // To and from vector registers it is another instruction.
  if (plain === 'mov' && operands.some((operand) => /^%[xyz]?mm/.test(operand))) return name;
  if (/^(?:push|pop)q$/.test(name)) return plain;
  if (plain === 'crc32') return isGeneralRegister(operands[0] ?? '') ? plain : name;
  // A count in %cl says nothing of the size of what is shifted.
  const shift = /^(?:sh[lr]d?|sar|ro[lr]|rc[lr])$/.test(plain);
  const deciding = operands.slice(shift && operands.length > 1 ? 1 : 0);
  return plain === 'in' || plain === 'out' || deciding.some(isGeneralRegister) ? plain : name;
}

function isGeneralRegister(operand: string): boolean {
  return /^%(?!st|[xyz]?mm)[a-z0-9]+$/.test(operand);
}
