import type { VirtAddr } from '../base/address.ts';
import { openOrcTable, orcLayoutOf, type OrcLayout, type OrcTable } from '../debuginfo/orc.ts';
import type { AddressSpace } from './address-space.ts';
import type { LoadedModule } from './modules.ts';
import type { ProgramSymbols } from './symbols.ts';
import { structOf } from '../types/layout.ts';
import type { Type } from '../types/type.ts';

/** What the tables are found with. */
export interface OrcSources {
  readonly kernel: AddressSpace;
  readonly symbols: ProgramSymbols;
  modules(): readonly LoadedModule[];
  findType(name: string): Type | undefined;
}

/**
 * ORC tables by address: the kernel's and one a module, opened when first asked for.
 * @source arch/x86/kernel/unwind_orc.c `orc_find`: vmlinux's text by _stext.._etext, modules by range
 */
export class OrcTables {
  readonly #sources: OrcSources;
  readonly #modules = new Map<LoadedModule, OrcTable | undefined>();
  #kernel: { table: OrcTable | undefined } | undefined;
  #layout: OrcLayout | undefined;

  constructor(sources: OrcSources) {
    this.#sources = sources;
  }

  at(address: VirtAddr): OrcTable | undefined {
    for (const module of this.#sources.modules()) {
      if (!module.contains(address)) continue;
      if (!this.#modules.has(module)) this.#modules.set(module, this.#openModule(module));
      return this.#modules.get(module);
    }
    this.#kernel ??= { table: this.#openKernel() };
    return this.#kernel.table;
  }

  #openModule(module: LoadedModule): OrcTable | undefined {
    const location = module.orcLocation();
    return location && openOrcTable(this.#reader(), location, this.#layoutOnce());
  }

  #openKernel(): OrcTable | undefined {
    const { symbols } = this.#sources;
    const ipTable = symbols.findInKernel('__start_orc_unwind_ip')?.address;
    const ipEnd = symbols.findInKernel('__stop_orc_unwind_ip')?.address;
    const entries = symbols.findInKernel('__start_orc_unwind')?.address;
    if (ipTable === undefined || ipEnd === undefined || entries === undefined) return undefined;
    const count = Number(ipEnd - ipTable) / 4;
    return openOrcTable(this.#reader(), { ipTable, entries, count }, this.#layoutOnce());
  }

  #reader() {
    const { kernel } = this.#sources;
    return {
      readInto: (address: VirtAddr, target: Uint8Array) =>
        kernel.readInto(address, target, 0, target.length),
    };
  }

  #layoutOnce(): OrcLayout {
    const entry = this.#sources.findType('struct orc_entry');
    this.#layout ??= orcLayoutOf(entry && structOf(entry));
    return this.#layout;
  }
}
