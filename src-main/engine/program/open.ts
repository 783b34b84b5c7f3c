import { controlRegistersOf } from '../arch/x86-64/qemu-cpu-state.ts';
import { hex, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { START_KERNEL_MAP } from '../arch/x86-64/address-map.ts';
import { parseBtf } from '../debuginfo/btf.ts';
import type { SymbolTable } from '../debuginfo/symbol-table.ts';
import { parseVmcoreinfo, type Vmcoreinfo } from '../debuginfo/vmcoreinfo.ts';
import type { DumpImage } from '../dump/dump-image.ts';
import { createPhysicalMemory } from '../memory/cached-memory.ts';
import type { PhysicalMemory } from '../memory/physical-memory.ts';
import { KernelTranslator, MissingKernelTranslator } from '../translate/kernel-translator.ts';
import { BtfTypeFinder } from '../types/btf-type-finder.ts';
import { BuiltInTypeFinder } from '../types/built-in.ts';
import { TypeFinderChain } from '../types/finder-chain.ts';
import { VmcoreinfoTypeFinder } from '../types/vmcoreinfo-type-finder.ts';
import { MAX_READ, TranslatedSpace, type AddressSpace } from './address-space.ts';
import {
  findKernelSymbols,
  type FoundSymbols,
  type SymbolPlaces,
  type VmlinuxSymbols,
} from './find-symbols.ts';
import { findVmcoreinfo, type FoundVmcoreinfo } from './find-vmcoreinfo.ts';
import { readWithHoles } from './memory-window.ts';
import { readModuleBtfs, type ModuleBtfs } from './module-btf.ts';
import { ModuleTypeFinder } from './module-type-finder.ts';
import { Program, type Capability, type Decision } from './program.ts';
import { ProgramSymbols } from './symbols.ts';

/** The phases of opening, in order. */
export type OpenPhase = 'vmcoreinfo' | 'page-tables' | 'symbols' | 'types';

/** What was decided and missed on the way; ends up in the program. */
class OpenLog {
  readonly decisions: Decision[] = [];
  readonly capabilities: Capability[] = [];
  readonly warnings: string[] = [];
}

/**
 * Puts a program together from a dump: VMCOREINFO, page tables, symbols, types; each from the dump
 * itself, each with the evidence for the choice. What cannot be found is a capability with its
 * reason and the rest goes on; without page tables there is physical memory and the header's facts.
 * @param vmlinux stands in for symbols that the dump does not have
 */
export function openProgram(
  image: DumpImage,
  onPhase: (phase: OpenPhase, text: string) => void = () => undefined,
  vmlinux?: VmlinuxSymbols,
): Program {
  const log = new OpenLog();
  const physical = createPhysicalMemory(image);
  log.capabilities.push({ name: 'memory', ok: true, how: image.format });

  onPhase('vmcoreinfo', 'Reading VMCOREINFO');
  const vmcoreinfo = readVmcoreinfo(image, log);
  onPhase('page-tables', 'Finding the kernel page tables');
  const translator = findTranslator(image, physical, vmcoreinfo, log);
  const kernel = new TranslatedSpace('kernel', physical, translator);
  onPhase('symbols', 'Decoding kallsyms from memory');
  const { kernelOffset } = translator;
  const found = findSymbols(kernel, { vmcoreinfo, kernelOffset, vmlinux }, log);
  const symbols = found?.symbols;
  learnBases(translator, kernel, symbols, log);
  onPhase('types', 'Reading BTF from memory');
  const types = new TypeFinderChain();
  const btf = findBtf(kernel, symbols, log);
  if (btf !== undefined) types.add(btf);

  const program: Program = new Program({
    image,
    physical,
    vmcoreinfo,
    translator,
    kernel,
    types,
    symbolSlide: found?.slide,
    symbols: (modules) => new ProgramSymbols(symbols, modules, (name) => told(vmcoreinfo, name)),
    decisions: log.decisions,
    capabilities: log.capabilities,
    warnings: log.warnings,
  });
  if (btf !== undefined) {
    const btfs = (): ModuleBtfs => {
      const head = symbols?.findSymbol('btf_modules')?.address;
      return head === undefined
        ? { blobs: new Map(), warnings: [] }
        : readModuleBtfs(program, head);
    };
    program.moduleBtf = new ModuleTypeFinder(btf, () => program.modules(), btfs);
    types.add(program.moduleBtf);
  }
  types.add(new VmcoreinfoTypeFinder(vmcoreinfo));
  types.add(new BuiltInTypeFinder());
  return program;
}

function readVmcoreinfo(image: DumpImage, log: OpenLog): Vmcoreinfo {
  if (image.vmcoreinfo !== undefined) {
    const info = parseVmcoreinfo(image.vmcoreinfo);
    log.warnings.push(...info.warnings);
    if (info.osRelease !== undefined) {
      log.decisions.push({
        what: 'VMCOREINFO',
        value: info.osRelease,
        evidence: 'carried by the dump',
      });
      return info;
    }
    log.warnings.push('The VMCOREINFO of the dump has no OSRELEASE; memory was searched for one.');
  }
  const found = searchVmcoreinfo(image, log);
  if (found === undefined) return parseVmcoreinfo(new Uint8Array(0));
  log.warnings.push(...found.warnings);
  log.decisions.push({
    what: 'VMCOREINFO',
    value: found.info.osRelease ?? 'unknown release',
    evidence: found.evidence,
  });
  return found.info;
}

function searchVmcoreinfo(image: DumpImage, log: OpenLog): FoundVmcoreinfo | undefined {
  try {
    return findVmcoreinfo(image);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    log.warnings.push(`No VMCOREINFO, in the dump or in its memory: ${error.message}.`);
    return undefined;
  }
}

function findTranslator(
  image: DumpImage,
  physical: PhysicalMemory,
  vmcoreinfo: Vmcoreinfo,
  log: OpenLog,
): KernelTranslator {
  const facts = {
    vmcoreinfo,
    endPfn: image.endPfn,
    structPageSize: vmcoreinfo.size('page'),
    controlRegisters: controlRegistersOf(image.notes),
  };
  let translator: KernelTranslator;
  try {
    translator = new KernelTranslator(physical, facts);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    log.capabilities.push({ name: 'page-tables', ok: false, how: error.message });
    return new MissingKernelTranslator(physical, facts, error.fault);
  }
  log.capabilities.push({
    name: 'page-tables',
    ok: true,
    how: `${translator.levels}-level page tables at physical ${hex(translator.root.root)}${translator.warnings.length > 0 ? '; see the warnings' : ''}`,
  });
  return translator;
}

function findSymbols(
  kernel: AddressSpace,
  { vmcoreinfo, kernelOffset, vmlinux }: SymbolPlaces,
  log: OpenLog,
): FoundSymbols | undefined {
  const answer = findKernelSymbols(kernel, { vmcoreinfo, kernelOffset, vmlinux });
  log.warnings.push(...answer.warnings);
  log.decisions.push(...answer.decisions);
  log.capabilities.push({ name: 'symbols', ok: answer.found !== undefined, how: answer.how });
  return answer.found;
}

/** SYMBOL() of VMCOREINFO; some (`mem_section`) hold a variable's value instead of its address. */
function told(vmcoreinfo: Vmcoreinfo, name: string): VirtAddr | undefined {
  const address = vmcoreinfo.symbol(name);
  return address !== undefined && address >= START_KERNEL_MAP ? address : undefined;
}

function learnBases(
  translator: KernelTranslator,
  kernel: AddressSpace,
  symbols: SymbolTable | undefined,
  log: OpenLog,
): void {
  translator.learnBases({
    findSymbol: (name) => symbols?.findSymbol(name)?.address,
    readU64: (address) => kernel.readU64(address),
  });
  log.decisions.push(...translator.decisions);
  log.warnings.push(...translator.warnings);
}

/** @source include/asm-generic/vmlinux.lds.h `BTF`: __start_BTF, __stop_BTF */
function findBtf(
  kernel: AddressSpace,
  symbols: SymbolTable | undefined,
  log: OpenLog,
): BtfTypeFinder | undefined {
  const missing = (how: string): undefined => {
    log.capabilities.push({ name: 'types', ok: false, how });
    return undefined;
  };
  const start = symbols?.findSymbol('__start_BTF')?.address;
  const stop = symbols?.findSymbol('__stop_BTF')?.address;
  if (symbols === undefined) return missing('BTF is found by its symbols, and there are none');
  if (start === undefined || stop === undefined || stop <= start) {
    return missing('the kernel was built without BTF (no symbol __start_BTF)');
  }
  const size = Number(stop - start);
  if (size > MAX_READ) return missing(`BTF of ${size} bytes is not believable`);
  try {
    const table = parseBtf(readAround(kernel, start, size, log), 'BTF');
    if (table.damage !== undefined) log.warnings.push(`BTF is damaged: ${table.damage}.`);
    log.capabilities.push({
      name: 'types',
      ok: true,
      how: `BTF in the dump, ${table.endId - 1} types`,
    });
    log.decisions.push({
      what: 'types',
      value: `BTF, ${table.endId - 1} types`,
      evidence: `${size} bytes at __start_BTF ${hex(start)}`,
    });
    return new BtfTypeFinder(table);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return missing(`BTF cannot be read: ${error.message}`);
  }
}

/**
 * The bytes of a table; pages that cannot be read are zeros, which no type and no name is made of,
 * and a warning says so. @throws FaultError when its first page cannot be read
 */
function readAround(kernel: AddressSpace, start: VirtAddr, size: number, log: OpenLog): Uint8Array {
  const { bytes, holes, missing } = readWithHoles(kernel, start, size);
  const [first] = missing;
  if (first === undefined) return bytes;
  if (holes[0]?.start === 0) throw first;
  log.warnings.push(
    `${missing.length} pages of BTF are missing, and their types: ${first.message}, ….`,
  );
  return bytes;
}
