import { hex } from '../base/address.ts';
import { FaultError, tryRead } from '../base/fault.ts';
import { buildIdOf } from '../debuginfo/elf-notes.ts';
import type { SymbolTable } from '../debuginfo/symbol-table.ts';
import type { Vmcoreinfo } from '../debuginfo/vmcoreinfo.ts';
import type { AddressSpace } from './address-space.ts';
import { findKallsyms } from './find-kallsyms.ts';
import type { Decision } from './program.ts';
import { validateSymbols } from './validate-symbols.ts';

/** A vmlinux whose `.symtab` stands in where the dump's kallsyms cannot be read. */
export interface VmlinuxSymbols {
  readonly path: string;
  /** What it was accepted for: `build-id`, … , `override`. */
  readonly match: string;
  readonly buildId: string | undefined;
  /** Moved by `slide`; undefined where the file has none. @throws FaultError */
  read(slide: bigint): SymbolTable | undefined;
}

/** Where symbols are looked for. */
export interface SymbolPlaces {
  readonly vmcoreinfo: Vmcoreinfo;
  /** KASLR shift of the image; undefined when nobody told. */
  readonly kernelOffset: bigint | undefined;
  readonly vmlinux: VmlinuxSymbols | undefined;
}

export interface FoundSymbols {
  readonly symbols: SymbolTable;
  /** By how much vmlinux's addresses were moved; undefined for kallsyms, which has the dump's. */
  readonly slide: bigint | undefined;
}

/** The kernel's symbols and who gave them, or why nobody did. */
export interface SymbolsAnswer {
  readonly found: FoundSymbols | undefined;
  /** Source when found, reason when not. */
  readonly how: string;
  readonly decisions: readonly Decision[];
  readonly warnings: readonly string[];
}

/** The kernel's .notes have some 500 bytes. */
const MAX_NOTES = 64 * 1024;

/**
 * kallsyms of the dump; where it cannot be read, or not all of its names, the `.symtab` of a
 * vmlinux of the same build.
 */
export function findKernelSymbols(kernel: AddressSpace, places: SymbolPlaces): SymbolsAnswer {
  const own = readKallsyms(kernel, places.vmcoreinfo);
  const damage = own.found === undefined ? own.how : lostSentence(own.found.symbols);
  if (places.vmlinux === undefined || damage === undefined) return own;
  const { path } = places.vmlinux;
  try {
    return readVmlinux(kernel, places, places.vmlinux, damage);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const refusal = `symbols are not taken from ${path}: ${error.message}`;
    const warnings = [...own.warnings, `${refusal}.`];
    return { ...own, warnings, how: own.found === undefined ? `${own.how}; ${refusal}` : own.how };
  }
}

function lostSentence({ lost, count }: SymbolTable): string | undefined {
  return lost === 0 ? undefined : `${lost} of ${count} names of kallsyms are lost`;
}

function readKallsyms(kernel: AddressSpace, vmcoreinfo: Vmcoreinfo): SymbolsAnswer {
  try {
    const { symbols, evidence, warnings } = findKallsyms(kernel, vmcoreinfo);
    const lost = lostSentence(symbols);
    return {
      found: { symbols, slide: undefined },
      how: `kallsyms in the dump, ${symbols.count} symbols${lost === undefined ? '' : `; ${lost}`}`,
      decisions: [{ what: 'kallsyms', value: `${symbols.count} symbols`, evidence }],
      warnings,
    };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return { found: undefined, how: error.message, decisions: [], warnings: [] };
  }
}

/** @throws FaultError when its symbols cannot be had, or nothing shows that they are this kernel's */
function readVmlinux(
  kernel: AddressSpace,
  { vmcoreinfo, kernelOffset }: SymbolPlaces,
  vmlinux: VmlinuxSymbols,
  damage: string,
): SymbolsAnswer {
  const { path } = vmlinux;
  const slide = kernelOffset ?? slideByStext(vmcoreinfo, vmlinux);
  const from = kernelOffset === undefined ? 'as _stext of VMCOREINFO says' : 'as VMCOREINFO says';
  if (slide === undefined) {
    throw refused(vmlinux, 'its KASLR offset or _stext', 'neither', 'VMCOREINFO');
  }
  const symbols = vmlinux.read(slide);
  if (symbols === undefined) throw refused(vmlinux, 'a .symtab', 'none');
  const warnings: string[] = [];
  const agreement = validateSymbols(`.symtab of ${path}`, kernel, vmcoreinfo, symbols, (message) =>
    warnings.push(message),
  );
  const identity = identityOf(kernel, symbols, vmlinux);
  const value = `${symbols.count} symbols from .symtab of ${path}`;
  const moved = `moved by KASLR's ${hex(slide)}, ${from}`;
  return {
    found: { symbols, slide },
    how: `.symtab of vmlinux, ${symbols.count} symbols, because of kallsyms: ${damage}`,
    decisions: [
      {
        what: 'symbols',
        value,
        evidence: `because ${damage}; ${identity}; ${moved}; ${agreement}`,
      },
    ],
    warnings,
  };
}

/** Symbols of another build would give every address a wrong name. @throws FaultError */
function identityOf(kernel: AddressSpace, symbols: SymbolTable, vmlinux: VmlinuxSymbols): string {
  if (vmlinux.match === 'build-id') return 'the file has the build-id that VMCOREINFO tells';
  const found = tryRead(() => notesId(kernel, symbols));
  if (found === undefined || found !== vmlinux.buildId) {
    const expected = `build-id ${vmlinux.buildId ?? 'of a build that is known'}`;
    throw refused(vmlinux, expected, found ?? 'none', 'the kernel’s notes in the dump');
  }
  return 'the file has the build-id of the kernel’s notes in memory';
}

/** @throws FaultError */
function notesId(kernel: AddressSpace, symbols: SymbolTable): string | undefined {
  const start = symbols.findSymbol('__start_notes')?.address;
  const stop = symbols.findSymbol('__stop_notes')?.address;
  if (start === undefined || stop === undefined || stop <= start) return undefined;
  const size = stop - start;
  return size > BigInt(MAX_NOTES) ? undefined : buildIdOf(kernel.read(start, Number(size)));
}

/** `_stext` in the dump less `_stext` in the file. @throws FaultError */
function slideByStext(vmcoreinfo: Vmcoreinfo, vmlinux: VmlinuxSymbols): bigint | undefined {
  const inDump = vmcoreinfo.symbol('_stext');
  const inFile = inDump === undefined ? undefined : vmlinux.read(0n)?.findSymbol('_stext')?.address;
  return inDump === undefined || inFile === undefined ? undefined : inDump - inFile;
}

function refused(
  { path }: VmlinuxSymbols,
  expected: string,
  found: string,
  what = path,
): FaultError {
  return new FaultError({ kind: 'corrupt', what, expected, found });
}
