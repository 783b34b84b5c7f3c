import { BTF_KIND, type BtfTable } from '../debuginfo/btf.ts';
import { FaultError } from '../base/fault.ts';
import { memoized } from '../base/memo.ts';
import type { EnumType, FunctionType, IntType, Member, StructType, Type } from './type.ts';

/** Type of another id of the same table (or of its base). */
type Resolve = (id: number) => Type;

/** BTF_KIND_TYPE_TAG in a row; a damaged table may point a tag to itself. */
const MAX_TAGS = 32;
/** BTF is written for the machine it describes; only 64-bit kernels are read. */
const POINTER_SIZE = 8;

/**
 * Makes the type of one BTF id. What it refers to (targets, members) is looked up when first
 * asked for, so that self-referring types and damaged ids elsewhere do no harm.
 * @throws FaultError `corrupt` for an id outside or one that is no type
 */
export function typeOfBtf(table: BtfTable, id: number, resolve: Resolve): Type {
  const { origin } = table;
  switch (table.kindOf(id)) {
    case BTF_KIND.void:
      return { kind: 'void', origin };
    case BTF_KIND.int:
      return intOf(table, id);
    case BTF_KIND.float:
      return { kind: 'float', origin, name: table.nameOf(id), size: table.sizeOrTypeOf(id) };
    case BTF_KIND.ptr:
      return withTarget({ kind: 'pointer', origin, size: POINTER_SIZE }, table, id, resolve);
    case BTF_KIND.typedef:
      return withTarget({ kind: 'typedef', origin, name: table.nameOf(id) }, table, id, resolve);
    case BTF_KIND.const:
      return withTarget({ kind: 'qualified', origin, qualifier: 'const' }, table, id, resolve);
    case BTF_KIND.volatile:
      return withTarget({ kind: 'qualified', origin, qualifier: 'volatile' }, table, id, resolve);
    case BTF_KIND.restrict:
      return withTarget({ kind: 'qualified', origin, qualifier: 'restrict' }, table, id, resolve);
    case BTF_KIND.array: {
      const element = once(() => resolve(table.detailOf(id, 0)));
      const length = table.detailOf(id, 2);
      return {
        kind: 'array',
        origin,
        length,
        get element() {
          return element();
        },
      };
    }
    case BTF_KIND.struct:
      return structOf(table, id, 'struct', resolve);
    case BTF_KIND.union:
      return structOf(table, id, 'union', resolve);
    case BTF_KIND.fwd:
      return {
        kind: table.kindFlagOf(id) ? 'union' : 'struct',
        origin,
        name: table.nameOf(id),
        size: 0,
        incomplete: true,
        members: [],
      };
    case BTF_KIND.enum:
    case BTF_KIND.enum64:
      return enumOf(table, id);
    case BTF_KIND.funcProto:
      return functionOf(table, id, resolve);
    case BTF_KIND.typeTag:
      return resolve(targetBehindTags(table, id));
    default:
      throw new FaultError({
        kind: 'corrupt',
        what: `${origin} type ${id}`,
        expected: 'a type',
        found: `kind ${table.kindOf(id)}`,
      });
  }
}

type Targeted = Extract<Type, { kind: 'pointer' | 'typedef' | 'qualified' }>;
type WithoutTarget<T> = T extends Targeted ? Omit<T, 'target'> : never;

function withTarget(
  type: WithoutTarget<Targeted>,
  table: BtfTable,
  id: number,
  resolve: Resolve,
): Type {
  const target = once(() => resolve(table.sizeOrTypeOf(id)));
  return Object.defineProperty(type, 'target', { get: target, enumerable: true }) as Targeted;
}

function intOf(table: BtfTable, id: number): IntType {
  const name = table.nameOf(id);
  const encoding = (table.detailOf(id, 0) >>> 24) & 0xf;
  return {
    kind: 'int',
    origin: table.origin,
    name,
    size: table.sizeOrTypeOf(id),
    signed: (encoding & 1) !== 0 || (SIGNED_CHARS.has(name) && !writesSignOfChars(table)),
    // pahole hardly ever sets BTF_INT_CHAR: the name tells.
    isChar: (encoding & 2) !== 0 || /^(?:(?:un)?signed )?char$/.test(name),
    isBool: (encoding & 4) !== 0,
  };
}

/** By the x86-64 ABI; kernels have -funsigned-char since 6.2, long after such a pahole. */
const SIGNED_CHARS = new Set(['char', 'signed char']);

/** pahole before 1.21 (Debian's 5.10) writes no sign for chars: not for `signed char` either. */
const writesSignOfChars = memoized((table: BtfTable): boolean => {
  for (const id of table.idsNamed('types', 'signed char')) {
    if (table.kindOf(id) === BTF_KIND.int) return ((table.detailOf(id, 0) >>> 24) & 1) !== 0;
  }
  return true;
});

function structOf(
  table: BtfTable,
  id: number,
  kind: 'struct' | 'union',
  resolve: Resolve,
): StructType {
  const members = once(() => membersOf(table, id, resolve));
  return {
    kind,
    origin: table.origin,
    name: table.nameOf(id),
    size: table.sizeOrTypeOf(id),
    incomplete: false,
    get members() {
      return members();
    },
  };
}

function membersOf(table: BtfTable, id: number, resolve: Resolve): readonly Member[] {
  const packed = table.kindFlagOf(id);
  const members: Member[] = [];
  for (let i = 0; i < table.vlenOf(id); i++) {
    const name = table.stringAt(table.detailOf(id, i * 3));
    const typeId = table.detailOf(id, i * 3 + 1);
    const where = table.detailOf(id, i * 3 + 2);
    const type = once(() => resolve(typeId));
    // With the flag the high byte is the bit field's size; without, the int's own encoding says it.
    const old = packed ? undefined : oldBitField(table, typeId);
    members.push({
      name,
      bitOffset: packed ? where & 0xffffff : where + (old?.offset ?? 0),
      bitSize: packed ? where >>> 24 : (old?.bits ?? 0),
      get type() {
        return type();
      },
    });
  }
  return members;
}

/** Bit field by an INT whose `bits` or `offset` is not its whole size (before kind_flag). */
function oldBitField(table: BtfTable, id: number): { offset: number; bits: number } | undefined {
  let current = id;
  for (let i = 0; i < MAX_TAGS; i++) {
    const kind = table.kindOf(current);
    if (kind === BTF_KIND.int) {
      const encoding = table.detailOf(current, 0);
      const bits = encoding & 0xff;
      const offset = (encoding >>> 16) & 0xff;
      const whole = offset === 0 && bits === table.sizeOrTypeOf(current) * 8;
      return whole ? undefined : { offset, bits };
    }
    const passes =
      kind === BTF_KIND.typedef || kind === BTF_KIND.const || kind === BTF_KIND.volatile;
    if (!passes) return undefined;
    current = table.sizeOrTypeOf(current);
  }
  return undefined;
}

function enumOf(table: BtfTable, id: number): EnumType {
  const wide = table.kindOf(id) === BTF_KIND.enum64;
  const signed = table.kindFlagOf(id);
  const enumerators = once(() => {
    const list: { name: string; value: bigint }[] = [];
    for (let i = 0; i < table.vlenOf(id); i++) {
      const at = i * (wide ? 3 : 2);
      const low = BigInt(table.detailOf(id, at + 1));
      const raw = wide ? low | (BigInt(table.detailOf(id, at + 2)) << 32n) : low;
      const asSigned = signed || (!wide && !table.enumsSayTheirSign);
      const value = asSigned ? BigInt.asIntN(wide ? 64 : 32, raw) : raw;
      list.push({ name: table.stringAt(table.detailOf(id, at)), value });
    }
    return list;
  });
  const known = table.enumsSayTheirSign;
  return {
    kind: 'enum',
    origin: table.origin,
    name: table.nameOf(id),
    size: table.sizeOrTypeOf(id),
    get signed() {
      return known ? signed : enumerators().some((enumerator) => enumerator.value < 0n);
    },
    get enumerators() {
      return enumerators();
    },
  };
}

function functionOf(table: BtfTable, id: number, resolve: Resolve): FunctionType {
  const result = once(() => resolve(table.sizeOrTypeOf(id)));
  const count = table.vlenOf(id);
  // A last parameter without type is `...`.
  const variadic = count > 0 && table.detailOf(id, (count - 1) * 2 + 1) === 0;
  const parameters = once(() => {
    const list: { name: string; type: Type }[] = [];
    for (let i = 0; i < (variadic ? count - 1 : count); i++) {
      const name = table.stringAt(table.detailOf(id, i * 2));
      list.push({ name, type: resolve(table.detailOf(id, i * 2 + 1)) });
    }
    return list;
  });
  return {
    kind: 'function',
    origin: table.origin,
    variadic,
    get result() {
      return result();
    },
    get parameters() {
      return parameters();
    },
  };
}

function targetBehindTags(table: BtfTable, id: number): number {
  let current = id;
  for (let i = 0; i < MAX_TAGS; i++) {
    if (table.kindOf(current) !== BTF_KIND.typeTag) return current;
    current = table.sizeOrTypeOf(current);
  }
  throw new FaultError({
    kind: 'corrupt',
    what: `${table.origin} type ${id}`,
    expected: `at most ${MAX_TAGS} type tags in a row`,
    found: 'a longer chain',
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
