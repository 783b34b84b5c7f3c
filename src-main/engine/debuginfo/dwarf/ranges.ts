import { DW_AT, DW_FORM } from './constants.ts';
import type { DwarfCursor } from './cursor.ts';
import type { DieCursor } from './die-cursor.ts';
import { ListBudget, readList } from './list-window.ts';
import type { DwarfUnit } from './unit.ts';

/** Low, high, low, high…; half-open, addresses as signed doubles. */
export type Ranges = readonly number[];

const DW_RLE = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

/**
 * Code that a DIE covers: DW_AT_ranges, or DW_AT_low_pc with DW_AT_high_pc; empty when it has none.
 * @param budget shared by the DIEs that one question goes over
 * @throws FaultError `corrupt`
 */
export function rangesOf(die: DieCursor, budget = new ListBudget()): Ranges {
  const { unit } = die;
  if (die.has(DW_AT.ranges)) {
    const value = die.unsigned(DW_AT.ranges);
    if (value === undefined) return [];
    const index = die.formOf(DW_AT.ranges) === DW_FORM.rnglistx;
    return readRanges(unit, index ? unit.file.rnglistAt(unit, value) : value, budget);
  }
  const low = die.address(DW_AT.lowPc);
  if (low === undefined || !die.has(DW_AT.highPc)) return [];
  const length = die.unsigned(DW_AT.highPc);
  const high = length === undefined ? die.address(DW_AT.highPc) : low + length;
  return high === undefined || high <= low ? [] : [low, high];
}

function readRanges(unit: DwarfUnit, offset: number, budget: ListBudget): Ranges {
  const { file, header, root } = unit;
  const isNew = header.version >= 5;
  const section = isNew
    ? file.require('rnglists', '.debug_rnglists')
    : file.require('ranges', '.debug_ranges');
  const parse = (cursor: DwarfCursor): Ranges =>
    isNew
      ? parseRnglist(cursor, unit, root.lowPc)
      : parseRanges(cursor, header.addressSize, root.lowPc);
  return readList(section, offset, parse, budget);
}

function parseRanges(cursor: DwarfCursor, addressSize: number, lowPc: number): Ranges {
  const ranges: number[] = [];
  const selector = addressSize === 8 ? -1 : 0xffffffff;
  for (let base = lowPc; ;) {
    const low = cursor.address(addressSize);
    const high = cursor.address(addressSize);
    if (low === 0 && high === 0) return ranges;
    if (low === selector) base = high;
    else if (low < high) ranges.push(base + low, base + high);
  }
}

function parseRnglist(cursor: DwarfCursor, unit: DwarfUnit, lowPc: number): Ranges {
  const ranges: number[] = [];
  const { addressSize } = unit.header;
  const indexed = (): number => unit.file.indexedAddress(unit, cursor.uleb());
  const add = (low: number, high: number): void => {
    if (low < high) ranges.push(low, high);
  };
  for (let base = lowPc; ;) {
    const kind = cursor.u8();
    switch (kind) {
      case DW_RLE.endOfList:
        return ranges;
      case DW_RLE.baseAddressx:
        base = indexed();
        break;
      case DW_RLE.startxEndx:
        add(indexed(), indexed());
        break;
      case DW_RLE.startxLength: {
        const low = indexed();
        add(low, low + cursor.uleb());
        break;
      }
      case DW_RLE.offsetPair: {
        const low = cursor.uleb();
        add(base + low, base + cursor.uleb());
        break;
      }
      case DW_RLE.baseAddress:
        base = cursor.address(addressSize);
        break;
      case DW_RLE.startEnd: {
        const low = cursor.address(addressSize);
        add(low, cursor.address(addressSize));
        break;
      }
      case DW_RLE.startLength: {
        const low = cursor.address(addressSize);
        add(low, low + cursor.uleb());
        break;
      }
      default:
        throw cursor.corrupt('a kind of range list entry', String(kind));
    }
  }
}

export function covers(ranges: Ranges, address: number): boolean {
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    if (address >= ranges[i]! && address < ranges[i + 1]!) return true;
  }
  return false;
}
