import { FaultError } from '../base/fault.ts';
import { parseBtf } from '../debuginfo/btf.ts';
import { BtfTypeFinder } from '../types/btf-type-finder.ts';
import type { FunctionType, Type, TypeFinder, TypeTag } from '../types/type.ts';
import type { ModuleBtfs } from './module-btf.ts';
import type { LoadedModule } from './modules.ts';

/**
 * Types of the modules' own BTF, asked module by module in load-list order. A module's BTF is
 * parsed when a look-up first gets past the kernel's.
 */
export class ModuleTypeFinder implements TypeFinder {
  readonly name = 'BTF of modules';
  readonly #base: BtfTypeFinder;
  readonly #modules: () => readonly LoadedModule[];
  readonly #btfs: () => ModuleBtfs;
  #finders: readonly BtfTypeFinder[] | undefined;
  #opening = false;
  /** Modules whose BTF could not be read, with the reason. */
  readonly problems: string[] = [];

  constructor(base: BtfTypeFinder, modules: () => readonly LoadedModule[], btfs: () => ModuleBtfs) {
    this.#base = base;
    this.#modules = modules;
    this.#btfs = btfs;
  }

  /** Whether a module's own BTF answers. */
  hasModule(name: string): boolean {
    return this.#all().some((finder) => finder.name === `BTF:${name}`);
  }

  findType(tag: TypeTag, name: string): Type | undefined {
    for (const finder of this.#all()) {
      const type = finder.findType(tag, name);
      if (type !== undefined) return type;
    }
    return undefined;
  }

  findVariableType(name: string): Type | undefined {
    for (const finder of this.#all()) {
      const type = finder.findVariableType(name);
      if (type !== undefined) return type;
    }
    return undefined;
  }

  findFunctionType(name: string): FunctionType | undefined {
    for (const finder of this.#all()) {
      const type = finder.findFunctionType(name);
      if (type !== undefined) return type;
    }
    return undefined;
  }

  *iterateNames(): Generator<{ readonly tag: TypeTag; readonly name: string }> {
    for (const finder of this.#all()) yield* finder.iterateNames();
  }

  #all(): readonly BtfTypeFinder[] {
    // Reading the module list asks for kernel types; a miss there must not come back here.
    if (this.#finders !== undefined) return this.#finders;
    if (this.#opening) return [];
    this.#opening = true;
    try {
      const { blobs, warnings } = this.#btfs();
      this.problems.push(...warnings);
      this.#finders = this.#modules().flatMap((module) =>
        this.#open(module, blobs.get(module.object.address)),
      );
    } finally {
      this.#opening = false;
    }
    return this.#finders;
  }

  #open(module: LoadedModule, bytes: Uint8Array | undefined): BtfTypeFinder[] {
    if (bytes === undefined) return [];
    try {
      const table = parseBtf(bytes, `BTF:${module.name}`, this.#base.table);
      return [new BtfTypeFinder(table, this.#base)];
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.problems.push(`BTF of ${module.name} cannot be read: ${error.message}.`);
      return [];
    }
  }
}
