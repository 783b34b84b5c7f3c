import { hex, type PhysAddr, type VirtAddr } from './address.ts';

/** Page-table level at which a walk ended, in the kernel's words. */
export type PageLevel = 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';

/**
 * Why bytes (or a type, or a symbol) could not be had. A closed union that carries the facts; the
 * text is derived by {@link describeFault}. "excluded", "absent", "not-present" and
 * "unknown-*" are different answers and stay different to the last pixel.
 */
export type Fault =
  /** The page exists in the machine's RAM but the dump filter left it out. */
  | { readonly kind: 'excluded'; readonly phys: PhysAddr; readonly virt?: VirtAddr }
  /** The dump does not know the page: outside RAM, beyond a truncated file, or in a missing part. */
  | {
      readonly kind: 'not-in-dump';
      readonly phys: PhysAddr;
      readonly virt?: VirtAddr;
      readonly why: 'not-ram' | 'truncated' | 'missing-part';
    }
  /** The page tables do not map the address. `entry` is the table entry that ended the walk. */
  | {
      readonly kind: 'not-present';
      readonly virt: VirtAddr;
      readonly level: PageLevel;
      readonly entry: bigint;
    }
  /** Not a canonical address on this machine. */
  | { readonly kind: 'non-canonical'; readonly virt: VirtAddr }
  /** A type or a member is not known to any type finder; `asked` lists who was asked. */
  | { readonly kind: 'unknown-type'; readonly name: string; readonly asked: readonly string[] }
  | { readonly kind: 'unknown-symbol'; readonly name: string; readonly asked: readonly string[] }
  /** Bytes are there but cannot be what they should be. */
  | {
      readonly kind: 'corrupt';
      readonly what: string;
      readonly expected: string;
      readonly found: string;
      readonly virt?: VirtAddr;
      readonly phys?: PhysAddr;
      readonly offset?: number;
    }
  /** A variable's value, or a part of it, is kept nowhere (`optimized-out`), or where nothing is known. */
  | { readonly kind: 'optimized-out' | 'unavailable'; readonly why: string }
  /** The file itself could not be read there (I/O error, file shrank). */
  | { readonly kind: 'io'; readonly offset: number; readonly message: string };

export type FaultKind = Fault['kind'];

const NOT_IN_DUMP = {
  'not-ram': 'not RAM in this dump',
  truncated: 'beyond the end of the truncated file',
  'missing-part': 'in a part of the split dump that was not given',
} as const;

/** One sentence, with the address or offset. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'excluded':
      return `page excluded by the dump filter: physical ${hex(fault.phys)}${at(fault.virt)}`;
    case 'not-in-dump':
      return `page not in the dump (${NOT_IN_DUMP[fault.why]}): physical ${hex(fault.phys)}${at(fault.virt)}`;
    case 'not-present':
      return `not mapped: ${hex(fault.virt)} (${fault.level} entry is ${hex(fault.entry)})`;
    case 'non-canonical':
      return `not a canonical address: ${hex(fault.virt)}`;
    case 'unknown-type':
      return `unknown type: ${fault.name}${asked(fault.asked)}`;
    case 'unknown-symbol':
      return `unknown symbol: ${fault.name}${asked(fault.asked)}`;
    case 'corrupt':
      return `corrupt ${fault.what}${place(fault)}: expected ${fault.expected}, found ${fault.found}`;
    case 'optimized-out':
    case 'unavailable':
      return fault.why;
    case 'io':
      return `cannot read the file at offset ${hex(fault.offset)}: ${fault.message}`;
  }
}

function at(virt: VirtAddr | undefined): string {
  return virt === undefined ? '' : ` (virtual ${hex(virt)})`;
}

function asked(names: readonly string[]): string {
  return names.length === 0 ? '' : ` (asked ${names.join(', ')})`;
}

function place(fault: Extract<Fault, { kind: 'corrupt' }>): string {
  if (fault.virt !== undefined) return ` at ${hex(fault.virt)}`;
  if (fault.phys !== undefined) return ` at physical ${hex(fault.phys)}`;
  if (fault.offset !== undefined) return ` at file offset ${hex(fault.offset)}`;
  return '';
}

/** Thrown inside a walk; caught where a row or a cell is made. Anything else thrown is a bug. */
export class FaultError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(describeFault(fault));
    this.name = 'FaultError';
    this.fault = fault;
  }
}

/** Runs `read`; a FaultError becomes `undefined`, every other error is a bug and goes on. */
export function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof FaultError) return undefined;
    throw error;
  }
}

/** Runs `read`; a FaultError becomes its fault. */
export function valueOrFault<T>(read: () => T): { value: T } | { fault: Fault } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof FaultError) return { fault: error.fault };
    throw error;
  }
}
