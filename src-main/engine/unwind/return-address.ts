import { hex, virtAddr, type VirtAddr } from '../base/address.ts';
import type { UnwindEnvironment } from './environment.ts';
import { UnwindStop, type StackAccess } from './stack-access.ts';

/**
 * The return address in a slot, or the one that a tracer replaced there.
 * @throws UnwindStop when it is no code, FaultError
 */
export function returnAddressAt(env: UnwindEnvironment, access: StackAccess, slot: bigint): bigint {
  let pc = access.readU64(slot, 'return address');
  const replaced = env.replacedReturn(virtAddr(slot), pc as VirtAddr);
  if (replaced !== undefined) {
    if (replaced.original === undefined) {
      throw new UnwindStop(
        `the return address at ${hex(slot)} was replaced by ${replaced.hook} and the original was not found`,
      );
    }
    pc = replaced.original;
  }
  const call = virtAddr(pc - 1n);
  if (!env.isText(call) && !env.isExecutable(call)) {
    // Better no frame than one that is none: the reason names the word and its place.
    throw new UnwindStop(`the return address ${hex(pc)} at ${hex(slot)} is no code`);
  }
  return pc;
}
