import type { FunctionType, IntType, Type, TypeFinder, TypeTag } from './type.ts';

const ORIGIN = 'built-in';

function int(name: string, size: number, signed: boolean): IntType {
  const isChar = /^(?:(?:un)?signed )?char$/.test(name);
  return { kind: 'int', origin: ORIGIN, name, size, signed, isBool: name === '_Bool', isChar };
}

/** C's own types of a 64-bit Linux ABI (LP64), spelled as GCC writes them in debug information. */
const BASES: readonly Type[] = [
  int('_Bool', 1, false),
  int('char', 1, true),
  int('signed char', 1, true),
  int('unsigned char', 1, false),
  int('short int', 2, true),
  int('short unsigned int', 2, false),
  int('int', 4, true),
  int('unsigned int', 4, false),
  int('long int', 8, true),
  int('long unsigned int', 8, false),
  int('long long int', 8, true),
  int('long long unsigned int', 8, false),
  int('__int128', 16, true),
  int('__int128 unsigned', 16, false),
  { kind: 'float', origin: ORIGIN, name: 'float', size: 4 },
  { kind: 'float', origin: ORIGIN, name: 'double', size: 8 },
];

/** The kernel's names of exact sizes. @source include/asm-generic/int-ll64.h, include/linux/types.h */
const TYPEDEFS: Readonly<Record<string, string>> = {
  bool: '_Bool',
  u8: 'unsigned char',
  u16: 'short unsigned int',
  u32: 'unsigned int',
  u64: 'long long unsigned int',
  s8: 'signed char',
  s16: 'short int',
  s32: 'int',
  s64: 'long long int',
  size_t: 'long unsigned int',
  ssize_t: 'long int',
  uintptr_t: 'long unsigned int',
  uint8_t: 'unsigned char',
  uint16_t: 'short unsigned int',
  uint32_t: 'unsigned int',
  uint64_t: 'long long unsigned int',
  int8_t: 'signed char',
  int16_t: 'short int',
  int32_t: 'int',
  int64_t: 'long long int',
};

/** Last in the chain: enough to read memory as numbers where no debug information is. */
export class BuiltInTypeFinder implements TypeFinder {
  readonly name = ORIGIN;
  readonly #types = new Map<string, Type>();

  constructor() {
    for (const base of BASES) if ('name' in base) this.#types.set(`base ${base.name}`, base);
    for (const [name, target] of Object.entries(TYPEDEFS)) {
      const type = this.#types.get(`base ${target}`);
      if (type === undefined) continue;
      this.#types.set(`typedef ${name}`, { kind: 'typedef', origin: ORIGIN, name, target: type });
    }
  }

  findType(tag: TypeTag, name: string): Type | undefined {
    return this.#types.get(`${tag} ${name}`);
  }
  findVariableType(): Type | undefined {
    return undefined;
  }
  findFunctionType(): FunctionType | undefined {
    return undefined;
  }
  *iterateNames(): Generator<{ readonly tag: TypeTag; readonly name: string }> {
    for (const type of this.#types.values()) {
      if (type.kind === 'typedef') yield { tag: 'typedef', name: type.name };
      else if (type.kind === 'int' || type.kind === 'float') yield { tag: 'base', name: type.name };
    }
  }
}
