import { DW_OP } from '../../../src-main/engine/debuginfo/dwarf/operations.ts';
import { Bytes, numberOf } from './assemble.ts';

/** Operands: `u`/`s` LEB128, digits bytes, `a` address, `b` a nested expression with its length. */
const OPERANDS: Readonly<Record<string, string>> = {
  addr: 'a',
  const1u: '1',
  const1s: '1',
  const2u: '2',
  const2s: '2',
  const4u: '4',
  const4s: '4',
  const8u: '8',
  const8s: '8',
  constu: 'u',
  consts: 's',
  pick: '1',
  plus_uconst: 'u',
  bra: '2',
  skip: '2',
  regx: 'u',
  fbreg: 's',
  bregx: 'us',
  piece: 'u',
  bit_piece: 'uu',
  deref_size: '1',
  call2: '2',
  call4: '4',
  entry_value: 'b',
  gnu_entry_value: 'b',
  implicit_value: 'b',
  implicit_pointer: '4s',
  addrx: 'u',
  const_type: 'ub',
  regval_type: 'uu',
  deref_type: '1u',
  convert: 'u',
  reinterpret: 'u',
};

/**
 * An expression from text: `fbreg -16; deref; plus_uconst 8; stack_value`. Also `lit7`, `reg5`,
 * `breg6 -8`, and `0x.. 0x..` for bytes as they are; a nested one stands in brackets.
 */
export function drawExpression(text: string): Uint8Array {
  const bytes = new Bytes();
  for (const part of splitTop(text)) {
    const [word = '', ...operands] = part.trim().split(/\s+(?![^[]*\])/);
    if (word === '') continue;
    if (word.startsWith('0x')) {
      for (const byte of [word, ...operands]) bytes.int(Number(byte), 1);
      continue;
    }
    const numbered = /^(lit|reg|breg)([0-9]+)$/.exec(word);
    if (numbered !== null) {
      const base = { lit: DW_OP.lit0, reg: DW_OP.reg0, breg: DW_OP.breg0 }[numbered[1]!]!;
      bytes.int(base + Number(numbered[2]), 1);
      if (numbered[1] === 'breg') bytes.sleb(Number(operands[0]));
      continue;
    }
    bytes.int(numberOf(DW_OP, word), 1);
    for (const [i, kind] of [...(OPERANDS[word] ?? '')].entries()) {
      addOperand(bytes, kind, operands[i]!);
    }
  }
  return bytes.toArray();
}

function addOperand(bytes: Bytes, kind: string, text: string): void {
  if (kind === 'u') bytes.uleb(BigInt(text));
  else if (kind === 's') bytes.sleb(BigInt(text));
  else if (kind === 'a') bytes.int(BigInt(text), 8);
  else if (kind === 'b') {
    const inner = drawExpression(text.slice(1, -1));
    bytes.uleb(inner.length).add(inner);
  } else bytes.int(BigInt(text), Number(kind));
}

/** Splits at `;` outside brackets. */
function splitTop(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '[') depth++;
    if (character === ']') depth--;
    if (character === ';' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
