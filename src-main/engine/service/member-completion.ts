import type { Completion } from '../../../src-shared/contract/index.ts';
import type { Program } from '../program/program.ts';
import { declarationOf } from '../types/declaration.ts';
import { findMember, resolveTypedef, structOf } from '../types/layout.ts';
import type { Member, StructType, Type } from '../types/type.ts';
import { MAX_COMPLETIONS } from './completion.ts';

/**
 * Members that a path begins to name, each text the whole word: `task_struct.co`, the last of
 * `task_struct.pid,co`, `task_struct.mm->pg`, and of a variable whose type is known.
 */
export function membersLike(program: Program, word: string): Completion[] {
  const dot = word.search(/\.|->/);
  const of = dot < 0 ? undefined : findNamed(program, word.slice(0, dot));
  if (of === undefined) return [];
  const firstStep = word.startsWith('->', dot) ? 2 : 1;
  const pathAt = Math.max(dot + firstStep, word.lastIndexOf(',') + 1);
  const path = word.slice(pathAt);
  const at = lastStep(path);
  const inside = structBehind(followed(of, path.slice(0, at)));
  if (inside === undefined) return [];
  const begun = path.slice(at);
  const before = word.slice(0, pathAt + at);
  return namedMembers(inside)
    .filter(({ name }) => name.startsWith(begun))
    .slice(0, MAX_COMPLETIONS)
    .map(({ name, type }) => ({
      kind: 'member',
      text: before + name,
      detail: declarationOf(type, ''),
    }));
}

function findNamed(program: Program, name: string): Type | undefined {
  for (const spelled of [`struct ${name}`, `union ${name}`, name]) {
    const type = program.findType(spelled);
    if (type !== undefined && structOf(type) !== undefined) return type;
  }
  const symbol = program.symbols.find(name);
  return symbol && program.findVariableType(symbol);
}

/** Where the name that is being typed begins. */
function lastStep(path: string): number {
  const arrow = path.lastIndexOf('->');
  return Math.max(path.lastIndexOf('.') + 1, arrow < 0 ? 0 : arrow + 2);
}

/** The type that a path of finished steps leads to. @param path e.g. `se.`, `mm->`, `files->fdt->` */
function followed(type: Type, path: string): Type | undefined {
  let current: Type | undefined = type;
  for (const step of path.split(/\.|->/).filter((part) => part !== '')) {
    const struct = structBehind(current);
    current = struct && findMember(struct, step)?.type;
  }
  return current;
}

/** The struct itself, or the one that a pointer to it leads to. */
function structBehind(type: Type | undefined): StructType | undefined {
  if (type === undefined) return undefined;
  const resolved = resolveTypedef(type);
  return structOf(resolved.kind === 'pointer' ? resolved.target : resolved);
}

/** Those of structs and unions without a name as if they stood in the struct itself; each struct once. */
function namedMembers(struct: StructType): Member[] {
  const seen = new Set<StructType>();
  const members: Member[] = [];
  const add = (each: StructType): void => {
    if (seen.has(each)) return;
    seen.add(each);
    for (const member of each.members) {
      const inner = member.name === '' ? structOf(member.type) : undefined;
      if (inner !== undefined) add(inner);
      else if (member.name !== '') members.push(member);
    }
  };
  add(struct);
  return members;
}
