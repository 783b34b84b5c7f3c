import type { Table } from '../../src-shared/contract/index.ts';

const ORDER = ['name', 'base', 'size', 'references', 'usedBy', 'state', 'taints', 'module'];

/** The `mod` table with what people look for first; columns not known here come after. */
export function moduleTable(mod: Table | undefined): Table | undefined {
  if (!mod) return undefined;
  const rank = (index: number) => {
    const place = ORDER.indexOf(mod.columns[index]?.id ?? '');
    return place < 0 ? ORDER.length + index : place;
  };
  const indices = mod.columns.map((_, index) => index).toSorted((a, b) => rank(a) - rank(b));
  return {
    rowCount: mod.rowCount,
    columns: indices.map((index) => mod.columns[index]!),
    data: indices.map((index) => mod.data[index] ?? []),
  };
}
