import type { Program } from '../program/program.ts';
import { FaultError } from '../base/fault.ts';

/** One taint bit. */
export interface TaintFlag {
  readonly bit: number;
  readonly letter: string;
  /** Why the kernel sets it, in a few words. */
  readonly meaning: string;
}

/**
 * Taint bits by number. Bit 0 shows as G when it is clear. Letters since 4.10; later kernels only
 * add at the end. Checked against the `taint_flags` of a 7.2 kernel's own memory.
 * @source include/linux/panic.h TAINT_*, kernel/panic.c `taint_flags[]`,
 * Documentation/admin-guide/tainted-kernels.rst
 */
const TAINT_FLAGS: readonly TaintFlag[] = [
  ['P', 'a module with a proprietary licence was loaded'],
  ['F', 'a module was force-loaded'],
  ['S', 'the kernel runs on an out-of-specification system'],
  ['R', 'a module was force-unloaded'],
  ['M', 'the processor reported a machine check'],
  ['B', 'a bad page or unexpected page flags were found'],
  ['U', 'user space asked for the taint'],
  ['D', 'the kernel died before: an oops or BUG'],
  ['A', 'an ACPI table was overridden'],
  ['W', 'the kernel issued a warning'],
  ['C', 'a staging driver was loaded'],
  ['I', 'a severe firmware bug is worked around'],
  ['O', 'an out-of-tree module was loaded'],
  ['E', 'an unsigned module was loaded'],
  ['L', 'a soft lockup occurred'],
  ['K', 'the kernel has been live-patched'],
  ['X', 'auxiliary taint of the distribution'],
  ['T', 'the kernel was built with structure randomization'],
  ['N', 'an in-kernel test has been run'],
  ['J', 'a mutating debug operation of fwctl was used'],
].map(([letter, meaning], bit) => ({ bit, letter: letter!, meaning: meaning! }));

/** Flags that are set, ascending by bit; a bit that has no letter here shows as its number. */
export function taintFlagsOf(mask: bigint): readonly TaintFlag[] {
  const flags: TaintFlag[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((mask >> BigInt(bit)) & 1n) === 0n) continue;
    flags.push(
      TAINT_FLAGS[bit] ?? {
        bit,
        letter: `(${bit})`,
        meaning: 'a taint bit unknown to this program',
      },
    );
  }
  return flags;
}

/** Letters of the set flags, e.g. `OE`. */
export function taintLetters(mask: bigint): string {
  return taintFlagsOf(mask)
    .map((flag) => flag.letter)
    .join('');
}

/** The kernel's `tainted_mask`. @throws FaultError */
export function readTaintMask(program: Program): bigint {
  return program.global('tainted_mask', 'unsigned long').bigint();
}

/** As {@link readTaintMask}; undefined when it cannot be read. */
export function findTaintMask(program: Program): bigint | undefined {
  try {
    return readTaintMask(program);
  } catch (error) {
    if (error instanceof FaultError) return undefined;
    throw error;
  }
}
