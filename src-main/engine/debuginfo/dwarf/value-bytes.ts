import { describeFault, FaultError, type Fault } from '../../base/fault.ts';
import type { Place, ValueLocation } from './location.ts';

/** Bits of a value that could not be had, and why. */
export interface MissingBits {
  readonly bitOffset: number;
  readonly bitSize: number;
  /** Sentence without a full stop. */
  readonly why: string;
  readonly fault: Fault;
}

export interface ValueBytes {
  /** Little-endian as in memory; zero where bits are missing. */
  readonly bytes: Uint8Array;
  /** Ascending; empty when the whole value is known. */
  readonly missing: readonly MissingBits[];
}

/** Larger values are only read in parts. */
const MAX_SIZE = 1024 * 1024;

/**
 * A value's bytes from where it is, put together from its pieces.
 * @param size of its type in bytes, up to 1 MiB
 * @param read exactly `length` bytes of memory; throws FaultError
 */
export function readValueBytes(
  location: ValueLocation,
  size: number,
  read: (address: bigint, length: number) => Uint8Array,
): ValueBytes {
  const bytes = new Uint8Array(Math.min(Math.max(0, size), MAX_SIZE));
  const bits = bytes.length * 8;
  const whole = { place: location.place, bitOffset: 0, bitSize: bits, placeBitOffset: 0 };
  const missing: MissingBits[] = [];
  let end = 0;
  for (const { place, bitOffset, bitSize, placeBitOffset } of location.pieces ?? [whole]) {
    const count = Math.min(bitSize, bits - bitOffset);
    if (count <= 0) break;
    end = bitOffset + count;
    const part = bytesOfPlace(place, Math.ceil((placeBitOffset + count) / 8), read);
    if ('kind' in part) missing.push(missingBits(bitOffset, count, part));
    else copyBits(part, placeBitOffset, bytes, bitOffset, count);
  }
  if (end < bits) {
    const why = 'this part was optimized out by the compiler';
    missing.push(missingBits(end, bits - end, { kind: 'optimized-out', why }));
  }
  return { bytes, missing };
}

function missingBits(bitOffset: number, bitSize: number, fault: Fault): MissingBits {
  return { bitOffset, bitSize, why: describeFault(fault), fault };
}

/** Bytes, or why there are none. */
function bytesOfPlace(
  place: Place,
  length: number,
  read: (address: bigint, length: number) => Uint8Array,
): Uint8Array | Fault {
  switch (place.kind) {
    case 'memory':
      try {
        return read(place.address, length);
      } catch (error) {
        if (error instanceof FaultError) return error.fault;
        throw error;
      }
    case 'register':
      if (length > 8) {
        const why = `register ${place.register} is smaller than the value`;
        return { kind: 'unavailable', why };
      }
      return Uint8Array.from({ length }, (_, i) => Number((place.value >> BigInt(8 * i)) & 0xffn));
    case 'bytes': {
      // A computed value is as wide as the stack's type: narrower types take its low bytes.
      const bytes = new Uint8Array(length);
      bytes.set(place.bytes.subarray(0, length));
      return place.bytes.length < length && place.bytes.length < 8
        ? { kind: 'unavailable', why: `only ${place.bytes.length} bytes of it are known` }
        : bytes;
    }
    case 'implicit-pointer':
      return { kind: 'optimized-out', why: 'it points to a value that is not in memory' };
    case 'absent':
      return {
        kind: place.reason === 'optimized-out' ? 'optimized-out' : 'unavailable',
        why: place.why,
      };
  }
}

function copyBits(
  from: Uint8Array,
  fromBit: number,
  to: Uint8Array,
  toBit: number,
  count: number,
): void {
  if (fromBit % 8 === 0 && toBit % 8 === 0 && count % 8 === 0) {
    to.set(from.subarray(fromBit / 8, (fromBit + count) / 8), toBit / 8);
    return;
  }
  for (let i = 0; i < count; i++) {
    const bit = (from[(fromBit + i) >>> 3]! >>> ((fromBit + i) & 7)) & 1;
    to[(toBit + i) >>> 3]! |= bit << ((toBit + i) & 7);
  }
}
