import type { ByteState, MemoryBlock, MemorySpan } from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { address16, hexDigits } from './units.ts';

const LINE = 16;
const ASCII_LINE = 60;

/** What stands for a unit whose bytes are not there: never digits, and one word a reason. */
const MISSING: Readonly<Record<Exclude<ByteState, 'present' | 'zero'>, string>> = {
  excluded: 'excluded',
  'not-in-dump': 'not in dump',
  'not-mapped': 'not mapped',
  'non-canonical': 'non-canonical',
  damaged: 'damaged',
};

/** crash's `rd`: units of a line of 16 bytes, then the text of those bytes. */
export function memoryLines(block: MemoryBlock): string[] {
  const head = block.cpu === undefined ? [] : [`[${block.cpu}]: ${hexDigits(block.range.address)}`];
  return [...head, ...(block.format === 'ascii' ? asciiLines(block) : unitLines(block))];
}

function unitLines(block: MemoryBlock): string[] {
  const { range, unit } = block;
  const labels = new Map((range.words ?? []).map(({ index, label }) => [index, printable(label)]));
  const withText = block.format === 'hex' && block.noAscii !== true;
  // Blanks up to where crash's text column begins: a full line of units.
  const fullWidth = 18 + (LINE / unit) * (unit * 2 + 1);
  const lines: string[] = [];
  for (let at = 0; at < range.length; at += LINE) {
    let line = `${hexDigits(range.address + BigInt(at)).padStart(16)}:  `;
    let text = '';
    for (let i = at; i < Math.min(at + LINE, range.length); i += unit) {
      const hole = holeAt(block, i);
      if (hole !== undefined) {
        line += `${fitted(MISSING[hole], widthOf(block))} `;
        text += ' '.repeat(unit);
        continue;
      }
      const label = labels.get(i / 8);
      line += label === undefined ? `${unitText(block, i)} ` : `${label.padEnd(16)} `;
      if (withText) text += asciiOf(block, i);
    }
    // crash leaves the blank after the last unit; two more lead to the text.
    lines.push(withText ? `${line.padEnd(fullWidth + 1)}  ${text}` : line);
  }
  return lines;
}

/** The state of a unit that is not there in full, or undefined. */
function holeAt(block: MemoryBlock, offset: number): keyof typeof MISSING | undefined {
  for (const span of block.range.spans) {
    if (span.offset >= offset + block.unit) break;
    if (span.offset + span.length <= offset) continue;
    if (!isReadable(span)) return span.state as keyof typeof MISSING;
  }
  return undefined;
}

function isReadable(span: MemorySpan): boolean {
  return span.state === 'present' || span.state === 'zero';
}

const DECIMAL_WIDTH: Readonly<Record<1 | 2 | 4 | 8, number>> = { 1: 3, 2: 5, 4: 12, 8: 15 };

function widthOf({ unit, format }: MemoryBlock): number {
  if (format === 'decimal') return DECIMAL_WIDTH[unit];
  if (format === 'unsigned') return unit === 8 ? 20 : DECIMAL_WIDTH[unit];
  return unit * 2;
}

function fitted(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : '-'.repeat(width);
}

function unitText(block: MemoryBlock, offset: number): string {
  const { unit, format } = block;
  const value = unitValue(block, offset);
  if (format === 'decimal') {
    // crash prints 8- and 16-bit units unsigned also here.
    const signed = unit >= 4 ? BigInt.asIntN(unit * 8, value) : value;
    return signed.toString().padStart(widthOf(block));
  }
  if (format === 'unsigned') return value.toString().padStart(widthOf(block));
  return unit === 8 ? address16(value) : value.toString(16).padStart(unit * 2, '0');
}

function unitValue({ range, unit, bigEndian }: MemoryBlock, offset: number): bigint {
  let value = 0n;
  for (let i = 0; i < unit; i++) {
    const at = bigEndian === true ? offset + i : offset + unit - 1 - i;
    value = (value << 8n) | BigInt(range.bytes[at] ?? 0);
  }
  return value;
}

/** The unit's bytes as text, in the order in which the unit lies (or is shown, `-N`) in memory. */
function asciiOf({ range, unit, bigEndian }: MemoryBlock, offset: number): string {
  let text = '';
  for (let i = 0; i < unit; i++) {
    const byte = range.bytes[bigEndian === true ? offset + unit - 1 - i : offset + i] ?? 0;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return text;
}

/** `rd -a`: runs of printable bytes, 60 a line; what is no text begins a new line. */
function asciiLines(block: MemoryBlock): string[] {
  const { range } = block;
  const lines: string[] = [];
  let run = '';
  let start = 0;
  const flush = () => {
    if (run !== '') lines.push(`${hexDigits(range.address + BigInt(start)).padStart(16)}:  ${run}`);
    run = '';
  };
  for (let i = 0; i < range.length; i++) {
    const byte = range.bytes[i] ?? 0;
    const shown = byte >= 0x20 && byte < 0x7f && holeAt(block, i) === undefined;
    if (!shown || run.length === ASCII_LINE) flush();
    if (!shown) continue;
    if (run === '') start = i;
    run += String.fromCharCode(byte);
  }
  flush();
  return lines;
}
