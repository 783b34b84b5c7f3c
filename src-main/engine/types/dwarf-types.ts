import { FaultError } from '../base/fault.ts';
import { DW_AT, DW_ATE, DW_TAG } from '../debuginfo/dwarf/constants.ts';
import type { DieCursor } from '../debuginfo/dwarf/die-cursor.ts';
import { findInOrigins, openDie } from '../debuginfo/dwarf/die-names.ts';
import type { DieRef, DwarfUnit } from '../debuginfo/dwarf/unit.ts';
import {
  dimensionsOf,
  enumeratorsOf,
  isSignedEncoding,
  isSignedEnum,
  membersOf,
  parametersOf,
} from './dwarf-members.ts';
import type {
  FunctionType,
  PointerType,
  QualifiedType,
  StructType,
  Type,
  TypedefType,
} from './type.ts';

/** Attributes (DW_TAG_atomic_type…) around a type; a damaged one may wrap itself. */
const MAX_WRAPPERS = 32;

/** A struct or union of another file; asked for what this one only declares. */
export type FindElsewhere = (tag: 'struct' | 'union', name: string) => Type | undefined;

/**
 * Types of a file's DIEs, made on demand and cached by DIE: one DIE is always the same object. What
 * a type refers to is looked up when first asked for, so that cycles do no harm.
 */
export class DwarfTypes {
  readonly origin: string;
  /** Complete definition of a struct or union that a unit only declares. */
  readonly #complete: (tag: 'struct' | 'union', name: string) => DieRef | undefined;
  readonly #elsewhere: FindElsewhere | undefined;
  /** Being asked for elsewhere: the answer may be a declaration of this file again. */
  readonly #asked = new Set<string>();
  readonly #types = new Map<DwarfUnit, Map<number, Type>>();
  readonly #void: Type;

  constructor(
    origin: string,
    complete: (tag: 'struct' | 'union', name: string) => DieRef | undefined,
    elsewhere?: FindElsewhere,
  ) {
    this.origin = origin;
    this.#complete = complete;
    this.#elsewhere = elsewhere;
    this.#void = { kind: 'void', origin };
  }

  /** @throws FaultError `corrupt` when the DIE is no type */
  typeOf(ref: DieRef | undefined): Type {
    if (ref === undefined) return this.#void;
    let types = this.#types.get(ref.unit);
    if (types === undefined) {
      types = new Map();
      this.#types.set(ref.unit, types);
    }
    let type = types.get(ref.offset);
    if (type === undefined) {
      type = this.#make(ref, 0);
      types.set(ref.offset, type);
    }
    return type;
  }

  /** Prototype of a subprogram's DIE, abstract or concrete. */
  functionOf(ref: DieRef): FunctionType {
    return this.#function(openDie(ref));
  }

  #make(ref: DieRef, depth: number): Type {
    const { origin } = this;
    const die = openDie(ref);
    switch (die.tag) {
      case DW_TAG.baseType:
        return baseOf(die, origin);
      case DW_TAG.pointerType:
      case DW_TAG.referenceType:
      case DW_TAG.rvalueReferenceType:
        return this.#targeted<PointerType>(die, {
          kind: 'pointer',
          origin,
          size: die.unsigned(DW_AT.byteSize) ?? ref.unit.header.addressSize,
        });
      case DW_TAG.typedef:
        return this.#targeted<TypedefType>(die, {
          kind: 'typedef',
          origin,
          name: die.string(DW_AT.name) ?? '',
        });
      case DW_TAG.constType:
        return this.#targeted<QualifiedType>(die, {
          kind: 'qualified',
          origin,
          qualifier: 'const',
        });
      case DW_TAG.volatileType:
        return this.#targeted<QualifiedType>(die, {
          kind: 'qualified',
          origin,
          qualifier: 'volatile',
        });
      case DW_TAG.restrictType:
        return this.#targeted<QualifiedType>(die, {
          kind: 'qualified',
          origin,
          qualifier: 'restrict',
        });
      case DW_TAG.structureType:
      case DW_TAG.classType:
        return this.#struct(die, 'struct');
      case DW_TAG.unionType:
        return this.#struct(die, 'union');
      case DW_TAG.enumerationType:
        return enumOf(die, origin);
      case DW_TAG.arrayType:
        return this.#array(die);
      case DW_TAG.subroutineType:
      case DW_TAG.subprogram:
        return this.#function(die);
      case DW_TAG.unspecifiedType:
        return this.#void;
      case DW_TAG.atomicType:
      case DW_TAG.immutableType: {
        const target = die.reference(DW_AT.type);
        if (target === undefined) return this.#void;
        if (depth < MAX_WRAPPERS) return this.#make(target, depth + 1);
      }
    }
    throw new FaultError({
      kind: 'corrupt',
      what: `DIE at 0x${ref.offset.toString(16)} of ${ref.unit.section.name}`,
      expected: 'a type',
      found: `tag 0x${die.tag.toString(16)}`,
    });
  }

  #targeted<T extends Extract<Type, { readonly target: Type }>>(
    die: DieCursor,
    type: Omit<T, 'target'>,
  ): T {
    const ref = die.reference(DW_AT.type);
    const target = (): Type => this.typeOf(ref);
    return Object.defineProperty(type, 'target', { get: target, enumerable: true }) as T;
  }

  #struct(die: DieCursor, kind: 'struct' | 'union'): StructType {
    const { origin } = this;
    const { ref } = die;
    const name = die.string(DW_AT.name) ?? '';
    if (die.flag(DW_AT.declaration)) return this.#declared(kind, name);
    const members = once(() => membersOf(ref, (type) => this.typeOf(type)));
    return {
      kind,
      origin,
      name,
      size: die.unsigned(DW_AT.byteSize) ?? 0,
      incomplete: false,
      get members() {
        return members();
      },
    };
  }

  /**
   * A forward declaration stands for the definition of another unit, or of another file (a module
   * declares what the kernel defines), looked up when it matters.
   */
  #declared(kind: 'struct' | 'union', name: string): StructType {
    const { origin } = this;
    const definition = once((): StructType | undefined => {
      const ref = this.#complete(kind, name);
      const type = ref ? this.typeOf(ref) : this.#findElsewhere(kind, name);
      return type?.kind === kind ? type : undefined;
    });
    return {
      kind,
      origin,
      name,
      get size() {
        return definition()?.size ?? 0;
      },
      get incomplete() {
        return definition() === undefined;
      },
      get members() {
        return definition()?.members ?? [];
      },
    };
  }

  #findElsewhere(kind: 'struct' | 'union', name: string): Type | undefined {
    const key = `${kind} ${name}`;
    if (name === '' || this.#elsewhere === undefined || this.#asked.has(key)) return undefined;
    this.#asked.add(key);
    try {
      const type = this.#elsewhere(kind, name);
      return type?.kind === kind && !type.incomplete ? type : undefined;
    } finally {
      this.#asked.delete(key);
    }
  }

  /** `a[2][3]` is one DIE with two dimensions; the model nests arrays. */
  #array(die: DieCursor): Type {
    const { origin } = this;
    const ref = die.reference(DW_AT.type);
    const [length, ...inner] = dimensionsOf(die.ref);
    const element = once(() => {
      let type = this.typeOf(ref);
      for (const count of inner.reverse()) {
        type = { kind: 'array', origin, element: type, length: count };
      }
      return type;
    });
    return {
      kind: 'array',
      origin,
      length: length!,
      get element() {
        return element();
      },
    };
  }

  #function(die: DieCursor): FunctionType {
    const { ref } = die;
    const result = findInOrigins(die, (at) => at.reference(DW_AT.type));
    // A concrete instance keeps only the parameters that have a place.
    let last = ref;
    findInOrigins(openDie(ref), (at) => {
      last = at.ref;
      return undefined;
    });
    const described = once(() => parametersOf(last, (type) => this.typeOf(type)));
    const resultType = once(() => this.typeOf(result));
    return {
      kind: 'function',
      origin: this.origin,
      get result() {
        return resultType();
      },
      get parameters() {
        return described().parameters;
      },
      get variadic() {
        return described().variadic;
      },
    };
  }
}

function baseOf(die: DieCursor, origin: string): Type {
  const name = die.string(DW_AT.name) ?? '';
  const size = die.unsigned(DW_AT.byteSize) ?? 0;
  const encoding = die.unsigned(DW_AT.encoding) ?? DW_ATE.unsigned;
  if (encoding === DW_ATE.float) return { kind: 'float', origin, name, size };
  return {
    kind: 'int',
    origin,
    name,
    size,
    signed: isSignedEncoding(encoding),
    isBool: encoding === DW_ATE.boolean,
    isChar: encoding === DW_ATE.signedChar || encoding === DW_ATE.unsignedChar,
  };
}

function enumOf(die: DieCursor, origin: string): Type {
  const { ref } = die;
  const size = die.unsigned(DW_AT.byteSize) ?? 4;
  const told = isSignedEnum(ref);
  const enumerators = once(() => enumeratorsOf(ref, size));
  return {
    kind: 'enum',
    origin,
    name: die.string(DW_AT.name) ?? '',
    size,
    get signed() {
      return told ?? enumerators().some(({ value }) => value < 0n);
    },
    get enumerators() {
      return enumerators();
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
