import type {
  CodeBlock,
  CodeInstruction,
  SourceExcerpt,
  SymbolRef,
} from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { hexDigits } from './units.ts';

/**
 * crash's `dis`: `0xffffffff958114f5 <schedule+5>:	push   %rbp`; each new source line before its code,
 * with its number and text where that was read.
 */
export function codeLines({ instructions, radix, sources = [] }: CodeBlock): string[] {
  const lines: string[] = [];
  let last: CodeInstruction['source'];
  for (const instruction of instructions) {
    const { source } = instruction;
    if (source !== undefined && (source.file !== last?.file || source.line !== last.line)) {
      lines.push(`${printable(source.file)}: ${source.line}`);
      const text = textOf(sources, source);
      if (text !== undefined) lines.push(`${source.line}\t${printable(text)}`);
      last = source;
    }
    lines.push(instructionLine(instruction, radix));
  }
  return lines;
}

function textOf(
  sources: readonly SourceExcerpt[],
  { file, line }: NonNullable<CodeInstruction['source']>,
): string | undefined {
  const own = sources.find(
    (each) => each.file === file && line >= each.first && line < each.first + each.lines.length,
  );
  return own?.lines[line - own.first];
}

function instructionLine(instruction: CodeInstruction, radix: 10 | 16): string {
  const { address, symbol, mnemonic, operands, target, note } = instruction;
  const where = symbol === undefined ? '' : ` ${symbolText(symbol, radix)}`;
  // Without a symbol gdb leaves the room of its mark of the current instruction.
  const head =
    symbol === undefined ? `   0x${hexDigits(address)}:` : `0x${hexDigits(address)}${where}:`;
  const code = operands === '' ? mnemonic : `${mnemonic.padEnd(6)} ${operands}`;
  return `${head}\t${code}${targetText(target, radix)}${note === undefined ? '' : ` [${note}]`}`;
}

function targetText(target: CodeInstruction['target'], radix: 10 | 16): string {
  if (target === undefined) return '';
  const name = target.symbol === undefined ? '' : ` ${symbolText(target.symbol, radix)}`;
  return target.kind === 'code' ? name : `        # 0x${hexDigits(target.address)}${name}`;
}

function symbolText({ name, offset }: SymbolRef, radix: 10 | 16): string {
  const plus = offset === 0 ? '' : radix === 16 ? `+0x${hexDigits(offset)}` : `+${offset}`;
  return `<${printable(name)}${plus}>`;
}
