import type { Absent, TableBlock } from '../../../src-shared/contract/index.ts';
import { FaultError } from '../base/fault.ts';
import type { Program } from '../program/program.ts';
import { findSize } from '../types/layout.ts';
import type { TypeTag } from '../types/type.ts';
import { absentOf, notApplicable } from './facts.ts';
import { tableBlock } from './table.ts';

interface ListedType {
  readonly tag: TypeTag;
  readonly name: string;
  readonly size: number | Absent;
  readonly origin: string | Absent;
}

/** Between two looks at whether somebody still waits. */
const SLICE = 256;

/**
 * All structs, unions, enums and typedefs with a name, by name (in any case), with who tells of them: columns `kind`,
 * `name`, `size` in bytes, `origin`. A struct that is only declared has no size.
 * @param text what the name must contain, in any case
 */
export function typeListBlock(
  program: Program,
  text: string,
  checkCancelled: () => void,
): TableBlock {
  const wanted = text.toLowerCase();
  const rows: ListedType[] = [];
  let done = 0;
  for (const { tag, name } of program.types.iterateNames()) {
    if (++done % SLICE === 0) checkCancelled();
    if (tag === 'base' || name === '' || !name.toLowerCase().includes(wanted)) continue;
    rows.push({ tag, name, ...facts(program, tag, name) });
  }
  rows.sort(
    (a, b) =>
      order(a.name.toLowerCase(), b.name.toLowerCase()) ||
      order(a.name, b.name) ||
      order(a.tag, b.tag),
  );
  return tableBlock(
    'whatis-list',
    [
      { id: 'kind', title: 'KIND', kind: 'text', cell: (row) => row.tag },
      { id: 'name', title: 'NAME', kind: 'text', cell: (row) => row.name },
      { id: 'size', title: 'SIZE', kind: 'bytes', cell: (row) => row.size },
      { id: 'origin', title: 'ORIGIN', kind: 'text', cell: (row) => row.origin },
    ],
    rows,
  );
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function facts(program: Program, tag: TypeTag, name: string): Pick<ListedType, 'size' | 'origin'> {
  try {
    const type = program.types.typeNamed(tag, name);
    return { size: findSize(type) ?? noSize(type.kind, type.origin), origin: type.origin };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const absent = absentOf(error.fault);
    return { size: absent, origin: absent };
  }
}

function noSize(kind: string, origin: string): Absent {
  return kind === 'struct' || kind === 'union'
    ? { absent: 'unknown-type', why: `${origin} only declares it: its members are not known` }
    : notApplicable('it stands for a function, void, or a type that is only declared');
}
