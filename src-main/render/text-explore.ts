import { isAbsent, type CellValue, type TableBlock } from '../../src-shared/contract/index.ts';
import { cellText } from './cell-text.ts';
import { printable } from './printable.ts';
import { centered, hexDigits } from './units.ts';

/** crash's layouts of what `p`, `whatis`, `eval`, `pte`, `btop`, `ptob`, `ptov` answer. */
export const EXPLORE_LAYOUTS: Readonly<Record<string, (block: TableBlock) => string[]>> = {
  'p-percpu': perCpuLines,
  'whatis-search': typeSizeLines,
  eval: evalLines,
  pte: pteLines,
  btop: pairLines,
  ptob: pairLines,
  ptov: virtualLines,
  'ptov-percpu': perCpuOffsetLines,
};

/** Rows as objects by column id. */
function rowsOf({ table }: TableBlock): Record<string, CellValue>[] {
  return Array.from({ length: table.rowCount }, (_, row) =>
    Object.fromEntries(table.columns.map(({ id }, c) => [id, table.data[c]?.[row] ?? ''])),
  );
}

const hexOf = (value: CellValue | undefined): string =>
  typeof value === 'bigint' || typeof value === 'number'
    ? hexDigits(value)
    : cellText(value ?? '', 'text');

/** The type stands behind the table's name. */
function restOfName({ name }: TableBlock): string {
  return printable(name.slice(name.indexOf(' ') + 1));
}

function perCpuLines(block: TableBlock): string[] {
  const rows = rowsOf(block).map(({ cpu, address }) => `  [${String(cpu)}]: ${hexOf(address)}`);
  return ['PER-CPU DATA TYPE:', `  ${restOfName(block)}`, 'PER-CPU ADDRESSES:', ...rows];
}

function typeSizeLines(block: TableBlock): string[] {
  const rows = rowsOf(block).map(({ size, type }) => [String(size), String(type)] as const);
  const width = Math.max(4, ...rows.map(([size]) => size.length));
  return [
    `${'SIZE'.padStart(width)}  TYPE`,
    ...rows.map(([size, type]) => `${size.padStart(width)}  ${printable(type)}`),
  ];
}

function evalLines(block: TableBlock): string[] {
  return rowsOf(block).flatMap(({ value, unit, bits }) => {
    if (typeof value !== 'bigint') return [];
    const signed = BigInt.asIntN(64, value);
    const lines = [
      `hexadecimal: ${hexDigits(value)}  ${typeof unit === 'string' && unit !== '' ? `(${unit})` : ''}`,
      `    decimal: ${value}  ${signed < 0n ? `(${signed})` : ''}`,
      `      octal: ${value.toString(8)}`,
      `     binary: ${value.toString(2).padStart(64, '0')}`,
    ];
    if (typeof bits === 'string') lines.push(`   bits set: ${bits === '' ? '' : `${bits} `}`);
    return lines;
  });
}

function pteLines(block: TableBlock): string[] {
  return rowsOf(block).flatMap(({ pte, physical, flags, meaning }) => {
    const entry = hexOf(pte);
    const page = hexOf(physical);
    const width = Math.max(3, entry.length);
    const pageWidth = Math.max(8, page.length);
    if (typeof meaning === 'string' && meaning !== '') {
      return [
        `${centered('PTE', width)}  MEANING`,
        `${entry.padStart(width)}  ${printable(meaning)}`,
      ];
    }
    const shown = isAbsent(flags) ? '(no mapping)' : `(${printable(String(flags))})`;
    return [
      `${centered('PTE', width)}  ${centered('PHYSICAL', pageWidth)}  FLAGS`,
      `${centered(entry, width, 'left')}  ${centered(page, pageWidth, 'left')}  ${shown}`,
    ];
  });
}

function pairLines(block: TableBlock): string[] {
  return rowsOf(block).map(({ from, to }) => `${hexOf(from)}: ${hexOf(to)}`);
}

function virtualLines(block: TableBlock): string[] {
  return rowsOf(block).flatMap(({ virtual, physical }, i) => [
    ...(i === 0 ? [] : ['']),
    `${'VIRTUAL'.padEnd(16)}  ${'PHYSICAL'.padEnd(16)}`,
    `${hexOf(virtual).padEnd(16)}  ${hexOf(physical).padEnd(16)}`,
  ]);
}

function perCpuOffsetLines(block: TableBlock): string[] {
  const rows = rowsOf(block).map(
    ({ cpu, virtual }) => `  ${`[${String(cpu)}]`.padEnd(3)}  ${hexOf(virtual)}`,
  );
  return [`PER-CPU OFFSET: ${restOfName(block)}`, `  CPU    ${'VIRTUAL'.padEnd(16)}`, ...rows];
}
