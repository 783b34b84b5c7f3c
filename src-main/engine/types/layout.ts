import { FaultError } from '../base/fault.ts';
import type { StructType, Type } from './type.ts';

/** A member found by path, placed from the start of the struct asked. */
export interface PlacedMember {
  readonly type: Type;
  readonly bitOffset: number;
  /** 0 when not a bit field. */
  readonly bitSize: number;
}

/** Deeper nesting than any kernel type; a damaged type table may contain itself. */
const MAX_DEPTH = 32;
/** More than memory has bytes; products of damaged lengths would not even stay integers. */
const MAX_ELEMENTS = 2 ** 48;
/** Anonymous structs searched for one member; the largest kernel structs have a few dozen. */
const MAX_ANONYMOUS = 1000;

/** The type without const, volatile, restrict. */
export function unqualified(type: Type): Type {
  let current = type;
  for (let i = 0; i < MAX_DEPTH && current.kind === 'qualified'; i++) current = current.target;
  return current;
}

/** The type without qualifiers and typedefs. @throws FaultError `corrupt` on an endless chain */
export function resolveTypedef(type: Type): Type {
  let current = type;
  for (let i = 0; i < MAX_DEPTH; i++) {
    if (current.kind !== 'typedef' && current.kind !== 'qualified') return current;
    current = current.target;
  }
  throw endless('typedefs and qualifiers');
}

/**
 * Bytes; undefined for void, functions and forward declarations.
 * @throws FaultError `corrupt` on an endless chain of typedefs or arrays
 */
export function findSize(type: Type): number | undefined {
  let length = 1;
  let resolved = resolveTypedef(type);
  for (let i = 0; resolved.kind === 'array' && i < MAX_DEPTH; i++) {
    length *= resolved.length;
    resolved = resolveTypedef(resolved.element);
  }
  if (length > MAX_ELEMENTS && resolved.kind !== 'array') {
    const expected = `arrays of at most ${MAX_ELEMENTS} elements`;
    throw new FaultError({ kind: 'corrupt', what: 'type information', expected, found: 'more' });
  }
  switch (resolved.kind) {
    case 'void':
    case 'function':
    case 'typedef':
    case 'qualified':
      return undefined;
    case 'array':
      throw endless('arrays of arrays');
    case 'struct':
    case 'union':
      return resolved.incomplete ? undefined : resolved.size * length;
    case 'int':
    case 'float':
    case 'enum':
    case 'pointer':
      return resolved.size * length;
  }
}

function endless(what: string): FaultError {
  return new FaultError({
    kind: 'corrupt',
    what: 'type information',
    expected: `at most ${MAX_DEPTH} ${what} in a row`,
    found: 'a longer chain',
  });
}

/** Bytes. @throws FaultError `unknown-type` where the type has no size */
export function sizeOf(type: Type): number {
  const size = findSize(type);
  if (size === undefined) {
    throw new FaultError({
      kind: 'unknown-type',
      name: `size of ${nameOfType(type)}`,
      asked: [type.origin],
    });
  }
  return size;
}

/** The struct or union behind typedefs and qualifiers. */
export function structOf(type: Type): StructType | undefined {
  const resolved = resolveTypedef(type);
  return resolved.kind === 'struct' || resolved.kind === 'union' ? resolved : undefined;
}

/**
 * Member by path, e.g. `se.sum_exec_runtime` or `cpus[3].id`; anonymous structs and unions are
 * searched as C does. Array indexes are not checked against the length: C allows flexible arrays.
 * @throws FaultError `corrupt` when the member cannot be where the types say
 */
export function findMember(type: Type, path: string): PlacedMember | undefined {
  let paths = knownMembers.get(type);
  if (paths === undefined || paths.size > MAX_PATHS) {
    paths = new Map();
    knownMembers.set(type, paths);
  }
  const known = paths.get(path);
  if (known !== undefined || paths.has(path)) return known;
  const found = placeMember(type, path);
  paths.set(path, found);
  return found;
}

/** Paths are asked for millions of times; each is parsed once a type. */
const knownMembers = new WeakMap<Type, Map<string, PlacedMember | undefined>>();
const MAX_PATHS = 10_000;

function placeMember(type: Type, path: string): PlacedMember | undefined {
  let place: PlacedMember = { type, bitOffset: 0, bitSize: 0 };
  for (const step of path.split('.')) {
    const parts = /^([A-Za-z_][A-Za-z_0-9]*)((?:\[[0-9]{1,9}\])*)$/.exec(step);
    if (parts === null) return undefined;
    const struct = structOf(place.type);
    const found = struct === undefined ? undefined : searchMember(struct, parts[1]!, new Set());
    if (found === undefined) return undefined;
    place = { ...found, bitOffset: place.bitOffset + found.bitOffset };
    for (const index of parts[2]!.matchAll(/[0-9]+/g)) {
      const array = resolveTypedef(place.type);
      if (array.kind !== 'array') return undefined;
      const size = findSize(array.element);
      if (size === undefined) return undefined;
      const bitOffset = place.bitOffset + Number(index[0]) * size * 8;
      place = { type: array.element, bitOffset, bitSize: 0 };
    }
  }
  // Only a bit field can start inside a byte, and nothing lies beyond all memory.
  if (
    !Number.isSafeInteger(place.bitOffset) ||
    (place.bitSize === 0 && place.bitOffset % 8 !== 0)
  ) {
    throw new FaultError({
      kind: 'corrupt',
      what: `${nameOfType(type)}.${path}`,
      expected: 'an offset in bytes',
      found: `${place.bitOffset} bits`,
    });
  }
  return place;
}

/** @throws FaultError `corrupt`, or `unknown-type` naming the member and who knows the struct */
export function memberOf(type: Type, path: string): PlacedMember {
  const member = findMember(type, path);
  if (member !== undefined) return member;
  const name = `${nameOfType(type)}.${path}`;
  throw new FaultError({ kind: 'unknown-type', name, asked: [type.origin] });
}

/** Byte offset of a member that is no bit field. @throws FaultError `unknown-type` */
export function offsetOf(type: Type, path: string): number {
  return Math.floor(memberOf(type, path).bitOffset / 8);
}

/**
 * @param seen structs without the member: damaged types may nest in each other, and each in many
 *   members of another, which would be as many ways as 2 to the depth
 */
function searchMember(
  struct: StructType,
  name: string,
  seen: Set<StructType>,
): PlacedMember | undefined {
  if (seen.has(struct)) return undefined;
  seen.add(struct);
  for (const member of struct.members) if (member.name === name) return member;
  if (seen.size >= MAX_ANONYMOUS) return undefined;
  for (const member of struct.members) {
    if (member.name !== '') continue;
    const inner = structOf(member.type);
    const found = inner === undefined ? undefined : searchMember(inner, name, seen);
    if (found !== undefined) return { ...found, bitOffset: member.bitOffset + found.bitOffset };
  }
  return undefined;
}

/** Short name for messages: `struct foo`, `foo_t`, `pointer`. */
export function nameOfType(type: Type): string {
  switch (type.kind) {
    case 'struct':
    case 'union':
    case 'enum':
      return `${type.kind} ${type.name === '' ? '(anonymous)' : type.name}`;
    case 'int':
    case 'float':
    case 'typedef':
      return type.name;
    case 'qualified':
      return nameOfType(type.target);
    case 'void':
    case 'pointer':
    case 'array':
    case 'function':
      return type.kind;
  }
}
