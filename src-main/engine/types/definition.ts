import { declarationOf, memberDeclaration } from './declaration.ts';
import { findMember, findSize, resolveTypedef } from './layout.ts';
import type { EnumType, Member, StructType, Type } from './type.ts';

/** One line of a struct's definition. */
export interface DefinitionLine {
  /** Nesting: 0 for the struct's own first and last line. */
  readonly depth: number;
  readonly text: string;
  /**
   * Where the member starts, from the start of the whole struct; undefined on lines that declare
   * none (`union {`, `};`).
   */
  readonly bitOffset: number | undefined;
  /** Path of the member from the whole struct, `''` where there is none. */
  readonly path: string;
}

/** Anonymous structs nest three or four deep; damaged type information may nest for ever. */
const MAX_DEPTH = 32;
const MAX_LINES = 20_000;
/** Of lines and paths; `struct task_struct` has some ten thousand. */
const MAX_CHARACTERS = 8_000_000;

/** Lines of a struct's or union's definition, anonymous members expanded; `...` where they are cut. */
export function definitionLines(type: StructType): readonly DefinitionLine[] {
  const definition = new Definition();
  const head = type.name === '' ? type.kind : `${type.kind} ${type.name}`;
  definition.add(0, `${head} {`);
  addMembers(definition, type, { depth: 1, bitOffset: 0, path: '' });
  definition.add(0, '}');
  return definition.lines;
}

/** The lines so far. */
class Definition {
  readonly lines: DefinitionLine[] = [];
  #characters = 0;
  #isCut = false;

  add(depth: number, text: string, bitOffset?: number, path = ''): void {
    this.lines.push({ depth, text, bitOffset, path });
    this.#characters += text.length + path.length;
  }

  /** No more members: the first time a line says so. */
  isFull(depth: number): boolean {
    if (this.lines.length <= MAX_LINES && this.#characters <= MAX_CHARACTERS) return false;
    if (!this.#isCut) this.add(depth, '...');
    this.#isCut = true;
    return true;
  }
}

interface Place {
  readonly depth: number;
  readonly bitOffset: number;
  readonly path: string;
}

function addMembers(definition: Definition, type: StructType, place: Place): void {
  const { depth } = place;
  if (type.members.length === 0 || depth > MAX_DEPTH) {
    definition.add(depth, type.members.length > 0 ? '...' : noMembers(type));
    return;
  }
  for (const [index, member] of type.members.entries()) {
    if (definition.isFull(depth)) return;
    const bitOffset = place.bitOffset + member.bitOffset;
    const path = member.name === '' ? place.path : joinPath(place.path, member.name);
    const body = anonymousBody(member.type);
    if (body === undefined) {
      // C has flexible arrays at the end of structs only.
      const isLast = index === type.members.length - 1 && type.kind === 'struct';
      definition.add(depth, `${memberText(member, isLast)};`, bitOffset, path);
      continue;
    }
    definition.add(depth, `${body.struct.kind} {`);
    addMembers(definition, body.struct, { depth: depth + 1, bitOffset, path });
    if (member.name === '') definition.add(depth, '};');
    else definition.add(depth, `} ${body.around(member.name)};`, bitOffset, path);
  }
}

/** gdb's words. */
function noMembers(type: StructType): string {
  return type.incomplete ? '<incomplete type>' : '<no data fields>';
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function memberText(member: Member, isLast: boolean): string {
  const text = memberDeclaration(member.type, member.name, isLast);
  return member.bitSize === 0 ? text : `${text} : ${member.bitSize}`;
}

/** An anonymous struct at the bottom of arrays and pointers: it is defined in place. */
function anonymousBody(
  type: Type,
): { struct: StructType; around: (name: string) => string } | undefined {
  let inner = type;
  for (let i = 0; i < MAX_DEPTH; i++) {
    if (inner.kind === 'array') inner = inner.element;
    else if (inner.kind === 'pointer' || inner.kind === 'qualified') inner = inner.target;
    else break;
  }
  if ((inner.kind !== 'struct' && inner.kind !== 'union') || inner.name !== '') return undefined;
  const struct = inner;
  // What gdb would write behind `struct {...}`.
  const around = (name: string): string => {
    const text = declarationOf(type, name);
    return text.slice(text.indexOf('}') + 2);
  };
  return { struct, around };
}

export interface DefinitionStyle {
  /** crash's `struct -o`: byte offsets in front of the members. */
  readonly offsets?: boolean;
}

/**
 * Definition of a type as crash's `struct`, `union` and `whatis` write it, with its `SIZE:` line;
 * enums and typedefs too. With offsets, members inside a *named* member of anonymous type have one
 * only where crash gives one: where their name alone, too, leads there.
 */
export function definitionText(type: Type, style: DefinitionStyle = {}): string {
  const size = findSize(type);
  const footer = size === undefined ? '' : `\nSIZE: ${size}`;
  switch (type.kind) {
    case 'struct':
    case 'union':
      return structText(type, style) + footer;
    case 'enum':
      return enumText(type);
    case 'typedef': {
      const { target } = type;
      const anonymous = (target.kind === 'struct' || target.kind === 'union') && target.name === '';
      // gdb looks through typedefs of numbers: `typedef int pid_t`.
      const base = resolveTypedef(target);
      const shown = base.kind === 'int' || base.kind === 'float' ? base : target;
      const text = anonymous ? structText(target, style) : declarationOf(shown);
      return `typedef ${text} ${type.name};${footer}`;
    }
    default:
      return `${declarationOf(type)}${footer}`;
  }
}

function structText(type: StructType, style: DefinitionStyle): string {
  const lines = definitionLines(type);
  if (style.offsets !== true) {
    return lines.map((line) => ' '.repeat(line.depth * 4) + line.text).join('\n');
  }
  const width = String(type.size).length + 2;
  return lines
    .map((line) => {
      if (line.depth === 0) return line.text;
      const offset = shownOffset(type, line);
      const column = offset === undefined ? '' : `[${offset}]`;
      return `  ${column.padStart(width)} ${' '.repeat((line.depth - 1) * 4)}${line.text}`;
    })
    .join('\n');
}

function shownOffset(type: StructType, line: DefinitionLine): number | undefined {
  if (line.bitOffset === undefined) return undefined;
  if (line.path.includes('.')) {
    const byName = findMember(type, line.path.slice(line.path.lastIndexOf('.') + 1));
    if (byName?.bitOffset !== line.bitOffset) return undefined;
  }
  return Math.floor(line.bitOffset / 8);
}

function enumText(type: EnumType): string {
  const lines = type.enumerators.map(({ name, value }) => `  ${name} = ${value}`);
  return [type.name === '' ? 'enum {' : `enum ${type.name} {`, ...lines, '};'].join('\n');
}
