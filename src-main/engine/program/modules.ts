import { hex, type VirtAddr } from '../base/address.ts';
import { FaultError, tryRead, type Fault } from '../base/fault.ts';
import { decodeModuleKallsyms } from '../debuginfo/module-kallsyms.ts';
import type { OrcTableLocation } from '../debuginfo/orc.ts';
import type { SymbolTable } from '../debuginfo/symbol-table.ts';
import type { KernelObject } from './object.ts';
import { containerOf, type ObjectContext } from './object.ts';
import type { ModuleSymbols } from './symbols.ts';

export type ModuleRegionKind =
  'text' | 'data' | 'rodata' | 'ro-after-init' | 'init-text' | 'init-data' | 'init-rodata' | 'core';

/** A contiguous part of a module's memory, [start, end). */
export interface ModuleRegion {
  readonly kind: ModuleRegionKind;
  readonly start: VirtAddr;
  readonly end: VirtAddr;
}

/** `enum mod_mem_type`, include/linux/module.h (6.4, commit ac3b43283923). */
const MOD_MEM_KINDS: readonly ModuleRegionKind[] = [
  'text',
  'data',
  'rodata',
  'ro-after-init',
  'init-text',
  'init-data',
  'init-rodata',
];

/** More than any machine loads; a damaged list must end. */
const MAX_MODULES = 4096;
const SYM_SIZE = 24;
/**
 * Bytes of symbol and name tables of all modules together, ten times what all of a distribution's
 * have. Page tables may show one page as any number of tables.
 */
const MAX_TABLE_BYTES = 128 * 1024 * 1024;

/** What the tables of all modules on a list may still take. */
interface TableRoom {
  bytes: number;
}

/**
 * A module on the kernel's list. Name, regions and tables are read when first asked for; a part
 * that cannot be read leaves its fault in {@link faults} and the rest still works.
 * @source include/linux/module.h `struct module`
 */
export class LoadedModule implements ModuleSymbols {
  readonly object: KernelObject;
  readonly name: string;
  readonly regions: readonly ModuleRegion[];
  readonly faults: Fault[] = [];
  #table: SymbolTable | undefined;
  #tableTried = false;
  readonly #room: TableRoom;
  readonly #elsewhere: SymbolsElsewhere;

  constructor(object: KernelObject, room: TableRoom, elsewhere: SymbolsElsewhere) {
    this.object = object;
    this.#room = room;
    this.#elsewhere = elsewhere;
    this.name = object.member('name').text(64);
    this.regions = regionsOf(object);
  }

  contains(address: VirtAddr): boolean {
    return this.regions.some((region) => address >= region.start && address < region.end);
  }

  /** Symbols from the module's own `struct mod_kallsyms`, else from its debuginfo. */
  table(): SymbolTable | undefined {
    if (!this.#tableTried) {
      this.#tableTried = true;
      this.#table =
        this.#attempt(() => this.#readTable()) ?? this.#elsewhere(this.name, this.regions);
    }
    return this.#table;
  }

  /** Where the module's ORC tables lie (`mod->arch`); undefined when it has none. */
  orcLocation(): OrcTableLocation | undefined {
    return this.#attempt(() => {
      if (!this.object.has('arch.num_orcs')) return undefined;
      const count = this.object.member('arch.num_orcs').number();
      if (count === 0) return undefined;
      return {
        ipTable: this.object.member('arch.orc_unwind_ip').pointer(),
        entries: this.object.member('arch.orc_unwind').pointer(),
        count,
      };
    });
  }

  #readTable(): SymbolTable {
    const kallsyms = this.object.member('kallsyms').deref();
    const count = kallsyms.member('num_symtab').number();
    this.#takeRoom(count * (SYM_SIZE + 1));
    const symtab = kallsyms.space.read(kallsyms.member('symtab').pointer(), count * SYM_SIZE);
    const typetab = kallsyms.has('typetab')
      ? tryRead(() => kallsyms.space.read(kallsyms.member('typetab').pointer(), count))
      : undefined;
    return decodeModuleKallsyms({
      moduleName: this.name,
      symtab,
      strtab: this.#readStrtab(kallsyms, symtab, count),
      typetab,
      ranges: this.regions,
    });
  }

  /** Nobody stores the size of strtab: it reaches to the end of the last name. */
  #readStrtab(kallsyms: KernelObject, symtab: Uint8Array, count: number): Uint8Array {
    const view = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
    let last = 0;
    for (let i = 0; i < count; i++) last = Math.max(last, view.getUint32(i * SYM_SIZE, true));
    const start = kallsyms.member('strtab').pointer();
    const longest = 512; // KSYM_NAME_LEN, include/linux/kallsyms.h
    this.#takeRoom(last + longest);
    const head = kallsyms.space.read(start, last);
    const tail = kallsyms.space.readCString((start + BigInt(last)) as VirtAddr, longest);
    const strtab = new Uint8Array(last + tail.length + 1);
    strtab.set(head);
    for (let i = 0; i < tail.length; i++) strtab[last + i] = tail.charCodeAt(i) & 0xff;
    return strtab;
  }

  /** @throws FaultError when the modules' tables are more than can be */
  #takeRoom(bytes: number): void {
    if (bytes > this.#room.bytes) {
      throw new FaultError({
        kind: 'corrupt',
        what: `symbol table of module ${this.name}`,
        expected: `at most ${MAX_TABLE_BYTES} bytes for all modules`,
        found: 'more',
        virt: this.object.address,
      });
    }
    this.#room.bytes -= bytes;
  }

  #attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.faults.push(error.fault);
      return undefined;
    }
  }
}

/** Symbols of a module by its name, where its own cannot be read. */
type SymbolsElsewhere = (
  module: string,
  regions: readonly ModuleRegion[],
) => SymbolTable | undefined;

/** The module list and what was wrong with it. */
export interface ModuleList {
  readonly modules: readonly LoadedModule[];
  readonly warnings: readonly string[];
}

/**
 * Walks `modules` (a list_head). Unformed modules (state 3) are left out, as `/proc/modules` does.
 * @param head address of the `modules` symbol
 * @param elsewhere who is asked for symbols of a module that cannot be read
 * @source kernel/module/main.c `modules`, include/linux/module.h `enum module_state`
 */
export function readModules(
  context: ObjectContext,
  head: VirtAddr,
  elsewhere: SymbolsElsewhere = () => undefined,
): ModuleList {
  const modules: LoadedModule[] = [];
  const warnings: string[] = [];
  const seen = new Set<bigint>([head]);
  const room: TableRoom = { bytes: MAX_TABLE_BYTES };
  try {
    let node = context.kernel.readU64(head) as VirtAddr;
    while (node !== head) {
      if (seen.has(node) || seen.size > MAX_MODULES) {
        warnings.push(`The module list is damaged: it comes back to ${hex(node)} before its end.`);
        break;
      }
      seen.add(node);
      const object = containerOf(context, node, 'struct module', 'list');
      if (object.member('state').number() !== 3) {
        modules.push(new LoadedModule(object, room, elsewhere));
      }
      node = context.kernel.readU64(node) as VirtAddr;
    }
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    warnings.push(`The module list ends early after ${modules.length} modules: ${error.message}.`);
  }
  return { modules, warnings };
}

function regionsOf(module: KernelObject): ModuleRegion[] {
  if (!module.has('mem')) {
    // Before 6.4: one allocation each for core and init.
    return [
      ...region('core', module.member('core_layout.base'), module.member('core_layout.size')),
      ...region('init-text', module.member('init_layout.base'), module.member('init_layout.size')),
    ];
  }
  const parts = module.member('mem');
  const regions: ModuleRegion[] = [];
  for (let i = 0; i < Math.min(parts.length, MOD_MEM_KINDS.length); i++) {
    const part = parts.index(i);
    regions.push(...region(MOD_MEM_KINDS[i]!, part.member('base'), part.member('size')));
  }
  return regions;
}

function region(kind: ModuleRegionKind, base: KernelObject, size: KernelObject): ModuleRegion[] {
  const start = base.pointer();
  const length = size.bigint();
  return length === 0n ? [] : [{ kind, start, end: (start + length) as VirtAddr }];
}
