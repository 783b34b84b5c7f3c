import { FaultError } from '../base/fault.ts';
import { ORC_BITS_4_14, ORC_BITS_6_3, ORC_BITS_6_4, type OrcBits } from './orc-layout.ts';

/** Where a value is found; see OrcEntry. */
export type OrcRegister =
  | 'undefined'
  | 'prev-sp'
  | 'ax'
  | 'dx'
  | 'di'
  | 'bp'
  | 'sp'
  | 'r10'
  | 'r13'
  | 'bp-indirect'
  | 'sp-indirect'
  | 'invalid';

/** ORC_REG_* by number. @source arch/x86/include/asm/orc_types.h, 4.14 to 6.18 at least */
export const ORC_REGISTERS_4_14: readonly OrcRegister[] = [
  'undefined',
  'prev-sp',
  'dx',
  'di',
  'bp',
  'sp',
  'r10',
  'r13',
  'bp-indirect',
  'sp-indirect',
];

/** The same, renumbered by the time of 7.2; struct orc_entry kept its members. */
export const ORC_REGISTERS_7: readonly OrcRegister[] = [
  'undefined',
  'ax',
  'dx',
  'sp',
  'bp',
  'di',
  'r10',
  'r13',
  'prev-sp',
  'sp-indirect',
  'bp-indirect',
];

/** Runs of entries looked at, spread over the table. */
const RUNS = 8;
const PER_RUN = 64;

/**
 * Flag words of some hundred entries from all over a table. Runs on missing pages are left out.
 * @param readFlags flag words of `count` entries from an index on
 * @throws FaultError when no run can be read
 */
export function sampleOrcTable(
  count: number,
  readFlags: (index: number, count: number) => readonly number[],
): readonly number[] {
  const sample: number[] = [];
  let missing: FaultError | undefined;
  const step = Math.max(PER_RUN, Math.floor(count / RUNS));
  for (let index = 0; index < count; index += step) {
    try {
      sample.push(...readFlags(index, Math.min(PER_RUN, count - index)));
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      missing = error;
    }
  }
  if (sample.length === 0 && missing !== undefined) throw missing;
  return sample;
}

/**
 * What the register numbers mean: the type of struct orc_entry cannot tell, the entries can. Nearly
 * all find the caller's sp from SP, which is 5 or 3; the other number is DI, a rarity. (The hash in
 * `.orc_header` names the format too, but has no symbol in every kernel, and none in modules.)
 */
export function orcRegistersOf(sample: readonly number[]): readonly OrcRegister[] {
  let three = 0;
  let five = 0;
  for (const flags of sample) {
    if ((flags & 0xf) === 3) three++;
    if ((flags & 0xf) === 5) five++;
  }
  return three > five ? ORC_REGISTERS_7 : ORC_REGISTERS_4_14;
}

/**
 * Where the fields are, without types: most entries are of ordinary functions (ORC_TYPE_CALL),
 * whose number is 2 since 6.4 and was 0 before; a set bit 10 beside a stack register is 6.3's
 * `signal` (before, it was `end`, which comes without a stack register). A heuristic: a module's
 * small table cannot always tell 6.2 from 6.3.
 */
export function guessOrcBits(sample: readonly number[]): OrcBits {
  let calls = 0;
  let known = 0;
  let signals = 0;
  for (const flags of sample) {
    if ((flags & 0xf) !== 0) known++;
    if ((flags & 0xf) !== 0 && ((flags >>> 8) & 7) === 2) calls++;
    if ((flags & 0x800) !== 0 || ((flags & 0x400) !== 0 && (flags & 0xf) !== 0)) signals++;
  }
  if (calls * 2 > known) return ORC_BITS_6_4;
  return signals > 0 ? ORC_BITS_6_3 : ORC_BITS_4_14;
}
