import type { ValueNode } from '../../src-shared/contract/index.ts';
import { hex16 } from './format.ts';
import { looksLikeKernelPointer } from './interpret.ts';

/** A type that can be opened, and an object of it where its place is known. */
export interface TypeTarget {
  /** As in the location: `task_struct`, `union:name`, `enum:name`, `typedef:name`. */
  readonly name: string;
  readonly address?: bigint;
}

/** Words of C's own types: nothing to open. */
const BASE = new Set(
  'void char short int long signed unsigned float double bool _Bool __int128'.split(' '),
);

/**
 * The struct, union, enum or typedef that a C declaration is about, and how many pointers stand in
 * front of it; undefined for numbers, functions and types without a name.
 */
function subjectOf(typeName: string): { name: string; stars: number; rest: string } | undefined {
  const bare = typeName.replace(/\b(?:const|volatile|restrict)\b ?/g, '').trim();
  const parts = /^(?:(struct|union|enum) )?([A-Za-z_]\w*) ?((?:\* ?)*)(.*)$/.exec(bare);
  if (parts === null) return undefined;
  const [, tag, word = '', stars = '', rest = ''] = parts;
  if (rest.includes('(') || rest.includes('{') || (tag === undefined && BASE.has(word)))
    return undefined;
  const name = tag === 'struct' ? word : `${tag ?? 'typedef'}:${word}`;
  return { name, stars: stars.replaceAll(' ', '').length, rest };
}

/**
 * What a node of a value tree can be opened as: a struct or union where it lies, what a pointer points
 * to where it points. Numbers with a name (`u64`) are not worth a link.
 * @param base address of the outermost object; undefined when it lies nowhere
 */
export function typeTargetOf(node: ValueNode, base: bigint | undefined): TypeTarget | undefined {
  const subject = subjectOf(node.typeName);
  if (subject === undefined) return undefined;
  const { name, stars, rest } = subject;
  switch (node.kind) {
    case 'struct':
    case 'union':
      return base === undefined ? { name } : { name, address: base + BigInt(node.offset) };
    case 'enum':
      return { name };
    case 'pointer': {
      if (stars === 0 || rest !== '') return undefined;
      const { value } = node;
      const leads = stars === 1 && typeof value === 'bigint' && looksLikeKernelPointer(value);
      return leads ? { name, address: value } : { name };
    }
    case 'array':
      return stars > 0 || !name.startsWith('typedef:') || node.children?.[0]?.children
        ? { name }
        : undefined;
    default:
      return undefined;
  }
}

/** `struct task_struct`, as C and the engine's commands have it. */
export function cNameOf(name: string): string {
  const [tag, word] = name.split(':');
  if (word === undefined) return `struct ${name}`;
  return tag === 'typedef' ? word : `${tag ?? ''} ${word}`;
}

/**
 * How to ask `whatis` for a type: with its tag, since a variable may have the same name (`kmem_cache`).
 * @param typeName what the type turned out to be, of a bare name that may be no struct
 */
export function askedName(name: string, typeName: string | undefined): string {
  if (name.includes(':')) return cNameOf(name);
  return typeName !== undefined && /^(?:struct|union) \w+$/.test(typeName) ? typeName : name;
}

/** The name in a location of a type that C calls so: `struct x`, `union x`, `x_t`. */
export function locationNameOf(cName: string): string {
  const [, tag, word] = /^(?:(struct|union|enum) )?(\w+)$/.exec(cName.trim()) ?? [];
  if (word === undefined) return cName.trim();
  return tag === 'struct' ? word : `${tag ?? 'typedef'}:${word}`;
}

/**
 * The command that answers how a type's members lie, with an address what they are.
 * @param where hexadecimal address, symbol or expression, as a person types it
 */
export function layoutCommand(name: string, where?: bigint | string): string {
  const [tag, word] = name.split(':');
  const command = tag === 'union' && word !== undefined ? 'union' : '*';
  const place = typeof where === 'bigint' ? hex16(where) : quoted(where);
  return `${command} --layout ${word ?? name} ${place}`.trim();
}

/** One word of a command line. */
function quoted(text: string | undefined): string {
  if (text === undefined || text.trim() === '') return '';
  return /\s/.test(text.trim()) ? `"${text.trim().replaceAll('"', '')}"` : text.trim();
}
