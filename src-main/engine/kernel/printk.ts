import type { Program } from '../program/program.ts';
import { FaultError, type Fault } from '../base/fault.ts';
import { memoized } from '../base/memo.ts';
import { readPrintkRingbuffer } from './printk-ringbuffer.ts';
import { readStructuredLog } from './printk-structured.ts';

/** One printk record. */
export interface PrintkRecord {
  readonly seq: number;
  /** local_clock() at printk, nanoseconds. */
  readonly tsNsec: bigint;
  /** 0 emerg … 7 debug. */
  readonly level: number;
  /** syslog facility; 0 is the kernel. */
  readonly facility: number;
  /** `T123` a task, `C1` a CPU; empty when the kernel does not store it. */
  readonly caller: string;
  /** May hold `\n`; bytes that are not UTF-8 as `\xNN`. */
  readonly text: string;
  /** `KEY=value` pairs: SUBSYSTEM, DEVICE. */
  readonly context: readonly string[];
}

export interface PrintkLog {
  /** Oldest first. */
  readonly records: readonly PrintkRecord[];
  /** Records known to be lost or unreadable, full sentences. */
  readonly warnings: readonly string[];
  /** Why there is no log at all. */
  readonly fault?: Fault;
}

/**
 * The kernel log: the lockless ring buffer `prb` since 5.10 (commit 896fbe20b4e2), `log_buf` with
 * `struct printk_log` records before. Never throws a FaultError: what cannot be read is a warning.
 * @source kernel/printk/printk.c
 */
export const readPrintkLog = memoized((program: Program): PrintkLog => {
  try {
    if (program.symbols.has('prb')) {
      return readPrintkRingbuffer(program, program.global('prb', 'unsigned long').pointer());
    }
    return readStructuredLog(program);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const warnings = [`The kernel log cannot be read: ${error.message}.`];
    return { records: [], warnings, fault: error.fault };
  }
});
