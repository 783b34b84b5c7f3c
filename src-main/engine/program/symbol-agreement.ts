import { hex } from '../base/address.ts';
import type { SampledSymbol } from '../debuginfo/symbol-sample.ts';
import type { SymbolTable } from '../debuginfo/symbol-table.ts';
import type { LoadedModule } from './modules.ts';
import type { Program } from './program.ts';

/** How symbols of a file agree with those that the dump has of itself. */
export interface SymbolAgreement {
  readonly compared: number;
  /** The dump has the name at another address: each as a phrase with both addresses. */
  readonly elsewhere: readonly string[];
  /** The dump has no such name. */
  readonly unknown: readonly string[];
}

/** Undefined where the dump has nothing to compare with. */
export type CompareSymbols = (symbols: readonly SampledSymbol[]) => SymbolAgreement | undefined;

/** Functions of vmlinux: kallsyms in the dump has each, moved by KASLR. */
export function compareKernelSymbols(program: Program): CompareSymbols {
  return (symbols) => {
    const table = program.symbols.kernelTable;
    const slide = program.kernelSlide;
    if (table === undefined || slide === undefined) return undefined;
    const agreement = agreementOf(symbols, table, () => slide);
    // Names that lay on a missing page say nothing of the file.
    return agreement && table.lost > 0 ? { ...agreement, unknown: [] } : agreement;
  };
}

/** Functions of a module: its own kallsyms has those that were not freed after its start. */
export function compareModuleSymbols(
  module: LoadedModule,
  sectionAddress: (name: string) => bigint | undefined,
): CompareSymbols {
  return (symbols) => {
    const table = module.table();
    return table && agreementOf(symbols, table, sectionAddress);
  };
}

/** @param baseOf what to add to a value of that section; undefined: cannot be compared */
function agreementOf(
  symbols: readonly SampledSymbol[],
  table: SymbolTable,
  baseOf: (section: string) => bigint | undefined,
): SymbolAgreement | undefined {
  let compared = 0;
  const elsewhere: string[] = [];
  const unknown: string[] = [];
  for (const { name, value, section } of symbols) {
    const base = baseOf(section);
    if (base === undefined) continue;
    compared++;
    const expected = BigInt.asUintN(64, value + base);
    // Names of static functions are not unique: one of them has to be there.
    const known = table.findSymbols(name);
    const [first] = known;
    if (first === undefined) unknown.push(name);
    else if (!known.some(({ address }) => address === expected)) {
      elsewhere.push(`${name} is at ${hex(first.address)}, by the file at ${hex(expected)}`);
    }
  }
  return compared === 0 ? undefined : { compared, elsewhere, unknown };
}
