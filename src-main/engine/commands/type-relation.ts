import type { StructType, Type } from '../types/type.ts';

/** What a member or variable has to do with a type; arrays and typedefs of it count as it. */
export type Relation = 'embeds' | 'points to';

/** Pointers, arrays and typedefs around a type; damaged type information may contain itself. */
const MAX_DEPTH = 32;

/** How a type leads to the one asked for; else the nameless struct that it embeds. */
export function relationTo(
  type: Type,
  target: Type,
): { relation?: Relation; anonymous?: StructType } {
  let inner = type;
  let relation: Relation = 'embeds';
  for (let i = 0; i < MAX_DEPTH; i++) {
    if (isSame(inner, target)) return { relation };
    if (inner.kind === 'pointer') {
      relation = 'points to';
      inner = inner.target;
    } else if (inner.kind === 'array') inner = inner.element;
    else if (inner.kind === 'typedef' || inner.kind === 'qualified') inner = inner.target;
    else break;
  }
  if ((inner.kind !== 'struct' && inner.kind !== 'union') || inner.name !== '') return {};
  return relation === 'embeds' ? { anonymous: inner } : {};
}

/** By name: the kernel and its modules may each have an object for the same type. */
function isSame(type: Type, target: Type): boolean {
  if (type === target) return true;
  if (type.kind !== target.kind || !('name' in type) || !('name' in target)) return false;
  return type.name !== '' && type.name === target.name;
}
