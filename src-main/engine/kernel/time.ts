import { FaultError, tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';

/** A number with how it is known. */
export interface Known<T> {
  readonly value: T;
  readonly evidence: string;
}

/**
 * The timekeeper. `timekeeper_data[TIMEKEEPER_CORE]` since 6.17 (commit 22c62b9a84b8), `tk_core` since
 * 6.13 a named `struct tk_data`; before, tk_core's type has no name and the copy that the tick keeps,
 * `shadow_timekeeper`, is read.
 * @throws FaultError
 * @source kernel/time/timekeeping.c
 */
export function timekeeper(program: Program): { keeper: KernelObject; name: string } {
  if (program.findType('struct tk_data') !== undefined) {
    for (const name of ['timekeeper_data', 'tk_core']) {
      if (!program.symbols.has(name)) continue;
      return { keeper: program.global(name, 'struct tk_data').member('timekeeper'), name };
    }
  }
  const name = 'shadow_timekeeper';
  return { keeper: program.global(name, 'struct timekeeper'), name };
}

/** Wall clock at the crash, seconds since the epoch. @throws FaultError */
export function crashDate(program: Program): Known<number> {
  const { keeper, name } = timekeeper(program);
  return { value: keeper.member('xtime_sec').number(), evidence: `${name}: xtime_sec` };
}

/** JIFFIES_SHIFT. @source kernel/time/jiffies.c */
const JIFFIES_SHIFT = 8;

/**
 * Ticks per second, from the jiffies clock source: its `mult` is the nanoseconds of a tick.
 * @throws FaultError
 */
export function ticksPerSecond(program: Program): number {
  const clocksource = program.global('clocksource_jiffies', 'struct clocksource');
  const tickNsec = clocksource.member('mult').number() / 2 ** JIFFIES_SHIFT;
  const hz = Math.round(1e9 / tickNsec);
  if (hz >= 10 && hz <= 100_000) return hz;
  throw new FaultError({
    kind: 'corrupt',
    what: 'clocksource_jiffies.mult',
    expected: 'the length of a tick',
    found: `${tickNsec} ns`,
  });
}

/** Ticks since boot: `jiffies_64` starts five minutes before it wraps. @throws FaultError */
export function ticksSinceBoot(program: Program, hz: number): bigint {
  const jiffies = BigInt.asUintN(64, program.global('jiffies_64', 'u64').bigint());
  const initial = BigInt((-300 * hz) >>> 0); // INITIAL_JIFFIES, include/linux/jiffies.h
  return BigInt.asUintN(64, jiffies - initial);
}

/**
 * Seconds since boot: ticks as crash counts; where the tick length is not known, the timekeeper's
 * monotonic seconds plus time asleep.
 * @throws FaultError
 */
export function uptime(program: Program): Known<number> {
  const hz = tryRead(() => ticksPerSecond(program));
  const ticks = hz === undefined ? undefined : tryRead(() => ticksSinceBoot(program, hz));
  if (hz !== undefined && ticks !== undefined) {
    return { value: Number(ticks / BigInt(hz)), evidence: `jiffies_64, ${hz} ticks a second` };
  }
  const { keeper, name } = timekeeper(program);
  const asleep = keeper.member('offs_boot').bigint() / 1_000_000_000n;
  const seconds = keeper.member('ktime_sec').number() + Number(asleep);
  return { value: seconds, evidence: `${name}: ktime_sec + offs_boot` };
}

/** Load over 1, 5 and 15 minutes. @throws FaultError @source kernel/sched/loadavg.c, FSHIFT 11 */
export function loadAverage(program: Program): readonly [number, number, number] {
  const averages = program.global('avenrun', 'unsigned long [3]');
  const load = (i: number): number => averages.index(i).number() / 2048;
  return [load(0), load(1), load(2)];
}
