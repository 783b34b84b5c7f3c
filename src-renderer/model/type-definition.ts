import type { Block } from '../../src-shared/contract/index.ts';
import { locationNameOf, type TypeTarget } from './type-names.ts';
import { definitionText } from './type-text.ts';

/** The C text in an answer of `whatis`. */
export function definitionOf(blocks: readonly Block[]): string | undefined {
  const texts = blocks.flatMap((block) => {
    if (block.type === 'value') return [definitionText(block)];
    return block.type === 'text' ? [block.lines.join('\n')] : [];
  });
  return texts.length === 0 ? undefined : texts.join('\n');
}

interface Part {
  readonly text: string;
  readonly target?: TypeTarget;
}
/** Lines that become elements with links; the rest of a longer text is left as it is. */
const MOST_LINES = 5000;

/** The lines of a definition, with structs, unions and enums that it names as links. */
export function linkTypes(text: string): readonly (readonly Part[])[] {
  const lines = text.split('\n');
  const shown = lines.slice(0, MOST_LINES).map((line, index) => {
    // The first line defines the type itself.
    if (index === 0) return [{ text: line }];
    const parts: Part[] = [];
    let at = 0;
    for (const match of line.matchAll(/\b(?:struct|union|enum) [A-Za-z_]\w*/g)) {
      parts.push({ text: line.slice(at, match.index) });
      parts.push({ text: match[0], target: { name: locationNameOf(match[0]) } });
      at = match.index + match[0].length;
    }
    parts.push({ text: line.slice(at) });
    return parts.filter((part) => part.text !== '');
  });
  if (lines.length > MOST_LINES) shown.push([{ text: lines.slice(MOST_LINES).join('\n') }]);
  return shown;
}
