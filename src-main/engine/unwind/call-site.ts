import { addVirt, type VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { UnwindEnvironment } from './environment.ts';

const LONGEST = 8;

/**
 * True when the instruction before the address is a call, so that the address can be a return
 * address. Bytes can look like a call by chance: a sign, not a proof.
 * @source Intel SDM volume 2, CALL: E8 rel32, FF /2 with any addressing
 */
export function isAfterCall(env: UnwindEnvironment, address: VirtAddr): boolean {
  if (!env.isText(address) && !env.isExecutable(address)) return false;
  const bytes = tryRead(() => env.read(addVirt(address, -LONGEST), LONGEST));
  if (bytes === undefined) return false;
  if (bytes[LONGEST - 5] === 0xe8) return true;
  for (let length = 2; length <= 7; length++) {
    const at = LONGEST - length;
    if (bytes[at] === 0xff && lengthOfIndirectCall(bytes[at + 1]!, bytes[at + 2]) === length) {
      return true;
    }
  }
  return false;
}

/** Bytes of FF /2 with this ModRM and SIB, without prefixes; 0 when it is no call. */
function lengthOfIndirectCall(modrm: number, sib: number | undefined): number {
  if (((modrm >> 3) & 7) !== 2) return 0;
  const mode = modrm >> 6;
  const base = modrm & 7;
  if (mode === 3) return 2;
  const withSib = base === 4 ? 1 : 0;
  if (mode === 1) return 3 + withSib;
  if (mode === 2) return 6 + withSib;
  const wide = base === 5 || (withSib === 1 && sib !== undefined && (sib & 7) === 5);
  return 2 + withSib + (wide ? 4 : 0);
}
