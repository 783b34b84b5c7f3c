import { FaultError } from '../base/fault.ts';
import { DW_AT, DW_TAG } from '../debuginfo/dwarf/constants.ts';
import { findTypeRef, openDie } from '../debuginfo/dwarf/die-names.ts';
import type { DwarfFile } from '../debuginfo/dwarf/dwarf-file.ts';
import {
  buildNameIndex,
  iterateNamed,
  NAME_KIND,
  nameAt,
  type NameIndex,
} from '../debuginfo/dwarf/name-index.ts';
import type { DieRef } from '../debuginfo/dwarf/unit.ts';
import { DwarfTypes, type FindElsewhere } from './dwarf-types.ts';
import type { FunctionType, Type, TypeFinder, TypeTag } from './type.ts';

const KIND_OF_TAG: Readonly<Record<TypeTag, number>> = {
  struct: NAME_KIND.struct,
  union: NAME_KIND.union,
  enum: NAME_KIND.enum,
  typedef: NAME_KIND.typedef,
  base: NAME_KIND.base,
};
const TAG_OF_KIND: Readonly<Record<number, TypeTag>> = {
  [NAME_KIND.struct]: 'struct',
  [NAME_KIND.structDeclaration]: 'struct',
  [NAME_KIND.union]: 'union',
  [NAME_KIND.unionDeclaration]: 'union',
  [NAME_KIND.enum]: 'enum',
  [NAME_KIND.typedef]: 'typedef',
  [NAME_KIND.base]: 'base',
};
const KIND_OF_DIE: Readonly<Record<number, number>> = {
  [DW_TAG.structureType]: NAME_KIND.struct,
  [DW_TAG.classType]: NAME_KIND.struct,
  [DW_TAG.unionType]: NAME_KIND.union,
  [DW_TAG.enumerationType]: NAME_KIND.enum,
};

/** Looking up by name must wait for the index: whoever asked asks again when it is there. */
export class NamesNeeded extends Error {
  constructor(name: string) {
    super(`the index of names of ${name} is not there yet`);
    this.name = 'NamesNeeded';
  }
}

/**
 * Types of one file's DWARF. Looking something up by name needs the index of names: it is taken from
 * {@link useIndex} (a cache, workers), or built when first needed, which reads the whole file once.
 */
export class DwarfTypeFinder implements TypeFinder {
  readonly name: string;
  readonly file: DwarfFile;
  readonly types: DwarfTypes;
  #index: NameIndex | undefined;
  #deferred = false;
  #typeUnits: ReadonlyMap<string, DieRef> | undefined;
  #sup: DwarfTypeFinder | undefined;

  /**
   * @param name who answers, e.g. `DWARF`, `DWARF:ext4`
   * @param elsewhere definitions of structs that this file only declares
   */
  constructor(file: DwarfFile, name = 'DWARF', elsewhere?: FindElsewhere) {
    this.name = name;
    this.file = file;
    this.types = new DwarfTypes(
      name,
      (tag, wanted) => this.#find(KIND_OF_TAG[tag], wanted),
      elsewhere,
    );
  }

  /** The index of names, built now if there is none: to be kept in a cache. */
  get index(): NameIndex {
    return this.#requireIndex();
  }

  /** From now on look-ups that need the index throw {@link NamesNeeded}, until {@link endWait}. */
  deferIndex(): void {
    this.#deferred = true;
  }

  /** The index was given, or nobody will give it. */
  endWait(): void {
    this.#deferred = false;
  }

  /** False, and nothing happens, when the index belongs to another file. */
  useIndex(index: NameIndex): boolean {
    if (index.infoSize !== this.file.sections.info.size) return false;
    this.#index = index;
    this.file.useUnitOffsets(index.unitOffsets);
    return true;
  }

  get hasIndex(): boolean {
    return this.#index !== undefined;
  }

  findType(tag: TypeTag, name: string): Type | undefined {
    if (name === '') return undefined;
    let ref = this.#find(KIND_OF_TAG[tag], name);
    if (tag === 'struct') ref ??= this.#find(NAME_KIND.structDeclaration, name);
    if (tag === 'union') ref ??= this.#find(NAME_KIND.unionDeclaration, name);
    return ref && this.types.typeOf(ref);
  }

  /** All different definitions of a name: units may define a struct each its own way. */
  findTypes(tag: TypeTag, name: string): Type[] {
    return this.#findAll(KIND_OF_TAG[tag], name).map((ref) => this.types.typeOf(ref));
  }

  findVariableType(name: string): Type | undefined {
    const ref = this.findVariable(name);
    return ref && this.types.typeOf(findTypeRef(openDie(ref)));
  }

  /** DIE of a variable outside functions; one of them, when several units have a static one. */
  findVariable(name: string): DieRef | undefined {
    return this.#find(NAME_KIND.variable, name);
  }

  /** DIEs of all variables outside functions that have this name: each file may have its own. */
  iterateVariables(name: string): Generator<DieRef> {
    return iterateNamed(this.#requireIndex(), this.file, NAME_KIND.variable, name);
  }

  findFunctionType(name: string): FunctionType | undefined {
    const ref = this.findFunction(name);
    return ref && this.types.functionOf(ref);
  }

  /** DIE of a function. */
  findFunction(name: string): DieRef | undefined {
    return this.#find(NAME_KIND.function, name);
  }

  /** DIEs of all functions of that name: each file may have its own. */
  iterateFunctions(name: string): Generator<DieRef> {
    return iterateNamed(this.#requireIndex(), this.file, NAME_KIND.function, name);
  }

  *iterateNames(): Generator<{ readonly tag: TypeTag; readonly name: string }> {
    const index = this.#requireIndex();
    for (const [i, kind] of index.kinds.entries()) {
      const tag = TAG_OF_KIND[kind];
      const name = tag === undefined ? undefined : nameAt(index, this.file, i);
      if (tag !== undefined && name !== undefined) yield { tag, name };
    }
  }

  #requireIndex(): NameIndex {
    if (this.#index === undefined && this.#deferred) throw new NamesNeeded(this.name);
    this.#index ??= buildNameIndex(this.file);
    return this.#index;
  }

  #find(kind: number, name: string): DieRef | undefined {
    for (const ref of iterateNamed(this.#requireIndex(), this.file, kind, name)) return ref;
    const found = this.#findInTypeUnits(kind, name);
    if (found !== undefined) return found;
    const shared = this.#shared();
    return shared === undefined ? undefined : shared.#find(kind, name);
  }

  /** DWARF 4 keeps type units in a section of their own, which the index is not of. */
  #findInTypeUnits(kind: number, name: string): DieRef | undefined {
    if (this.file.sections.types === undefined) return undefined;
    this.#typeUnits ??= namesInTypeUnits(this.file);
    return this.#typeUnits.get(`${kind} ${name}`);
  }

  /** dwz moves what several files share into one more: its names are of this file too. */
  #shared(): DwarfTypeFinder | undefined {
    if (this.file.sections.sup === undefined) return undefined;
    this.#sup ??= new DwarfTypeFinder(this.file.supplement(), this.name);
    return this.#sup;
  }

  #findAll(kind: number, name: string): DieRef[] {
    return [...iterateNamed(this.#requireIndex(), this.file, kind, name)];
  }
}

/** The type DIE of every type unit, by kind and name. */
function namesInTypeUnits(file: DwarfFile): Map<string, DieRef> {
  const names = new Map<string, DieRef>();
  for (const unit of file.typeUnits()) {
    try {
      const ref = { unit, offset: unit.header.typeDie! };
      const die = openDie(ref);
      const kind = KIND_OF_DIE[die.tag];
      const name = die.string(DW_AT.name);
      if (kind === undefined || name === undefined) continue;
      const key = `${kind} ${name}`;
      if (!names.has(key)) names.set(key, ref);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
    }
  }
  return names;
}
