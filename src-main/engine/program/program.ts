import { addVirt, virtAddr, type PhysAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { OrcTable } from '../debuginfo/orc.ts';
import type { Vmcoreinfo } from '../debuginfo/vmcoreinfo.ts';
import type { DumpImage } from '../dump/dump-image.ts';
import type { PhysicalMemory } from '../memory/physical-memory.ts';
import type { KernelTranslator } from '../translate/kernel-translator.ts';
import type { TypeFinderChain } from '../types/finder-chain.ts';
import type { FunctionType, Type, TypeFinder } from '../types/type.ts';
import { TranslatedSpace, type AddressSpace } from './address-space.ts';
import { readCpuSets, type CpuSets } from './cpus.ts';
import { readModules, type LoadedModule, type ModuleList } from './modules.ts';
import type { ProgramDebugInfo } from './debug-info.ts';
import { functionTypeOf, variableTypeOf } from './debug-symbols.ts';
import type { ModuleTypeFinder } from './module-type-finder.ts';
import { ExactTypes } from './exact-types.ts';
import { KernelObject, type ObjectContext } from './object.ts';
import { OrcTables } from './orc-tables.ts';
import type { FoundSymbol, ProgramSymbols } from './symbols.ts';
import { TypeNames } from './type-names.ts';
import { viewCapabilities } from './view-capabilities.ts';

/** A choice made at open, with what it rests on. */
export interface Decision {
  readonly what: string;
  readonly value: string;
  readonly evidence: string;
}

/** What the views need, and whether this dump has it. */
export type CapabilityName =
  'memory' | 'page-tables' | 'symbols' | 'types' | 'modules' | 'unwind' | 'tasks' | 'log';
export interface Capability {
  readonly name: CapabilityName;
  readonly ok: boolean;
  /** Source when ok, reason when not. */
  readonly how: string;
}

/** Parts of a program, found by openProgram(); each may be missing but memory. */
export interface ProgramParts {
  readonly image: DumpImage;
  readonly physical: PhysicalMemory;
  readonly vmcoreinfo: Vmcoreinfo;
  readonly translator: KernelTranslator;
  readonly kernel: AddressSpace;
  /** What was added to the addresses of vmlinux's symbols, where they stand in for kallsyms. */
  readonly symbolSlide: bigint | undefined;
  readonly symbols: (modules: () => readonly LoadedModule[]) => ProgramSymbols;
  readonly types: TypeFinderChain;
  readonly decisions: readonly Decision[];
  readonly capabilities: readonly Capability[];
  readonly warnings: readonly string[];
}

/**
 * The crashed machine: memory, symbols and types put together. Everything above (kernel views,
 * unwinder, commands) sees the dump through this.
 */
export class Program implements ObjectContext {
  readonly image: DumpImage;
  readonly physical: PhysicalMemory;
  readonly vmcoreinfo: Vmcoreinfo;
  readonly translator: KernelTranslator;
  readonly kernel: AddressSpace;
  readonly symbols: ProgramSymbols;
  readonly types: TypeFinderChain;
  readonly decisions: readonly Decision[];
  readonly warnings: readonly string[];
  /** Undefined where the kernel has no BTF. */
  moduleBtf: ModuleTypeFinder | undefined;
  #found: readonly Capability[];
  #debugInfo: ProgramDebugInfo | undefined;
  #exactTypes: ExactTypes | undefined;
  readonly #typeNames: TypeNames;
  readonly #orc: OrcTables;
  readonly #symbolSlide: bigint | undefined;
  #cpus: CpuSets | undefined;
  #modules: ModuleList | undefined;
  readonly #perCpuOffsets = new Map<number, bigint>();

  constructor(parts: ProgramParts) {
    this.image = parts.image;
    this.physical = parts.physical;
    this.vmcoreinfo = parts.vmcoreinfo;
    this.translator = parts.translator;
    this.kernel = parts.kernel;
    this.#symbolSlide = parts.symbolSlide;
    this.types = parts.types;
    this.decisions = parts.decisions;
    this.#found = parts.capabilities;
    this.warnings = parts.warnings;
    this.symbols = parts.symbols(() => this.modules());
    this.#typeNames = new TypeNames(parts.types);
    this.#orc = new OrcTables(this);
  }

  /** `struct task_struct`, `unsigned long`, `pid_t *`. @throws FaultError `unknown-type` */
  type(name: string): Type {
    return this.#typeNames.require(name);
  }

  findType(name: string): Type | undefined {
    return this.#typeNames.find(name);
  }

  /**
   * As {@link findType}, for showing: where debuginfo is there, types that hold arrays are DWARF's
   * (see ExactTypes).
   */
  findShownType(name: string): Type | undefined {
    const type = this.findType(name);
    return type && (this.#exactTypes?.of(type) ?? type);
  }

  object(type: Type | string, address: VirtAddr): KernelObject {
    return new KernelObject(this, typeof type === 'string' ? this.type(type) : type, address);
  }

  /**
   * A global variable. BTF knows no types of globals, so the caller declares it.
   * @throws FaultError `unknown-symbol`, `unknown-type`
   */
  global(symbol: string, type: Type | string): KernelObject {
    return this.object(type, this.symbols.address(symbol));
  }

  /**
   * A per-CPU variable's address for one CPU.
   * @throws FaultError when the CPU's `__per_cpu_offset` cannot be read
   * @source include/asm-generic/percpu.h `per_cpu_offset`
   */
  perCpuAddress(variable: string | VirtAddr, cpu: number): VirtAddr {
    const base = typeof variable === 'string' ? this.symbols.address(variable) : variable;
    return addVirt(base, this.perCpuOffset(cpu));
  }

  perCpuOffset(cpu: number): bigint {
    let offset = this.#perCpuOffsets.get(cpu);
    if (offset === undefined) {
      const table = this.symbols.address('__per_cpu_offset');
      offset = this.kernel.readU64(addVirt(table, cpu * 8));
      this.#perCpuOffsets.set(cpu, offset);
    }
    return offset;
  }

  perCpu(symbol: string, type: Type | string, cpu: number): KernelObject {
    return this.object(type, this.perCpuAddress(symbol, cpu));
  }

  /** @throws FaultError when the masks cannot be read */
  get cpus(): CpuSets {
    this.#cpus ??= readCpuSets((symbol) => this.global(symbol, 'struct cpumask'));
    return this.#cpus;
  }

  /** What opening found, then what the views will find. */
  get capabilities(): readonly Capability[] {
    return [...this.#found, ...viewCapabilities(this)];
  }

  /** DWARF of the kernel and of modules; undefined until it is attached. */
  get debugInfo(): ProgramDebugInfo | undefined {
    return this.#debugInfo;
  }

  /**
   * @param types the kernel's types by DWARF, asked by name where there is no BTF (its name index
   *   takes a second to build)
   */
  attachDebugInfo(debugInfo: ProgramDebugInfo, types: TypeFinder | undefined): void {
    this.#debugInfo = debugInfo;
    this.#exactTypes = new ExactTypes(debugInfo);
    debugInfo.completeTypes((tag, name) => this.types.findType(tag, name));
    if (types === undefined) return;
    const hasBtf = this.#found.some(({ name, ok }) => name === 'types' && ok);
    if (!hasBtf) {
      this.#found = this.#found.map((each) =>
        each.name === 'types' ? { ...each, ok: true, how: `DWARF of vmlinux; ${each.how}` } : each,
      );
    }
    // Variables and functions are asked for by address: names are not unique.
    if (!hasBtf) this.types.add(typesOnly(types), 'VMCOREINFO');
    this.#addModuleTypes(debugInfo);
    this.#typeNames.forget();
    this.#modules = undefined;
  }

  /** Types of modules that brought no BTF: those of 5.10, and those that are built elsewhere. */
  #addModuleTypes(debugInfo: ProgramDebugInfo): void {
    for (const part of debugInfo.parts) {
      if (part.name === 'vmlinux') continue;
      const isNeeded = (): boolean => this.moduleBtf?.hasModule(part.name) !== true;
      this.types.add(typesOnly(debugInfo.typesOf(part), isNeeded), 'VMCOREINFO');
    }
  }

  /** Type of a variable: debug information tells by its address, the finders by its name. */
  findVariableType(symbol: FoundSymbol): Type | undefined {
    const told = this.#debugInfo && variableTypeOf(this.#debugInfo, symbol);
    return told ?? this.types.findVariableType(symbol.name);
  }

  /** Prototype of a function, as {@link findVariableType}. */
  findFunctionType(symbol: FoundSymbol): FunctionType | undefined {
    const told = this.#debugInfo && functionTypeOf(this.#debugInfo, symbol);
    return told === undefined ? this.types.findFunctionType(symbol.name) : told.prototype;
  }

  /** By how much KASLR moved the image from vmlinux's addresses; undefined when nobody told. */
  get kernelSlide(): bigint | undefined {
    return this.translator.kernelOffset ?? this.#symbolSlide;
  }

  /** Memory of a process through its page tables (`mm->pgd`, physical). */
  userSpace(pgd: PhysAddr, name: string): AddressSpace {
    return new TranslatedSpace(name, this.physical, this.translator.userTranslator(pgd));
  }

  /** ORC table that covers an address: the kernel's or a module's. */
  orcAt(address: VirtAddr): OrcTable | undefined {
    return this.#orc.at(address);
  }

  /** Modules on the list; empty, with a warning in {@link moduleWarnings}, when it cannot be read. */
  modules(): readonly LoadedModule[] {
    return this.#moduleList().modules;
  }

  get moduleWarnings(): readonly string[] {
    return this.#moduleList().warnings;
  }

  #moduleList(): ModuleList {
    if (this.#modules === undefined) {
      // Looking the list up asks for symbols, and symbols ask for modules: answer with none first.
      this.#modules = { modules: [], warnings: [] };
      this.#modules = this.#readModules();
    }
    return this.#modules;
  }

  #readModules(): ModuleList {
    const head = this.symbols.findInKernel('modules');
    if (head === undefined) return { modules: [], warnings: ['No symbol `modules`.'] };
    try {
      const debugInfo = this.#debugInfo;
      return readModules(this, virtAddr(head.address), (name, ranges) =>
        debugInfo?.symbolsOf(name, ranges),
      );
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      return { modules: [], warnings: [`Modules cannot be read: ${error.message}.`] };
    }
  }
}

/** A finder without its variables and functions, which it would give by name alone. */
function typesOnly(finder: TypeFinder, isNeeded: () => boolean = () => true): TypeFinder {
  return {
    name: finder.name,
    findType: (tag, name) => (isNeeded() ? finder.findType(tag, name) : undefined),
    findVariableType: () => undefined,
    findFunctionType: () => undefined,
    *iterateNames() {
      if (isNeeded()) yield* finder.iterateNames();
    },
  };
}
