import {
  isAbsent,
  type Block,
  type CellValue,
  type Table,
} from '../../src-shared/contract/index.ts';
import { hexOf, hexText, plain } from '../../src-shared/text/plain-data.ts';
import { visibleJson } from '../../src-shared/text/visible.ts';

/** One line of a JSON document, safe for a terminal. */
export function jsonLine(value: unknown): string {
  return `${visibleJson(JSON.stringify(value))}\n`;
}

/**
 * Blocks as JSON for scripts. Addresses and every other 64-bit number are strings: `0x…` where they
 * are addresses or flags, decimal where they are counts, so that no reader rounds them. A missing
 * value is `{"absent": reason, "why": sentence}`. Tables become arrays of objects by column id.
 */
export function blockJson(block: Block): unknown {
  switch (block.type) {
    case 'table':
      return {
        type: 'table',
        name: block.name,
        columns: block.table.columns,
        rows: tableRows(block.table),
      };
    case 'facts':
      return {
        type: 'facts',
        name: block.name,
        facts: block.facts.map((fact) => ({ ...fact, value: cellJson(fact.value, fact.kind) })),
      };
    case 'log':
      return logJson(block);
    case 'memory': {
      const { bytes, ...range } = block.range;
      return plain({ ...block, range: { ...range, bytes: hexOf(bytes) } });
    }
    default:
      return plain(block);
  }
}

function tableRows(table: Table): Record<string, unknown>[] {
  return Array.from({ length: table.rowCount }, (_, r) =>
    Object.fromEntries(
      table.columns.map(({ id, kind }, c) => [id, cellJson(table.data[c]?.[r] ?? '', kind)]),
    ),
  );
}

const DECIMAL_KINDS: ReadonlySet<string> = new Set(['count', 'id', 'bytes', 'seconds', 'percent']);

function cellJson(value: CellValue, kind: string): unknown {
  if (isAbsent(value)) return { absent: value.absent, why: value.why };
  if (typeof value !== 'bigint') return value;
  return DECIMAL_KINDS.has(kind) ? value.toString() : hexText(value);
}

function logJson({ records, show }: Extract<Block, { type: 'log' }>): unknown {
  return {
    type: 'log',
    ...(show && { show }),
    warnings: records.warnings,
    records: Array.from({ length: records.count }, (_, i) => ({
      seq: records.seq[i],
      // Nanoseconds may exceed what a double holds exactly.
      tsNsec: String(records.tsNsec[i] ?? 0n),
      level: records.level[i],
      facility: records.facility[i],
      caller: records.caller[i],
      text: records.text[i],
      ...(records.context && { context: records.context[i] }),
    })),
  };
}

/** Any plain data (session facts, errors) with its bigints as `0x…`. */
export function dataJson(value: unknown): unknown {
  return plain(value);
}
