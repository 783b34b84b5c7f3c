import { resolveTypedef, sizeOf } from '../../../src-main/engine/types/layout.ts';
import { parseTypeName } from '../../../src-main/engine/types/type-name.ts';
import { BuiltInTypeFinder } from '../../../src-main/engine/types/built-in.ts';
import { TypeFinderChain } from '../../../src-main/engine/types/finder-chain.ts';
import type {
  Enumerator,
  Member,
  Type,
  TypeFinder,
  TypeTag,
} from '../../../src-main/engine/types/type.ts';

/**
 * Types as C text, laid out as x86-64 does:
 *
 *     struct list_head { struct list_head *next; struct list_head *prev; }
 *
 * Members are `type name`, `type *name`, `type name[4]`, `type name : 3`; pointers to types that are
 * not drawn are `void *`.
 */
export function drawTypes(text: string): TypeFinderChain {
  const drawn = new DrawnTypes();
  const chain = new TypeFinderChain([drawn, new BuiltInTypeFinder()]);
  drawn.read(text, chain);
  return chain;
}

interface DrawnStruct {
  kind: 'struct' | 'union';
  origin: string;
  name: string;
  size: number;
  incomplete: boolean;
  members: Member[];
}

class DrawnTypes implements TypeFinder {
  readonly name = 'drawn';
  readonly #bodies = new Map<string, string>();
  readonly #structs = new Map<string, DrawnStruct>();
  readonly #enums = new Map<string, Type>();
  #chain: TypeFinder | undefined;

  read(text: string, chain: TypeFinder): void {
    this.#chain = chain;
    for (const match of text.matchAll(/(struct|union)\s+(\w+)\s*\{([^}]*)\}/g)) {
      this.#bodies.set(`${match[1]} ${match[2]}`, match[3]!);
    }
    for (const match of text.matchAll(/enum\s+(\w+)\s*\{([^}]*)\}/g)) {
      const enumerators = [...match[2]!.matchAll(/(\w+)\s*=\s*(\w+)/g)].map((each) => ({
        name: each[1]!,
        value: BigInt(each[2]!),
      }));
      this.#enums.set(match[1]!, {
        kind: 'enum',
        origin: 'drawn',
        name: match[1]!,
        size: 4,
        signed: false,
        enumerators,
      });
    }
  }

  findType(tag: TypeTag, name: string): Type | undefined {
    if (tag === 'enum') return this.#enums.get(name);
    if (tag !== 'struct' && tag !== 'union') return undefined;
    const key = `${tag} ${name}`;
    const known = this.#structs.get(key);
    if (known !== undefined) return known;
    const body = this.#bodies.get(key);
    if (body === undefined) return undefined;
    const struct: DrawnStruct = {
      kind: tag,
      origin: 'drawn',
      name,
      size: 0,
      incomplete: false,
      members: [],
    };
    this.#structs.set(key, struct); // before its members: they may point to it
    this.#layOut(struct, body);
    return struct;
  }

  findEnumerator(name: string): Enumerator | undefined {
    for (const type of this.#enums.values()) {
      const found =
        type.kind === 'enum' ? type.enumerators.find((each) => each.name === name) : undefined;
      if (type.kind === 'enum' && found !== undefined) return { type, value: found.value };
    }
    return undefined;
  }
  findVariableType(): undefined {
    return undefined;
  }
  findFunctionType(): undefined {
    return undefined;
  }
  *iterateNames(): Generator<{ tag: TypeTag; name: string }> {
    for (const key of this.#bodies.keys()) {
      const [tag, name] = key.split(' ') as [TypeTag, string];
      yield { tag, name };
    }
  }

  #layOut(struct: DrawnStruct, body: string): void {
    let bits = 0;
    let alignment = 1;
    for (const line of body.split(';').map((each) => each.trim())) {
      if (line === '') continue;
      const match = /^(.*?)(\w+)\s*((?:\[\d*\])*)\s*(?::\s*(\d+))?$/s.exec(line);
      if (match === null) throw new Error(`no member: ${line}`);
      const type = this.#memberType(match[1]!.trim(), match[3]!);
      const align = alignmentOf(type);
      const bitSize = Number(match[4] ?? 0);
      alignment = Math.max(alignment, align);
      const at = struct.kind === 'union' ? 0 : bitSize > 0 ? bits : roundUp(bits, align * 8);
      struct.members.push({ name: match[2]!, type, bitOffset: at, bitSize });
      const end = at + (bitSize > 0 ? bitSize : sizeOf(type) * 8);
      bits = struct.kind === 'union' ? Math.max(bits, end) : end;
    }
    struct.size = roundUp(Math.ceil(bits / 8), alignment);
  }

  #memberType(text: string, dimensions: string): Type {
    const found = this.#chain === undefined ? undefined : parseTypeName(this.#chain, text);
    let type =
      found ?? (text.endsWith('*') ? parseTypeName(new BuiltInTypeFinder(), 'void *') : undefined);
    if (type === undefined) throw new Error(`unknown type: ${text}`);
    for (const dimension of [...dimensions.matchAll(/\[(\d*)\]/g)].reverse()) {
      type = { kind: 'array', origin: 'drawn', element: type, length: Number(dimension[1] || 0) };
    }
    return type;
  }
}

function alignmentOf(type: Type): number {
  const resolved = resolveTypedef(type);
  if (resolved.kind === 'array') return alignmentOf(resolved.element);
  if (resolved.kind === 'struct' || resolved.kind === 'union') {
    return Math.max(1, ...resolved.members.map((member) => alignmentOf(member.type)));
  }
  return sizeOf(resolved);
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
