import type { VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { KernelSymbol, SymbolTable } from '../debuginfo/symbol-table.ts';

/** A symbol of the kernel or of a module. */
export interface FoundSymbol {
  readonly name: string;
  readonly address: VirtAddr;
  /** `nm`'s letter; lower case is local. */
  readonly letter: string;
  /** Distance to the next symbol in bytes; 0 when not known. */
  readonly size: number;
  readonly module?: string;
  /** `address` is an offset into the per-CPU area (absolute symbols of kernels before 6.15). */
  readonly perCpu: boolean;
}

export interface SymbolAt {
  readonly symbol: FoundSymbol;
  readonly offset: number;
}

/** One module's symbols, decoded when first asked for. */
export interface ModuleSymbols {
  readonly name: string;
  /** True when the address lies in the module's memory. */
  contains(address: VirtAddr): boolean;
  /** Undefined when they could not be read (see the module's faults). */
  table(): SymbolTable | undefined;
}

/** Symbols of the kernel, then of its modules in load-list order: a named, ordered chain. */
export class ProgramSymbols {
  readonly #kernel: SymbolTable | undefined;
  readonly #modules: () => readonly ModuleSymbols[];
  readonly #told: (name: string) => VirtAddr | undefined;

  /** @param told the last resort: addresses VMCOREINFO tells, where there is no kallsyms */
  constructor(
    kernel: SymbolTable | undefined,
    modules: () => readonly ModuleSymbols[],
    told: (name: string) => VirtAddr | undefined = () => undefined,
  ) {
    this.#kernel = kernel;
    this.#modules = modules;
    this.#told = told;
  }

  get kernelTable(): SymbolTable | undefined {
    return this.#kernel;
  }

  find(name: string): FoundSymbol | undefined {
    const found = this.findInKernel(name);
    if (found !== undefined) return found;
    for (const module of this.#modules()) {
      const table = module.table();
      const symbol = table?.findSymbol(name);
      if (table && symbol) return foundOf(symbol, table, module.name);
    }
    return undefined;
  }

  /** Only the kernel's own: never touches the module list. */
  findInKernel(name: string): FoundSymbol | undefined {
    const symbol = this.#kernel?.findSymbol(name);
    if (this.#kernel && symbol) return foundOf(symbol, this.#kernel, undefined);
    if (this.#kernel) return undefined;
    const address = this.#told(name);
    return address && { name, address, letter: '?', size: 0, perCpu: false };
  }

  findAll(name: string): FoundSymbol[] {
    const all: FoundSymbol[] = [];
    for (const { table, module } of this.#tables()) {
      for (const symbol of table.findSymbols(name)) all.push(foundOf(symbol, table, module));
    }
    return all;
  }

  has(name: string): boolean {
    return this.findInKernel(name) !== undefined;
  }

  /** @throws FaultError `unknown-symbol` */
  require(name: string): FoundSymbol {
    const found = this.find(name);
    if (found !== undefined) return found;
    const asked = this.#kernel === undefined ? ['VMCOREINFO'] : ['kallsyms', 'kallsyms of modules'];
    throw new FaultError({ kind: 'unknown-symbol', name, asked });
  }

  /** @throws FaultError `unknown-symbol` */
  address(name: string): VirtAddr {
    return this.require(name).address;
  }

  /** The symbol that covers an address of the kernel image or of a loaded module. */
  at(address: VirtAddr): SymbolAt | undefined {
    // Modules first: they lie outside the image, whose last symbol has no end.
    for (const module of this.#modules()) {
      if (!module.contains(address)) continue;
      const table = module.table();
      const hit = table?.symbolAt(address);
      if (table && hit) {
        return { symbol: foundOf(hit.symbol, table, module.name), offset: hit.offset };
      }
      return undefined;
    }
    const table = this.#kernel;
    const hit = table?.symbolAt(address);
    if (!table || !hit) return undefined;
    return { symbol: foundOf(hit.symbol, table, undefined), offset: hit.offset };
  }

  /** All symbols: the kernel's ascending by address, then each module's. */
  *iterate(filter: { prefix?: string; substring?: string } = {}): Generator<FoundSymbol> {
    for (const { table, module } of this.#tables()) {
      for (const symbol of table.iterate(filter)) yield foundOf(symbol, table, module);
    }
  }

  *#tables(): Generator<{ table: SymbolTable; module: string | undefined }> {
    if (this.#kernel) yield { table: this.#kernel, module: undefined };
    for (const module of this.#modules()) {
      const table = module.table();
      if (table) yield { table, module: module.name };
    }
  }
}

function foundOf(
  symbol: KernelSymbol,
  table: SymbolTable,
  module: string | undefined,
): FoundSymbol {
  const { name, address, type: letter, perCpu, index } = symbol;
  const found = { name, address, letter, size: table.sizeOf(index), perCpu };
  return module === undefined ? found : { ...found, module };
}
