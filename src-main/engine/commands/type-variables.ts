import type { TableBlock } from '../../../src-shared/contract/index.ts';
import { KNOWN_GLOBALS, knownGlobalType } from '../kernel/known-globals.ts';
import { isPerCpuSymbol } from '../kernel/percpu-symbol.ts';
import type { Program } from '../program/program.ts';
import type { FoundSymbol } from '../program/symbols.ts';
import { memberDeclaration } from '../types/declaration.ts';
import type { Type } from '../types/type.ts';
import { tableBlock } from './table.ts';
import { relationTo, type Relation } from './type-relation.ts';

interface Variable {
  readonly relation: Relation;
  readonly symbol: FoundSymbol;
  readonly perCpu: boolean;
  readonly declaration: string;
}

const SLICE = 256;

/**
 * Variables of the kernel that are of a type or point to it, as far as BTF lists variables (per-CPU
 * ones) and those whose declaration we know; by name: columns `relation`, `name`, `address`, `percpu`,
 * `declaration`. The address of a per-CPU variable is that in its section, of no CPU.
 */
export function typeVariablesBlock(
  program: Program,
  target: Type,
  checkCancelled: () => void,
): TableBlock {
  const found = new Map<string, Variable>();
  const add = (name: string, typeOf: (symbol: FoundSymbol) => Type | undefined) => {
    const symbol = found.has(name) ? undefined : program.symbols.find(name);
    const type = symbol && typeOf(symbol);
    const { relation } = type === undefined ? {} : relationTo(type, target);
    if (symbol === undefined || type === undefined || relation === undefined) return;
    const perCpu = isPerCpuSymbol(program, symbol);
    const declaration = memberDeclaration(type, name, true);
    found.set(name, { relation, symbol, perCpu, declaration });
  };
  let done = 0;
  for (const { name, type } of program.types.iterateTypedVariables()) {
    if (++done % SLICE === 0) checkCancelled();
    add(name, () => type);
  }
  for (const name of KNOWN_GLOBALS) add(name, (symbol) => knownGlobalType(program, symbol));
  const rows = [...found.values()].sort((a, b) => (a.symbol.name < b.symbol.name ? -1 : 1));
  return tableBlock(
    'whatis-variables',
    [
      { id: 'relation', title: 'HOW', kind: 'text', cell: (row) => row.relation },
      { id: 'name', title: 'NAME', kind: 'symbol', cell: (row) => row.symbol.name },
      { id: 'address', title: 'ADDRESS', kind: 'address', cell: (row) => row.symbol.address },
      { id: 'percpu', title: 'PER-CPU', kind: 'text', cell: (row) => row.perCpu },
      { id: 'declaration', title: 'DECLARED AS', kind: 'text', cell: (row) => row.declaration },
    ],
    rows,
  );
}
