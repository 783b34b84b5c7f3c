import type { FrameSection } from '../../../src-main/engine/debuginfo/dwarf/sections.ts';
import { sectionOfBytes } from '../../../src-main/engine/debuginfo/dwarf/sections.ts';
import { Bytes } from './assemble.ts';
import { drawExpression } from './draw-expression.ts';

const OPCODES: Readonly<Record<string, readonly [number, string]>> = {
  nop: [0x00, ''],
  advance: [0x02, '1'],
  restore: [0x06, 'u'],
  undefined: [0x07, 'u'],
  same_value: [0x08, 'u'],
  register: [0x09, 'uu'],
  remember: [0x0a, ''],
  restore_state: [0x0b, ''],
  def_cfa: [0x0c, 'uu'],
  def_cfa_register: [0x0d, 'u'],
  def_cfa_offset: [0x0e, 'u'],
  def_cfa_expression: [0x0f, 'b'],
  offset: [0x05, 'uu'],
  expression: [0x10, 'ub'],
  val_offset: [0x14, 'uu'],
  val_expression: [0x16, 'ub'],
};

/**
 * A frame section: lines `cie: instructions` and `fde 0xstart length: instructions`, e.g.
 * `def_cfa 7 8; offset 16 1; advance 4; def_cfa_offset 16` (data alignment -8, return address 16).
 */
export function drawFrames(
  text: string,
  kind: FrameSection['kind'] = 'debug_frame',
  address = 0n,
): FrameSection {
  const bytes = new Bytes();
  let cie = 0;
  for (const line of text.trim().split('\n')) {
    const [, head = '', rest = ''] = /^([^:]*):(.*)$/.exec(line.trim()) ?? [];
    const start = bytes.length;
    bytes.int(0, 4);
    if (head === 'cie') {
      cie = start;
      bytes.int(kind === 'eh_frame' ? 0 : -1, 4).int(1, 1);
      bytes
        .text(kind === 'eh_frame' ? 'zR' : '')
        .uleb(1)
        .sleb(-8)
        .int(16, 1);
      if (kind === 'eh_frame') bytes.uleb(1).int(0x1b, 1);
    } else {
      const [, low = '0', length = '0'] = head.split(' ');
      bytes.int(kind === 'eh_frame' ? start + 4 - cie : cie, 4);
      if (kind === 'eh_frame') {
        bytes
          .int(BigInt(low) - address - BigInt(bytes.length), 4)
          .int(BigInt(length), 4)
          .uleb(0);
      } else bytes.int(BigInt(low), 8).int(BigInt(length), 8);
    }
    addInstructions(bytes, rest);
    bytes.put(start, bytes.length - start - 4, 4);
  }
  return { kind, address, reader: sectionOfBytes(`.${kind}`, bytes.toArray()) };
}

function addInstructions(bytes: Bytes, text: string): void {
  for (const part of text.split(';')) {
    const [, word = '', rest = ''] = /^\s*(\w*)\s*(.*)$/.exec(part) ?? [];
    if (word === '') continue;
    const [opcode, kinds] = OPCODES[word]!;
    bytes.int(opcode, 1);
    const operands = rest.split(' ');
    for (const [i, operand] of [...kinds].entries()) {
      if (operand === '1') bytes.int(Number(operands[i]), 1);
      else if (operand === 'u') bytes.uleb(Number(operands[i]));
      else {
        const inner = drawExpression(
          rest.slice(rest.indexOf('[') + 1, rest.indexOf(']')).replaceAll(',', ';'),
        );
        bytes.uleb(inner.length).add(inner);
      }
    }
  }
}
