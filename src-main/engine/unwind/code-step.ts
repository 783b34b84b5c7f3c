import { hex, virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import { isAfterCall } from './call-site.ts';
import { codeFrameAt } from './code-frame.ts';
import type { UnwindEnvironment } from './environment.ts';
import { UnwindStop, type StackAccess } from './stack-access.ts';
import type { UnwindState, UnwindStep } from './state.ts';

const MAX_FUNCTION = 64 * 1024;

/**
 * The caller of a function that objtool was told to leave alone (STACK_FRAME_NON_STANDARD, such as
 * __crash_kexec, where every kdump's panic backtrace begins): its frame is computed from its own
 * instructions, and the word found must follow a call.
 * @throws UnwindStop, FaultError
 */
export function stepByCode(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
): UnwindStep {
  const lookup = state.interrupted ? state.pc : state.pc - 1n;
  const symbol = env.symbolAt(virtAddr(lookup));
  const stop = (why: string): UnwindStop =>
    new UnwindStop(
      `the kernel has no unwind information for ${symbol?.name ?? hex(state.pc)}${why}`,
    );
  // A split-off part is entered by a jump, with a frame that is not its own.
  if (symbol === undefined || symbol.size === 0 || symbol.size > MAX_FUNCTION) throw stop('');
  if (/\.cold(\.|$)/.test(symbol.name)) throw stop('');
  const start = lookup - BigInt(symbol.offset);
  const code = tryRead(() => env.read(virtAddr(start), symbol.size));
  const frame = code && codeFrameAt(code, Number(state.pc - start), !state.interrupted);
  if (frame === undefined) throw stop(', and its instructions do not tell where its frame is');

  const base = frame.cfa.register === 'rsp' ? state.sp : state.bp;
  const cfa = BigInt.asUintN(64, base + BigInt(frame.cfa.offset));
  const slot = cfa - 8n;
  const pc = access.readU64(slot, 'return address');
  if (!isAfterCall(env, virtAddr(pc)))
    throw stop(', and no return address lies where its frame ends');
  const bp =
    frame.savedFramePointer === undefined
      ? state.bp
      : access.readU64(cfa - BigInt(frame.savedFramePointer), 'saved frame pointer');
  const next: UnwindState = {
    pc,
    sp: cfa,
    bp,
    slot,
    interrupted: false,
    registers: undefined,
    earlierRegisters: undefined,
    method: 'cfi',
    foundBy: 'instructions',
    exact: state.exact,
    stack: access.advance(state, cfa, slot),
  };
  return { kind: 'next', state: next };
}
