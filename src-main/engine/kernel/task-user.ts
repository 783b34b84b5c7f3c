import { addVirt, type PhysAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { textOfBytes, type AddressSpace } from '../program/address-space.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { requirePart, type Task } from './task.ts';

/** Arguments and environment are bounded by the stack limit; this is what is read of each. */
const MAX_STRINGS = 128 * 1024;

/** `pgd`'s low bits carry flags (PCID) in CR3 only; in mm->pgd they are zero. */
export function pgdOf(program: Program, mm: KernelObject): PhysAddr {
  return program.kernel.translate(mm.member('pgd').pointer());
}

/**
 * The user address space of a task; undefined for tasks without an mm.
 * @throws FaultError when `mm->pgd` cannot be read or translated
 */
export function findUserSpace(program: Program, task: Task): AddressSpace | undefined {
  const address = requirePart(task, task.mm);
  if (address === 0n) return undefined;
  const mm = program.object('struct mm_struct', address);
  return program.userSpace(pgdOf(program, mm), `user of ${task.pid} (${task.command})`);
}

/** NUL-separated strings of user memory, and why they are incomplete. */
export interface UserStrings {
  readonly strings: readonly string[];
  readonly problem: string | undefined;
}

/** The command line of a process, `mm->arg_start` to `arg_end`. @throws FaultError */
export function taskArguments(program: Program, task: Task): UserStrings {
  return userStrings(program, task, 'arg_start', 'arg_end');
}

/** The environment a process was started with, `mm->env_start` to `env_end`. @throws FaultError */
export function taskEnvironment(program: Program, task: Task): UserStrings {
  return userStrings(program, task, 'env_start', 'env_end');
}

function userStrings(program: Program, task: Task, from: string, to: string): UserStrings {
  const space = findUserSpace(program, task);
  if (space === undefined) return { strings: [], problem: 'no user address space' };
  const mm = program.object('struct mm_struct', requirePart(task, task.mm));
  const start = mm.member(from).pointer();
  const end = mm.member(to).pointer();
  if (start >= end) return { strings: [], problem: undefined };
  const whole = Number(end - start);
  const length = Math.min(whole, MAX_STRINGS);
  const { bytes, problem } = readUpTo(space, start, length);
  const cut = whole > length ? `only the first ${length} of ${whole} bytes were read` : undefined;
  const text = textOfBytes(bytes);
  const strings = text.endsWith('\0') ? text.slice(0, -1).split('\0') : text.split('\0');
  return { strings: bytes.length === 0 ? [] : strings, problem: problem ?? cut };
}

/** Whole pages up to the first that is missing. */
function readUpTo(
  space: AddressSpace,
  start: VirtAddr,
  length: number,
): { bytes: Uint8Array; problem: string | undefined } {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const at = addVirt(start, done);
    const chunk = Math.min(4096 - Number(at & 0xfffn), length - done);
    try {
      space.readInto(at, bytes, done, chunk);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      return { bytes: bytes.subarray(0, done), problem: error.message };
    }
    done += chunk;
  }
  return { bytes, problem: undefined };
}
