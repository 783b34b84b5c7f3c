import type { TableBlock } from '../../../src-shared/contract/index.ts';
import { FaultError, tryRead } from '../base/fault.ts';
import type { Program } from '../program/program.ts';
import { declarationOf } from '../types/declaration.ts';
import type { StructType, Type } from '../types/type.ts';
import { tableBlock } from './table.ts';
import { relationTo, type Relation } from './type-relation.ts';

/** A member whose type is the one asked for, or leads to it. */
interface User {
  readonly tag: 'struct' | 'union';
  readonly name: string;
  /** From the struct, through members of anonymous type. */
  readonly path: string;
  readonly offset: number;
  readonly declaration: string;
  readonly relation: Relation;
}

/** Structs without a name in each other. */
const MAX_DEPTH = 32;
/** More than anybody reads: `struct list_head` has a tenth of it. */
const MAX_USERS = 50_000;
/** Members looked at: a kernel has some hundred thousand, damaged types as many ways to one as they like. */
const MAX_VISITS = 4_000_000;
/** Of paths and declarations; of `struct list_head` they have some hundred thousand. */
const MAX_CHARACTERS = 16_000_000;
const SLICE = 256;

/**
 * Members of all named structs and unions that embed a type or point to it, also in arrays and behind
 * typedefs: columns `relation`, `kind`, `type`, `member`, `offset`, `declaration`. Prototypes of
 * functions are not searched.
 * @returns the table, and whether there are more than it has
 * @throws FaultError `corrupt` where there are too many members to say that none is one
 */
export function typeUsersBlock(
  program: Program,
  target: Type,
  checkCancelled: () => void,
): { block: TableBlock; cut: boolean } {
  const search: Search = { target, users: [], visits: 0, characters: 0, checkCancelled };
  for (const { tag, name } of program.types.iterateNames()) {
    visit(search);
    if ((tag !== 'struct' && tag !== 'union') || name === '') continue;
    const type = tryRead(() => program.types.findType(tag, name));
    if (type === undefined || (type.kind !== 'struct' && type.kind !== 'union')) continue;
    addUsers(search, { tag, name, path: '', offset: 0 }, type, 0);
    if (isFull(search)) break;
  }
  if (isFull(search) && search.users.length === 0) throw endless();
  const sorted = search.users.sort((a, b) => {
    if (a.relation !== b.relation) return a.relation === 'embeds' ? -1 : 1;
    return a.name < b.name ? -1 : a.name > b.name ? 1 : a.offset - b.offset;
  });
  return { block: usersTable(sorted), cut: isFull(search) };
}

/** Nothing found so far does not mean that there is none. */
function endless(): FaultError {
  return new FaultError({
    kind: 'corrupt',
    what: 'type information',
    expected: `at most ${MAX_VISITS} ways to members of nameless structs`,
    found: 'more, none of them so far to that type',
  });
}

interface Search {
  readonly target: Type;
  readonly users: User[];
  visits: number;
  characters: number;
  readonly checkCancelled: () => void;
}

function visit(search: Search): void {
  if (++search.visits % SLICE === 0) search.checkCancelled();
}

function isFull({ users, visits, characters }: Search): boolean {
  return users.length >= MAX_USERS || visits >= MAX_VISITS || characters >= MAX_CHARACTERS;
}

type Place = Pick<User, 'tag' | 'name' | 'path' | 'offset'>;

function addUsers(search: Search, place: Place, struct: StructType, depth: number): void {
  for (const { name, type, bitOffset } of struct.members) {
    if (isFull(search)) return;
    visit(search);
    const { relation, anonymous } = relationTo(type, search.target);
    const goesOn = anonymous !== undefined && depth < MAX_DEPTH;
    if (relation === undefined && !goesOn) continue;
    search.characters += place.path.length + 1 + name.length;
    if (isFull(search)) return;
    const path = [place.path, name].filter((part) => part !== '').join('.');
    const at = { ...place, path, offset: place.offset + Math.floor(bitOffset / 8) };
    if (relation !== undefined) {
      const declaration = declarationOf(type);
      search.characters += declaration.length;
      search.users.push({ ...at, relation, declaration });
    } else if (goesOn) addUsers(search, at, anonymous, depth + 1);
  }
}

function usersTable(users: readonly User[]): TableBlock {
  return tableBlock(
    'whatis-users',
    [
      { id: 'relation', title: 'HOW', kind: 'text', cell: (row) => row.relation },
      { id: 'kind', title: 'KIND', kind: 'text', cell: (row) => row.tag },
      { id: 'type', title: 'TYPE', kind: 'text', cell: (row) => row.name },
      { id: 'member', title: 'MEMBER', kind: 'text', cell: (row) => row.path },
      { id: 'offset', title: 'OFFSET', kind: 'count', cell: (row) => row.offset },
      { id: 'declaration', title: 'DECLARED AS', kind: 'text', cell: (row) => row.declaration },
    ],
    users,
  );
}
