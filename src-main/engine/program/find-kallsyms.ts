import { addVirt, hex, type VirtAddr } from '../base/address.ts';
import { describeFault, FaultError, valueOrFault } from '../base/fault.ts';
import { decodeKallsyms, MAX_KALLSYMS } from '../debuginfo/kallsyms.ts';
import type { AddressRange, SymbolTable } from '../debuginfo/symbol-table.ts';
import type { Vmcoreinfo } from '../debuginfo/vmcoreinfo.ts';
import { readBytes, readForwards, readWithHoles, type ReadableMemory } from './memory-window.ts';
import { findMarkers, searchKallsyms, type KallsymsLocations } from './search-kallsyms.ts';
import { toldSymbols, validateSymbols } from './validate-symbols.ts';

/** The kernel's symbols, and why we believe them. */
export interface FoundKallsyms {
  readonly symbols: SymbolTable;
  readonly locations: KallsymsLocations;
  /** Who told where the tables are. */
  readonly how: 'VMCOREINFO' | 'search';
  /** One sentence: where, how many, what agrees. */
  readonly evidence: string;
  readonly warnings: readonly string[];
}

/** No kernel image is larger (KERNEL_IMAGE_SIZE with KASLR is 1 GiB, all of it mapping space). */
const IMAGE_SPAN = 256 * 1024 * 1024;
const TOKEN_TABLE_SIZE = 64 * 1024;
/** Names of 200 thousand symbols take 2.7 MB. */
const MAX_NAMES = 32 * 1024 * 1024;

/**
 * Finds and decodes kallsyms in the kernel's memory: where VMCOREINFO says (6.0+), else, or when
 * that does not hold, by search between `_stext` and the data that VMCOREINFO names. Either result
 * must agree with VMCOREINFO's own symbols and with the text at `linux_banner`.
 * @throws FaultError the reason of the last attempt: a missing page stays a missing page
 */
export function findKallsyms(
  memory: ReadableMemory,
  vmcoreinfo: Vmcoreinfo,
  searchRange: AddressRange | undefined = rangeOf(vmcoreinfo),
): FoundKallsyms {
  const warnings: string[] = [];
  const failure = new BestFailure();
  const attempt = (locations: KallsymsLocations, how: FoundKallsyms['how']) => {
    let decoded = false;
    try {
      const symbols = decodeTables(memory, locations, warnings);
      decoded = true;
      const agreement = validateSymbols('kallsyms', memory, vmcoreinfo, symbols, (message) => {
        warnings.push(message);
      });
      const evidence = `kallsyms_names at ${hex(locations.names)} by ${how}: ${symbols.count} symbols; ${agreement}`;
      return { symbols, locations, how, evidence, warnings };
    } catch (error) {
      failure.add(error, decoded);
      return undefined;
    }
  };
  try {
    const told = toldLocations(memory, vmcoreinfo);
    const found = told && attempt(told, 'VMCOREINFO');
    if (found !== undefined) return found;
  } catch (error) {
    failure.add(error, false);
  }
  const toldWrong = failure.best;
  if (toldWrong !== undefined) {
    const message = `kallsyms is not where VMCOREINFO says (${toldWrong.message}); searched for it.`;
    warnings.push(message);
  }
  const holes: VirtAddr[] = [];
  if (searchRange !== undefined) {
    for (const locations of searchKallsyms(memory, searchRange, (page) => holes.push(page))) {
      const found = attempt(locations, 'search');
      if (found !== undefined) return found;
    }
  }
  throw toldWrong ?? failure.best ?? notFound(searchRange, holesSentence(memory, holes));
}

/**
 * Of several reasons the one that says most: tables that decode but disagree are kallsyms; a page
 * that is not in the dump may be; a candidate that does not fit was none.
 */
class BestFailure {
  best: FaultError | undefined;
  #rank = -1;

  /** Every error but a fault is a bug and goes on. */
  add(error: unknown, decoded: boolean): void {
    if (!(error instanceof FaultError)) throw error;
    const rank = decoded ? 2 : error.fault.kind === 'corrupt' ? 0 : 1;
    if (rank <= this.#rank) return;
    this.best = error;
    this.#rank = rank;
  }
}

/** VMCOREINFO's own addresses; undefined where it has none (before 6.0). @throws FaultError */
function toldLocations(
  memory: ReadableMemory,
  vmcoreinfo: Vmcoreinfo,
): KallsymsLocations | undefined {
  const names = vmcoreinfo.symbol('kallsyms_names');
  const numSyms = vmcoreinfo.symbol('kallsyms_num_syms');
  const tokenTable = vmcoreinfo.symbol('kallsyms_token_table');
  const tokenIndex = vmcoreinfo.symbol('kallsyms_token_index');
  const offsets = vmcoreinfo.symbol('kallsyms_offsets');
  if (
    names === undefined ||
    numSyms === undefined ||
    tokenTable === undefined ||
    tokenIndex === undefined ||
    offsets === undefined
  ) {
    return undefined;
  }
  const bytes = readBytes(memory, numSyms, 4);
  const count = new DataView(bytes.buffer).getUint32(0, true);
  const relativeBase = vmcoreinfo.symbol('kallsyms_relative_base');
  return { count, names, markers: undefined, tokenTable, tokenIndex, offsets, relativeBase };
}

/**
 * A part of the names that is missing or damaged costs the symbols of its blocks, which are told;
 * any other table is needed whole.
 * @throws FaultError
 */
function decodeTables(
  memory: ReadableMemory,
  locations: KallsymsLocations,
  warnings: string[],
): SymbolTable {
  const { tables, holes, missing } = readTables(memory, locations);
  let damage = missing[0];
  if (damage === undefined) {
    try {
      return decodeKallsyms(tables);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      damage = error;
    }
  }
  const { count, names, tokenTable } = locations;
  const markers = locations.markers ?? findMarkers(memory, tokenTable, count);
  if (markers === undefined) throw damage;
  const symbols = decodeKallsyms({
    ...tables,
    holes,
    names: tables.names.subarray(0, Number(markers - names)),
    markers: readBytes(memory, markers, Math.ceil(count / 256) * 4),
  });
  const span = symbols.lostSpan();
  if (span !== undefined) {
    warnings.push(
      `${symbols.lost} of ${count} names of kallsyms are lost (${damage.message}): symbols from ${hex(span.first)} to ${hex(span.last)} may have no name.`,
    );
  }
  return symbols;
}

function readTables(memory: ReadableMemory, locations: KallsymsLocations) {
  const { count, names, markers, tokenTable, tokenIndex, offsets, relativeBase } = locations;
  if (count < 1 || count > MAX_KALLSYMS) throw notFound(undefined, `${count} symbols`);
  // The names end before the markers, and these before the tokens, in every layout.
  const namesLength = Number((markers ?? tokenTable) - names);
  if (namesLength < count * 2 || namesLength > MAX_NAMES) {
    throw notFound(undefined, `names of ${namesLength} bytes for ${count} symbols`);
  }
  const base = relativeBase === undefined ? undefined : readBytes(memory, relativeBase, 8);
  const read = readWithHoles(memory, names, namesLength);
  const tables = {
    count,
    names: read.bytes,
    tokenTable: readForwards(memory, tokenTable, TOKEN_TABLE_SIZE),
    tokenIndex: readBytes(memory, tokenIndex, 512),
    markers: markers && readBytes(memory, markers, Math.ceil(count / 256) * 4),
    offsets: readBytes(memory, offsets, count * 4),
    offsetsAddress: offsets,
    relativeBase: base && (new DataView(base.buffer).getBigUint64(0, true) as VirtAddr),
  };
  return { tables, holes: read.holes, missing: read.missing };
}

/**
 * From `_stext` to the lowest symbol above it that VMCOREINFO names: rodata, with kallsyms in
 * it, lies between the text and the data.
 */
function rangeOf(vmcoreinfo: Vmcoreinfo): AddressRange | undefined {
  const start = vmcoreinfo.symbol('_stext');
  if (start === undefined) return undefined;
  let end = addVirt(start, IMAGE_SPAN);
  // The lowest: everything VMCOREINFO names but `_stext` is data, above rodata.
  for (const { address, name } of toldSymbols(vmcoreinfo)) {
    if (address > start && address < end && !name.startsWith('kallsyms_')) end = address;
  }
  return { start, end };
}

/**
 * Tables on a page that is missing are not found, which is not that there are none. Pages that the
 * kernel itself does not map (behind text, freed init memory) hold nothing.
 */
function holesSentence(memory: ReadableMemory, holes: readonly VirtAddr[]): string | undefined {
  const missing: string[] = [];
  for (const page of holes) {
    const read = valueOrFault(() => readBytes(memory, page, 4096));
    if ('fault' in read && read.fault.kind !== 'not-present') {
      missing.push(describeFault(read.fault));
    }
  }
  const [first] = missing;
  return first && `none, but pages are missing there: ${missing.length} (${first})`;
}

function notFound(
  range: AddressRange | undefined,
  found = 'no such tables',
  expected = 'the tables of kallsyms',
): FaultError {
  const where = range === undefined ? '' : ` in ${hex(range.start)}-${hex(range.end)}`;
  return new FaultError({ kind: 'corrupt', what: `kallsyms${where}`, expected, found });
}
