import { cacheLinesOf, gapSums, type ValueBlock } from '../../src-shared/contract/index.ts';
import { definitionLines } from '../../src-shared/text/definition.ts';
import { plain } from '../../src-shared/text/plain-data.ts';
import { declaration } from '../../src-shared/text/c-declaration.ts';
import { grouped, hex, plural } from './format.ts';
import { gapText } from './layout-marks.ts';
import { valueOf } from './text.ts';
import type { TypeRow } from './type-rows.ts';

/** A fact of the layout, in few words, and what it means. */
export interface LayoutFact {
  readonly text: string;
  readonly title: string;
}

/** What pahole writes below a struct: size, cache lines, members, holes, padding. */
export function layoutFacts({ value, address }: ValueBlock): readonly LayoutFact[] {
  const { layout, size } = value;
  if (layout === undefined) return [];
  const sums = gapSums(layout);
  const facts: LayoutFact[] = [
    { text: plural(size, 'byte'), title: hex(size) },
    {
      text: plural(layout.members, 'member'),
      title: 'A struct or union without a name counts as one',
    },
    cacheLineFact(size, address),
  ];
  const add = (when: number, text: string, title: string) => {
    if (when > 0) facts.push({ text, title });
  };
  const { holes, holeBytes, bitHoles, bitHoleBits, paddingBytes, paddingBits } = sums;
  add(
    holes,
    `${plural(holes, 'hole')}: ${plural(holeBytes, 'byte')}`,
    'Bytes between members that no member has',
  );
  add(
    layout.bitFieldBits,
    `bit fields: ${plural(layout.bitFieldBits, 'bit')}${bitHoles > 0 ? `, ${grouped(bitHoleBits)} unused` : ''}`,
    'Members that are a part of an integer',
  );
  add(paddingBytes, `padding: ${plural(paddingBytes, 'byte')}`, 'Behind the last member');
  add(paddingBits, `padding: ${plural(paddingBits, 'bit')}`, 'Unused bits of the last bit field');
  const { count, bytes } = layout.innerPadding;
  add(
    count,
    `padding in ${plural(count, 'member')}: ${plural(bytes, 'byte')}`,
    'At the end of structs that are members',
  );
  return facts;
}

function cacheLineFact(size: number, address: bigint | undefined): LayoutFact {
  const into = address === undefined ? 0n : address % 64n;
  const text = plural(cacheLinesOf(size, address), 'cache line');
  if (address === undefined) return { text, title: 'When it begins with one; of 64 bytes each' };
  return into === 0n
    ? { text, title: 'It begins with one; of 64 bytes each' }
    : {
        text: `${text} (begins ${into} bytes into one)`,
        title: 'By its address; of 64 bytes each',
      };
}

/** A type as C text in crash's layout. */
export function definitionText(block: ValueBlock): string {
  return definitionLines(block).join('\n');
}

/** The block as the command line's `--json` has it, on several lines. */
export function blockJson(block: ValueBlock): string {
  return JSON.stringify(plain(block), undefined, 2);
}

/** An offset in bytes, and the bit in it for bit fields. */
export function offsetText(offset: number, bit: number | undefined, radix: 10 | 16): string {
  const byte = radix === 16 ? hex(offset) : String(offset);
  return bit === undefined ? byte : `${byte}:${bit}`;
}

/** One row as text for the clipboard. */
export function rowText(row: TypeRow, radix: 10 | 16): string {
  switch (row.kind) {
    case 'member': {
      const { node, path } = row;
      const value = node.children ? '' : valueOf(node, radix);
      return `${declaration(node.typeName, path)}${value === '' ? '' : ` = ${value}`};`;
    }
    case 'gap':
      return gapText(row.gap);
    case 'line':
      return `cache line ${row.line}`;
    case 'note':
      return row.text;
  }
}
