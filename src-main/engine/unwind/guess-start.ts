import { addVirt, virtAddr, type VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { UnwindEnvironment } from './environment.ts';
import { unwind, type UnwindOptions, type UnwoundFrames } from './trace.ts';

const CALL_LENGTH = 5;

/**
 * A guess at where a sleeping task left its CPU, when thread.sp is missing: the lowest word of its
 * stack that follows a call of __switch_to_asm and from which the stack unwinds to its end.
 * Older, deeper switches leave such words too, so it stays a guess.
 */
export function searchSwitch(
  env: UnwindEnvironment,
  switchTo: VirtAddr | undefined,
  options: Omit<UnwindOptions, 'guess'> = {},
): UnwoundFrames | undefined {
  const stack = env.stacks.find(({ kind }) => kind === 'task');
  if (stack === undefined || switchTo === undefined) return undefined;
  for (let slot = stack.start; slot + 8n <= stack.end; slot += 8n) {
    const pc = tryRead(() => env.readU64(virtAddr(slot)));
    if (pc === undefined || !env.isText(virtAddr(pc)) || !calls(env, pc, switchTo)) continue;
    const bp = tryRead(() => env.readU64(virtAddr(slot - 8n))) ?? 0n;
    const start = { pc, sp: slot + 8n, bp, slot, interrupted: false, guessed: true };
    const found = unwind(env, start, options);
    const why = found.end.why;
    if (why === 'end of the stack' || why === 'entered from user mode') return found;
  }
  return undefined;
}

/** The instruction before `pc` is `call target`. */
function calls(env: UnwindEnvironment, pc: bigint, target: bigint): boolean {
  const bytes = tryRead(() => env.read(addVirt(virtAddr(pc), -CALL_LENGTH), CALL_LENGTH));
  if (bytes?.[0] !== 0xe8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return BigInt.asUintN(64, pc + BigInt(view.getInt32(1, true))) === target;
}
