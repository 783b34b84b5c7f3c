/**
 * The type model: C types as the kernel was compiled with, whoever told (BTF, DWARF).
 * Objects are made on demand and cached by their table, so identity comparison works within one
 * table. `size` is in bytes, offsets in bits (bit fields exist).
 */
export type Type =
  | VoidType
  | IntType
  | FloatType
  | EnumType
  | PointerType
  | ArrayType
  | StructType
  | TypedefType
  | QualifiedType
  | FunctionType;

interface Common {
  /** `BTF`, `BTF:modname`, `DWARF`, `built-in`: who told. */
  readonly origin: string;
}
export interface VoidType extends Common {
  readonly kind: 'void';
}
export interface IntType extends Common {
  readonly kind: 'int';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly isBool: boolean;
  readonly isChar: boolean;
}
export interface FloatType extends Common {
  readonly kind: 'float';
  readonly name: string;
  readonly size: number;
}
export interface EnumType extends Common {
  readonly kind: 'enum';
  /** Empty when anonymous. */
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly enumerators: readonly { readonly name: string; readonly value: bigint }[];
}
export interface PointerType extends Common {
  readonly kind: 'pointer';
  readonly size: number;
  readonly target: Type;
}
export interface ArrayType extends Common {
  readonly kind: 'array';
  readonly element: Type;
  readonly length: number;
}
export interface Member {
  /** Empty for an anonymous struct/union member. */
  readonly name: string;
  readonly type: Type;
  /** From the start of the enclosing struct. */
  readonly bitOffset: number;
  /** 0 when not a bit field. */
  readonly bitSize: number;
}
export interface StructType extends Common {
  readonly kind: 'struct' | 'union';
  /** Empty when anonymous. */
  readonly name: string;
  readonly size: number;
  /** A forward declaration only: no members are known and size is 0. */
  readonly incomplete: boolean;
  readonly members: readonly Member[];
}
export interface TypedefType extends Common {
  readonly kind: 'typedef';
  readonly name: string;
  readonly target: Type;
}
export interface QualifiedType extends Common {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict';
  readonly target: Type;
}
export interface FunctionType extends Common {
  readonly kind: 'function';
  readonly result: Type;
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
  readonly variadic: boolean;
}

/** A constant of an enum. */
export interface Enumerator {
  readonly type: EnumType;
  readonly value: bigint;
}

/** Kinds of names a finder can be asked for, as C's name spaces. */
export type TypeTag = 'struct' | 'union' | 'enum' | 'typedef' | 'base';

/** One source of types. Finders are asked in order; the first answer wins. */
export interface TypeFinder {
  readonly name: string;
  /** Complete definitions are preferred over forward declarations. */
  findType(tag: TypeTag, name: string): Type | undefined;
  /** Type of a global or per-CPU variable, where the finder knows it. */
  findVariableType(name: string): Type | undefined;
  /** Prototype of a function, where the finder knows it. */
  findFunctionType(name: string): FunctionType | undefined;
  /** A constant of any enum, anonymous ones too, where the finder keeps such an index. */
  findEnumerator?(name: string): Enumerator | undefined;
  /** Variables with their types, where the finder lists them. */
  iterateTypedVariables?(): Iterable<{ readonly name: string; readonly type: Type }>;
  /** Names of all structs/unions/enums/typedefs (completion). */
  iterateNames(): Iterable<{ readonly tag: TypeTag; readonly name: string }>;
}
