import { tryRead } from '../base/fault.ts';
import { BTF_KIND, type BtfTable } from '../debuginfo/btf.ts';
import { typeOfBtf } from './btf-types.ts';
import type { Enumerator, FunctionType, Type, TypeFinder, TypeTag } from './type.ts';

const KINDS_OF_TAG: Readonly<Record<TypeTag, readonly number[]>> = {
  struct: [BTF_KIND.struct, BTF_KIND.fwd],
  union: [BTF_KIND.union, BTF_KIND.fwd],
  enum: [BTF_KIND.enum, BTF_KIND.enum64],
  typedef: [BTF_KIND.typedef],
  base: [BTF_KIND.int, BTF_KIND.float],
};

/**
 * Types of one BTF table, made on demand and cached by id: one id is always the same object, and
 * a module's finder gives the kernel's own objects for types of the kernel's BTF.
 */
export class BtfTypeFinder implements TypeFinder {
  readonly name: string;
  readonly table: BtfTable;
  readonly #base: BtfTypeFinder | undefined;
  readonly #types = new Map<number, Type>();
  #enumerators: ReadonlyMap<string, Enumerator> | undefined;

  /** @param base finder of the kernel's BTF, for a module's split BTF */
  constructor(table: BtfTable, base?: BtfTypeFinder) {
    this.table = table;
    this.name = table.origin;
    this.#base = base;
  }

  /**
   * Type of an id; 0 is void.
   * @throws FaultError `corrupt` when the id is outside or not a type (a variable, a section)
   */
  typeById(id: number): Type {
    if (this.#base !== undefined && id < this.table.firstId) return this.#base.typeById(id);
    let type = this.#types.get(id);
    if (type === undefined) {
      type = typeOfBtf(this.table, id, (other) => this.typeById(other));
      this.#types.set(id, type);
    }
    return type;
  }

  findType(tag: TypeTag, name: string): Type | undefined {
    if (name === '') return undefined;
    const wanted = KINDS_OF_TAG[tag];
    let incomplete: Type | undefined;
    for (const id of this.table.idsNamed('types', name)) {
      const kind = this.table.kindOf(id);
      if (!wanted.includes(kind)) continue;
      if (kind !== BTF_KIND.fwd) return this.typeById(id);
      if (this.table.kindFlagOf(id) === (tag === 'union')) incomplete ??= this.typeById(id);
    }
    return incomplete;
  }

  /** Only variables that BTF lists: the per-CPU ones of the kernel (pahole before 1.28). */
  findVariableType(name: string): Type | undefined {
    const id = this.#findObject(name, BTF_KIND.var);
    return id === undefined ? undefined : this.typeById(this.table.sizeOrTypeOf(id));
  }

  *iterateTypedVariables(): Generator<{ readonly name: string; readonly type: Type }> {
    for (const id of this.table.iterateTypeIds()) {
      if (this.table.kindOf(id) !== BTF_KIND.var) continue;
      const type = tryRead(() => this.typeById(this.table.sizeOrTypeOf(id)));
      if (type !== undefined) yield { name: this.table.nameOf(id), type };
    }
  }

  findFunctionType(name: string): FunctionType | undefined {
    const id = this.#findObject(name, BTF_KIND.func);
    if (id === undefined) return undefined;
    const type = this.typeById(this.table.sizeOrTypeOf(id));
    return type.kind === 'function' ? type : undefined;
  }

  /** The first enum of the table that has the constant. Reads all enums when first asked. */
  findEnumerator(name: string): Enumerator | undefined {
    this.#enumerators ??= this.#readEnumerators();
    return this.#enumerators.get(name);
  }

  #readEnumerators(): ReadonlyMap<string, Enumerator> {
    const found = new Map<string, Enumerator>();
    for (const id of this.table.iterateTypeIds()) {
      const kind = this.table.kindOf(id);
      if (kind !== BTF_KIND.enum && kind !== BTF_KIND.enum64) continue;
      const type = this.typeById(id);
      if (type.kind !== 'enum') continue;
      for (const { name, value } of type.enumerators) {
        if (!found.has(name)) found.set(name, { type, value });
      }
    }
    return found;
  }

  /** Of this table only; a module's finder does not repeat the kernel's names. */
  *iterateNames(): Generator<{ readonly tag: TypeTag; readonly name: string }> {
    for (const id of this.table.iterateTypeIds()) {
      const tag = this.#tagOf(id);
      if (tag !== undefined) yield { tag, name: this.table.nameOf(id) };
    }
  }

  #findObject(name: string, kind: number): number | undefined {
    for (const id of this.table.idsNamed('objects', name)) {
      if (this.table.kindOf(id) === kind) return id;
    }
    return undefined;
  }

  #tagOf(id: number): TypeTag | undefined {
    switch (this.table.kindOf(id)) {
      case BTF_KIND.struct:
        return 'struct';
      case BTF_KIND.union:
        return 'union';
      case BTF_KIND.fwd:
        return this.table.kindFlagOf(id) ? 'union' : 'struct';
      case BTF_KIND.enum:
      case BTF_KIND.enum64:
        return 'enum';
      case BTF_KIND.typedef:
        return 'typedef';
      case BTF_KIND.int:
      case BTF_KIND.float:
        return 'base';
      default:
        return undefined;
    }
  }
}
