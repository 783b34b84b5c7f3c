import { tryRead } from '../base/fault.ts';
import type { Program } from '../program/program.ts';
import { findSize, structOf } from '../types/layout.ts';
import type { StructType, Type } from '../types/type.ts';

export interface SizeRange {
  readonly low: number;
  readonly high: number;
}

/** Embedded structs in embedded structs; damaged type information may contain itself. */
const MAX_DEPTH = 32;
/** Between two looks at whether somebody still waits. */
const SLICE = 256;

/**
 * Structs and unions of a size, or with a member whose type's name contains a text: its own members
 * or those of structs embedded in it, through pointers and arrays, not through function pointers.
 * Those without a name of their own by that of their typedef. Ascending by size, then by name.
 */
export function searchTypes(
  program: Program,
  sizes: SizeRange | undefined,
  member: string | undefined,
  checkCancelled: () => void,
): { name: string; size: number }[] {
  const holds = new Map<Type, boolean>();
  const found: { name: string; size: number }[] = [];
  const wanted = new Map<string, 'struct' | 'union' | 'typedef'>();
  for (const { tag, name } of program.types.iterateNames()) {
    if (name === '' || (tag !== 'struct' && tag !== 'union' && tag !== 'typedef')) continue;
    wanted.set(`${tag} ${name}`, tag);
  }
  let done = 0;
  for (const [key, tag] of wanted) {
    if (++done % SLICE === 0) checkCancelled();
    const name = key.slice(tag.length + 1);
    const named = tryRead(() => program.types.findType(tag, name));
    const type = named && tryRead(() => structOf(named));
    // A typedef of one with a name of its own is that one.
    if (type === undefined || type.incomplete || (tag === 'typedef' && type.name !== '')) continue;
    const size = tryRead(() => findSize(type));
    if (size === undefined) continue;
    if (sizes !== undefined && (size < sizes.low || size > sizes.high)) continue;
    if (member !== undefined && !holdsMember(type, member, holds, 0)) continue;
    found.push({ name, size });
  }
  return found.sort((a, b) => a.size - b.size || (a.name < b.name ? -1 : 1));
}

function holdsMember(
  struct: StructType,
  text: string,
  known: Map<Type, boolean>,
  depth: number,
): boolean {
  const hit = known.get(struct);
  if (hit !== undefined) return hit;
  known.set(struct, false);
  const result =
    depth < MAX_DEPTH &&
    struct.members.some(({ type }) => {
      if (named(type).includes(text)) return true;
      const embedded = embeddedStruct(type);
      return embedded !== undefined && holdsMember(embedded, text, known, depth + 1);
    });
  known.set(struct, result);
  return result;
}

/** The name at the bottom of pointers and arrays. */
function named(type: Type): string {
  let inner = type;
  for (let i = 0; i < MAX_DEPTH; i++) {
    if (inner.kind === 'pointer' || inner.kind === 'qualified') inner = inner.target;
    else if (inner.kind === 'array') inner = inner.element;
    else break;
  }
  return 'name' in inner ? inner.name : '';
}

function embeddedStruct(type: Type): StructType | undefined {
  let inner = type;
  for (let i = 0; i < MAX_DEPTH; i++) {
    if (inner.kind === 'qualified' || inner.kind === 'typedef') inner = inner.target;
    else if (inner.kind === 'array') inner = inner.element;
    else break;
  }
  return inner.kind === 'struct' || inner.kind === 'union' ? inner : undefined;
}
