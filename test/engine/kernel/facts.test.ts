import { describe, expect, it } from 'vitest';
import { installedMemoryGuess } from '../../../src-main/engine/kernel/memory-size.ts';
import { taintFlagsOf, taintLetters } from '../../../src-main/engine/kernel/taint.ts';
import { loadAverage, ticksPerSecond, uptime } from '../../../src-main/engine/kernel/time.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const CLOCK = 0xffff_ffff_8200_0000n;
const JIFFIES = 0xffff_ffff_8200_1000n;
const AVENRUN = 0xffff_ffff_8200_2000n;

/** A machine whose ticks last this long, `ticks` after boot. */
function ticking(nanoseconds: number, hz: number, ticks: bigint): DrawnMachine {
  return new DrawnMachine('struct clocksource { unsigned int mult; unsigned int shift; }')
    .symbol('clocksource_jiffies', CLOCK)
    .put('struct clocksource', CLOCK, { mult: nanoseconds * 256 })
    .symbol('jiffies_64', JIFFIES)
    .u64(JIFFIES, BigInt((-300 * hz) >>> 0) + ticks);
}

describe('time', () => {
  it.each([
    [4_000_000, 250],
    [1_000_000, 1000],
    [10_000_000, 100],
    [3_333_333, 300],
  ])('a tick of %i ns means %i a second', (nanoseconds, hz) => {
    expect(ticksPerSecond(ticking(nanoseconds, hz, 0n).program())).toBe(hz);
  });

  it('counts uptime across the early wrap of jiffies', () => {
    expect(uptime(ticking(4_000_000, 250, 2_300n).program()).value).toBe(9);
    expect(uptime(ticking(4_000_000, 250, 250n * 90_000n).program()).value).toBe(90_000);
  });

  it('does not believe an impossible tick', () => {
    expect(() => ticksPerSecond(ticking(1, 250, 0n).program())).toThrow('length of a tick');
  });

  it('reads the load as the kernel keeps it, 11 bits of fraction', () => {
    const machine = new DrawnMachine('').symbol('avenrun', AVENRUN);
    machine
      .u64(AVENRUN, 2048n)
      .u64(AVENRUN + 8n, 1024n)
      .u64(AVENRUN + 16n, 0n);
    expect(loadAverage(machine.program())).toEqual([1, 0.5, 0]);
  });
});

describe('taints', () => {
  it('are letters and meanings', () => {
    expect(taintLetters(0n)).toBe('');
    expect(taintLetters((1n << 12n) | (1n << 13n) | (1n << 9n))).toBe('WOE');
    expect(taintFlagsOf(1n << 7n)[0]?.meaning).toContain('died before');
  });

  it('do not lose a bit that is not known here', () => {
    expect(taintLetters(1n << 40n)).toBe('(40)');
  });
});

describe('the size of memory', () => {
  it('is rounded to whole gigabytes only when little is missing', () => {
    const mib = 1024 * 1024;
    expect(installedMemoryGuess(1024 * mib - 532_480)).toBe(1024 * mib);
    expect(installedMemoryGuess(512 * mib - 4096)).toBe(512 * mib - 4096);
  });
});
