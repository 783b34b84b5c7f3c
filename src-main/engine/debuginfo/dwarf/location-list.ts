import type { DwarfCursor } from './cursor.ts';
import type { LocationAttribute } from './die-cursor.ts';
import { readList } from './list-window.ts';
import type { DwarfUnit } from './unit.ts';

const DW_LLE = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  defaultLocation: 5,
  baseAddress: 6,
  startEnd: 7,
  startLength: 8,
  viewPair: 9,
} as const;

/** Expression that holds at an address, or that none does there. */
export type LocationAt =
  | { readonly kind: 'expression'; readonly bytes: Uint8Array }
  /** The list has entries for other addresses only: the value was not kept here. */
  | { readonly kind: 'not-here' };

/**
 * @param address link-time, signed double
 * @throws FaultError `corrupt`
 */
export function locationAt(
  unit: DwarfUnit,
  location: LocationAttribute,
  address: number,
): LocationAt {
  if (location.kind === 'expression') return location;
  const { file, header, root } = unit;
  const bytes =
    header.version >= 5
      ? readList(file.require('loclists', '.debug_loclists'), location.offset, (cursor) =>
          searchLoclist(cursor, unit, root.lowPc, address),
        )
      : readList(file.require('loc', '.debug_loc'), location.offset, (cursor) =>
          searchLoc(cursor, header.addressSize, root.lowPc, address),
        );
  return bytes === undefined ? { kind: 'not-here' } : { kind: 'expression', bytes };
}

function searchLoc(
  cursor: DwarfCursor,
  addressSize: number,
  lowPc: number,
  address: number,
): Uint8Array | undefined {
  const selector = addressSize === 8 ? -1 : 0xffffffff;
  for (let base = lowPc; ;) {
    const low = cursor.address(addressSize);
    const high = cursor.address(addressSize);
    if (low === 0 && high === 0) return undefined;
    if (low === selector) {
      base = high;
      continue;
    }
    const bytes = cursor.take(cursor.u16());
    if (address >= base + low && address < base + high) return bytes;
  }
}

function searchLoclist(
  cursor: DwarfCursor,
  unit: DwarfUnit,
  lowPc: number,
  address: number,
): Uint8Array | undefined {
  const { addressSize } = unit.header;
  const indexed = (): number => unit.file.indexedAddress(unit, cursor.uleb());
  let otherwise: Uint8Array | undefined;
  for (let base = lowPc; ;) {
    const kind = cursor.u8();
    let low: number;
    let high: number;
    switch (kind) {
      case DW_LLE.endOfList:
        return otherwise;
      case DW_LLE.baseAddressx:
        base = indexed();
        continue;
      case DW_LLE.baseAddress:
        base = cursor.address(addressSize);
        continue;
      case DW_LLE.viewPair:
        cursor.skipLeb();
        cursor.skipLeb();
        continue;
      case DW_LLE.defaultLocation:
        otherwise = cursor.take(cursor.uleb());
        continue;
      case DW_LLE.startxEndx:
        low = indexed();
        high = indexed();
        break;
      case DW_LLE.startxLength:
        low = indexed();
        high = low + cursor.uleb();
        break;
      case DW_LLE.offsetPair:
        low = base + cursor.uleb();
        high = base + cursor.uleb();
        break;
      case DW_LLE.startEnd:
        low = cursor.address(addressSize);
        high = cursor.address(addressSize);
        break;
      case DW_LLE.startLength:
        low = cursor.address(addressSize);
        high = low + cursor.uleb();
        break;
      default:
        throw cursor.corrupt('a kind of location list entry', String(kind));
    }
    const bytes = cursor.take(cursor.uleb());
    if (address >= low && address < high) return bytes;
  }
}
