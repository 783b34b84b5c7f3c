import { eachCallSite, targetOf } from './call-sites.ts';
import { DW_AT, DW_TAG } from './constants.ts';
import type { DieCursor } from './die-cursor.ts';
import { openDie, originOf, sameDie } from './die-names.ts';
import type { CodeFunction, FrameContext } from './frame-context.ts';
import { rangesOf } from './ranges.ts';
import type { DieRef, DwarfUnit } from './unit.ts';

/** Functions looked through; more are not followed. */
const MAX_FUNCTIONS = 256;

/** A call that ends its function, whose frame is then the callee's. */
interface TailCall {
  readonly target: DieRef | undefined;
  /** Link-time address behind the jump. */
  readonly end: number | undefined;
}

/** By unit and offset: the tasks of a machine sleep in the same functions. */
const tailCalls = new WeakMap<DwarfUnit, Map<number, readonly TailCall[]>>();

/**
 * Whether a function's frame can be of a second run of it, which it reached by its own tail calls
 * or those of the functions it ended in: its arguments then changed without a frame. `unknown` where a
 * tail call is indirect, or leads to code without debug information.
 * @throws FaultError `corrupt`
 */
export function mayRunAgain(subprogram: DieRef, frame: FrameContext): 'no' | 'yes' | 'unknown' {
  const self = originOf(openDie(subprogram));
  const todo: CodeFunction[] = [{ die: subprogram, relocate: frame.relocate }];
  const seen = new Set<string>();
  let certain = true;
  for (let function_ = todo.pop(); function_; function_ = todo.pop()) {
    const { die, relocate } = function_;
    for (const call of tailCallsOf(die)) {
      const origin = call.target && originOf(openDie(call.target));
      if (origin && sameDie(origin, self)) return 'yes';
      const next = functionOf(call, relocate, frame);
      if (next === undefined) {
        certain = false;
        continue;
      }
      if (sameDie(next.die, subprogram)) return 'yes';
      const key = `${next.die.unit.section.name} ${next.die.offset} ${next.relocate(-1n)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > MAX_FUNCTIONS) return 'unknown';
      todo.push(next);
    }
  }
  return certain ? 'no' : 'unknown';
}

function tailCallsOf(subprogram: DieRef): readonly TailCall[] {
  const { unit, offset } = subprogram;
  const known = tailCalls.get(unit) ?? new Map<number, readonly TailCall[]>();
  tailCalls.set(unit, known);
  let calls = known.get(offset);
  if (calls === undefined) {
    calls = readTailCalls(openDie(subprogram));
    known.set(offset, calls);
  }
  return calls;
}

function readTailCalls(subprogram: DieCursor): TailCall[] {
  const calls: TailCall[] = [];
  eachCallSite(subprogram, 0, (die) => {
    if (!die.flag(DW_AT.callTailCall) && !die.flag(DW_AT.gnuTailCall)) return true;
    const end = die.address(DW_AT.callReturnPc) ?? die.address(DW_AT.lowPc);
    calls.push({ target: targetOf(die), end });
    return true;
  });
  return calls;
}

/** By the jump itself; another file's function has only a declaration here. */
function functionOf(
  { target, end }: TailCall,
  relocate: CodeFunction['relocate'],
  frame: FrameContext,
): CodeFunction | undefined {
  if (target !== undefined) {
    const die = openDie(target);
    if (die.tag === DW_TAG.subprogram && rangesOf(die).length > 0) return { die: target, relocate };
  }
  if (end === undefined) return undefined;
  const to = targetOfBranch(relocate(BigInt.asUintN(64, BigInt(end))), frame, 'jump');
  return to === undefined ? undefined : frame.functionAt?.(to);
}

/**
 * Where the direct call or jump that ends at an address leads; undefined where another instruction
 * stands there or the code is not in the dump.
 * @param end the dump's
 * @source Intel SDM volume 2: CALL E8 rel32, JMP E9 rel32, Jcc 0F 80..8F rel32
 */
export function targetOfBranch(
  end: bigint,
  { readCode }: Pick<FrameContext, 'readCode'>,
  kind: 'call' | 'jump',
): bigint | undefined {
  const code = readCode?.(end - 6n, 6);
  if (code === undefined) return undefined;
  const [long, short] = [code[1]!, code[0]!];
  const view = new DataView(code.buffer, code.byteOffset, 6);
  const near = BigInt.asUintN(64, end + BigInt(view.getInt32(2, true)));
  if (kind === 'call') return long === 0xe8 ? near : undefined;
  if (long === 0xe9 || (short === 0x0f && (long & 0xf0) === 0x80)) return near;
  return undefined;
}

/** Entry of a function in its file, link-time. @throws FaultError `corrupt` */
export function entryOf(subprogram: DieRef): bigint | undefined {
  const [low] = rangesOf(openDie(subprogram));
  return low === undefined ? undefined : BigInt.asUintN(64, BigInt(low));
}
