import { FaultError } from '../../base/fault.ts';
import { encodeName, hashBytes } from '../name-hash.ts';
import { DW_AT, DW_TAG } from './constants.ts';
import type { DieCursor } from './die-cursor.ts';
import { findInOrigins, findName } from './die-names.ts';
import type { DwarfFile } from './dwarf-file.ts';
import { EntrySet } from './entry-set.ts';
import type { DieRef } from './unit.ts';

/** What a name stands for; declarations are forward declarations of types. */
export const NAME_KIND = {
  struct: 1,
  union: 2,
  enum: 3,
  typedef: 4,
  base: 5,
  variable: 6,
  function: 7,
  structDeclaration: 8,
  unionDeclaration: 9,
} as const;

/**
 * Names at the top of a file's units -> their DIEs; struct of arrays, ascending by hash, plain data
 * so that it can be made by workers and kept in a file. Equal definitions (name, kind, size and line)
 * of many units are one entry, the first.
 */
export interface NameIndex {
  /** Of .debug_info, to see that an index belongs to a file. */
  readonly infoSize: number;
  /** Of all units of the file, ascending. */
  readonly unitOffsets: Float64Array;
  /** hashBytes() of the name. */
  readonly hashes: Uint32Array;
  /** Offset of the name in .debug_str; NO_STRING: only the DIE has it. */
  readonly strings: Uint32Array;
  /** Offset of the DIE in .debug_info. */
  readonly dies: Float64Array;
  /** {@link NAME_KIND} */
  readonly kinds: Uint8Array;
  /** Fingerprint of the definition (name, kind, size, line), to know equal ones. */
  readonly keys: Uint32Array;
  /** Units that could not be read, full sentences (the first few). */
  readonly warnings: readonly string[];
}

export const NO_STRING = 0xffffffff;
const MAX_WARNINGS = 10;

/**
 * Reads the top DIEs of units [first, end) of the file: all of them by default, or a worker's share.
 * A damaged unit is left out and named in the warnings.
 */
export function buildNameIndex(
  file: DwarfFile,
  first = 0,
  end = Infinity,
  onUnit?: (done: number, count: number) => void,
): NameIndex {
  const unitOffsets = file.unitOffsets();
  const entries = new EntrySet();
  const warnings: string[] = file.damage === undefined ? [] : [`${file.damage}.`];
  const last = Math.min(end, unitOffsets.length);
  for (let i = first; i < last; i++) {
    try {
      readUnit(file, unitOffsets[i]!, entries);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      if (warnings.length < MAX_WARNINGS) warnings.push(`${error.message}.`);
    }
    onUnit?.(i + 1 - first, last - first);
  }
  const order = entries.orderByHash();
  return {
    infoSize: file.sections.info.size,
    unitOffsets,
    hashes: Uint32Array.from(order, (i) => entries.hashes[i]!),
    strings: Uint32Array.from(order, (i) => entries.strings[i]!),
    dies: Float64Array.from(order, (i) => entries.dies[i]!),
    kinds: Uint8Array.from(order, (i) => entries.kinds[i]!),
    keys: Uint32Array.from(order, (i) => entries.keys[i]!),
    warnings,
  };
}

/** Units [first, end) of one of `shares` shares of a file, by size. */
export function unitsOfShare(
  file: DwarfFile,
  share: number,
  shares: number,
): { readonly first: number; readonly end: number } {
  const offsets = file.unitOffsets();
  const { size } = file.sections.info;
  const unitAt = (part: number): number => {
    const found = offsets.findIndex((offset) => offset >= (size * part) / shares);
    return found < 0 ? offsets.length : found;
  };
  return { first: unitAt(share), end: unitAt(share + 1) };
}

/** One index of the shares of several workers, which must be of the same file, in order. */
export function mergeNameIndexes(parts: readonly NameIndex[]): NameIndex {
  const total = parts.reduce((sum, { hashes }) => sum + hashes.length, 0);
  const hashes = new Uint32Array(total);
  const strings = new Uint32Array(total);
  const dies = new Float64Array(total);
  const kinds = new Uint8Array(total);
  const keys = new Uint32Array(total);
  const next = parts.map(() => 0);
  let count = 0;
  /** Where the entries of the hash at hand begin. */
  let group = 0;
  /** Keys tell definitions apart as the parts did: equal ones of two parts are one. */
  const isThere = (part: NameIndex, i: number): boolean => {
    for (let at = group; at < count; at++) {
      if (
        keys[at] === part.keys[i] &&
        kinds[at] === part.kinds[i] &&
        strings[at] === part.strings[i]
      ) {
        return true;
      }
    }
    return false;
  };
  for (;;) {
    let least = Infinity;
    for (const [p, part] of parts.entries()) {
      least = Math.min(least, part.hashes[next[p]!] ?? Infinity);
    }
    if (least === Infinity) break;
    group = count;
    for (const [p, part] of parts.entries()) {
      let i = next[p]!;
      for (; part.hashes[i] === least; i++) {
        if (isThere(part, i)) continue;
        hashes[count] = least;
        strings[count] = part.strings[i]!;
        dies[count] = part.dies[i]!;
        kinds[count] = part.kinds[i]!;
        keys[count] = part.keys[i]!;
        count++;
      }
      next[p] = i;
    }
  }
  const first = parts[0]!;
  return {
    infoSize: first.infoSize,
    unitOffsets: first.unitOffsets,
    hashes: hashes.slice(0, count),
    strings: strings.slice(0, count),
    dies: dies.slice(0, count),
    kinds: kinds.slice(0, count),
    keys: keys.slice(0, count),
    warnings: parts.flatMap(({ warnings }) => warnings).slice(0, MAX_WARNINGS),
  };
}

/**
 * DIEs of a name and kind, in the order of the units. Each is looked at: an index that is wrong
 * (a cache may be) finds less, never another thing. @throws FaultError `corrupt`
 */
export function* iterateNamed(
  index: NameIndex,
  file: DwarfFile,
  kind: number,
  name: string,
): Generator<DieRef> {
  const bytes = encodeName(name);
  const hash = hashBytes(bytes, 0, bytes.length);
  const { hashes, kinds, dies } = index;
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hashes[middle]! < hash) low = middle + 1;
    else high = middle;
  }
  for (; low < hashes.length && hashes[low] === hash; low++) {
    if (kinds[low] !== kind || nameAt(index, file, low) !== name) continue;
    const ref = file.dieAt(dies[low]!);
    const die = ref.unit.dieAt(ref.offset);
    if (kindOf(die) === kind && findName(die) === name) yield ref;
  }
}

/** Name of an entry. @throws FaultError `corrupt` */
export function nameAt(index: NameIndex, file: DwarfFile, entry: number): string | undefined {
  const offset = index.strings[entry]!;
  if (offset !== NO_STRING) return file.stringAt(offset);
  const { unit, offset: die } = file.dieAt(index.dies[entry]!);
  return findName(unit.dieAt(die));
}

function readUnit(file: DwarfFile, offset: number, entries: EntrySet): void {
  file.withUnit(offset, (unit) => {
    const die = unit.cursor();
    if (!die.next()) return;
    die.forEachChild((child) => addDie(file, child, entries));
  });
}

function addDie(file: DwarfFile, die: DieCursor, entries: EntrySet): void {
  const kind = kindOf(die);
  if (kind === 0) return;
  let string = die.stringOffset(DW_AT.name);
  let text: string | undefined;
  if (string < 0) {
    text = die.string(DW_AT.name);
    if (text === undefined) {
      // Types without a name are anonymous; a function or variable may have it elsewhere.
      if (kind !== NAME_KIND.variable && kind !== NAME_KIND.function) return;
      string = findInOrigins(die, stringOffsetOf) ?? -1;
      if (string < 0) text = findName(die);
      if (string < 0 && text === undefined) return;
    }
  }
  // Each variable with a place is one of its own: files may have static ones of one name in the same line.
  const isPlaced = kind === NAME_KIND.variable && die.has(DW_AT.location);
  const size = isPlaced ? die.offset : (die.unsigned(DW_AT.byteSize) ?? 0);
  const line = die.unsigned(DW_AT.declLine) ?? 0;
  entries.add(file, kind, string, text, size, line, die.offset);
}

function stringOffsetOf(die: DieCursor): number | undefined {
  const offset = die.stringOffset(DW_AT.name);
  return offset < 0 ? undefined : offset;
}

function kindOf(die: DieCursor): number {
  switch (die.tag) {
    case DW_TAG.structureType:
    case DW_TAG.classType:
      return die.flag(DW_AT.declaration) ? NAME_KIND.structDeclaration : NAME_KIND.struct;
    case DW_TAG.unionType:
      return die.flag(DW_AT.declaration) ? NAME_KIND.unionDeclaration : NAME_KIND.union;
    case DW_TAG.enumerationType:
      return die.flag(DW_AT.declaration) ? 0 : NAME_KIND.enum;
    case DW_TAG.typedef:
      return NAME_KIND.typedef;
    case DW_TAG.baseType:
      return NAME_KIND.base;
    case DW_TAG.variable:
      return die.flag(DW_AT.declaration) ? 0 : NAME_KIND.variable;
    case DW_TAG.subprogram:
      return die.flag(DW_AT.declaration) ? 0 : NAME_KIND.function;
    default:
      return 0;
  }
}
