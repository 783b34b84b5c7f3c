import type { AddressRange, SymbolTable } from './symbol-table.ts';

/** Bytes of a loaded module's `struct mod_kallsyms`. */
export interface ModuleKallsyms {
  readonly moduleName: string;
  /** `num_symtab` Elf64_Sym, st_value already relocated to addresses. */
  readonly symtab: Uint8Array;
  readonly strtab: Uint8Array;
  /** One `nm` letter a symbol (5.2+ member `typetab`). */
  readonly typetab: Uint8Array | undefined;
  /** The module's memory: where its symbols may answer for an address. */
  readonly ranges: readonly AddressRange[];
}

/** @throws FaultError `corrupt` when the tables do not fit each other */
export function decodeModuleKallsyms(module: ModuleKallsyms): SymbolTable {
  throw new Error(`not written yet: ${module.moduleName}`);
}
