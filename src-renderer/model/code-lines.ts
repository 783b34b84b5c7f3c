import type { CodeInstruction, SourceExcerpt } from '../../src-shared/contract/index.ts';
import { tokenizeC, type Token } from './c-tokens.ts';
import { baseName, hex } from './format.ts';

/** Text of source lines by `file:line`, as far as there is any. */
type LineTexts = ReadonlyMap<string, readonly Token[]>;

export function lineTextsOf(excerpts: readonly SourceExcerpt[]): LineTexts {
  const texts = new Map<string, readonly Token[]>();
  for (const { file, first, lines } of excerpts) {
    for (const [index, tokens] of tokenizeC(lines).entries())
      texts.set(`${file}:${first + index}`, withoutIndent(tokens));
  }
  return texts;
}

function withoutIndent(tokens: readonly Token[]): readonly Token[] {
  const [head, ...rest] = tokens;
  if (head?.kind !== 'text') return tokens;
  const text = head.text.trimStart();
  return text === '' ? rest : [{ ...head, text }, ...rest];
}

/** `inode.c:352`, and the whole name for those who ask. */
export function lineNameOf({
  source,
}: CodeInstruction): { short: string; whole: string } | undefined {
  return (
    source && {
      short: `${baseName(source.file)}:${source.line}`,
      whole: `${source.file}:${source.line}`,
    }
  );
}

interface OperandParts {
  /** What stands before the target; empty where the target says it all. */
  readonly text: string;
  /** The target's name: an offset alone inside of the same function. */
  readonly target: string | undefined;
}

/** Operands beside a target that has a name: the number of a jump or call would say it twice. */
export function operandParts({ operands, target, symbol }: CodeInstruction): OperandParts {
  if (!target?.symbol) return { text: operands, target: undefined };
  const { name, offset, module } = target.symbol;
  const same = symbol?.name === name && symbol.module === module;
  const place = offset === 0 && !same ? '' : `+${hex(offset)}`;
  const isAddress = /^0x[\da-f]{1,16}$/.test(operands) && BigInt(operands) === target.address;
  return {
    text: target.kind === 'code' && isAddress ? '' : operands,
    target: same ? place : `${name}${place}`,
  };
}
