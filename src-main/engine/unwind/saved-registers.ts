import {
  decodeRegisters,
  IRET_FRAME_OFFSET,
  isUserModeCs,
  PT_REGS_SIZE,
} from '../arch/x86-64/pt-regs.ts';
import { virtAddr, type VirtAddr } from '../base/address.ts';
import type { StackRange } from './environment.ts';

/** What looks like the registers that an entry into the kernel saved. */
export interface SavedRegisters {
  /** Of the struct pt_regs. */
  readonly address: bigint;
  readonly userMode: boolean;
  readonly values: Readonly<Record<string, bigint>>;
}

/** Selectors that the entry code leaves there. @source arch/x86/include/asm/segment.h */
const KERNEL_CS = 0x10n;
/** 0: an interrupt that came from user mode sets ss to null, and a second one saves that. */
const KERNEL_SS: readonly bigint[] = [0x18n, 0n];
const USER_CS: readonly bigint[] = [0x33n, 0x23n];
const USER_SS = 0x2bn;
/** Bits of rflags that are always 0; bit 1 is always 1. @source Intel SDM 1, 3.4.3 */
const RFLAGS_ZERO = 0xffff_ffff_ffc0_8028n;
const RFLAGS_ONE = 2n;
const RFLAGS_IF = 0x200n;
/** Copies of six words that int3's entry makes room with. @source arch/x86/entry/entry_64.S create_gap */
const INT3_GAP = 48n;
/** TOP_OF_KERNEL_STACK_PADDING, with FRED 16. @source arch/x86/include/asm/thread_info.h */
const TOP_PADDING: readonly bigint[] = [0n, 16n];
/**
 * Words the NMI entry keeps above its pt_regs: twice the interrupt's frame, `executing`, rdx, less the
 * frame that is part of pt_regs. @source arch/x86/entry/entry_64.S asm_exc_nmi
 */
const NMI_ABOVE = 96n;
/** Their entries save registers at the top, whatever they interrupted. */
const EXCEPTION_STACKS: ReadonlySet<StackRange['kind']> = new Set(['df', 'db', 'mce']);
const USER_END = 1n << 56n;

/**
 * Searches a stack for struct pt_regs, by their look and their place; a heuristic: what is found may
 * be left from an entry long finished. Selectors, rflags and rip must be possible, and the registers
 * must lie where an entry puts them: at the top of the stack, or right below the stack pointer that
 * they hold, which the CPU aligned to 16 bytes. Copies that functions made of registers do not.
 * @param wordAt a word of the stack; undefined where it is missing
 */
export function findSavedRegisters(
  stack: StackRange,
  wordAt: (address: bigint) => bigint | undefined,
  isText: (pc: VirtAddr) => boolean,
): SavedRegisters[] {
  const found: SavedRegisters[] = [];
  const size = BigInt(PT_REGS_SIZE);
  for (let at = stack.start; at + size <= stack.end; at += 8n) {
    const csWord = wordAt(at + BigInt(IRET_FRAME_OFFSET) + 8n);
    if (csWord === undefined) continue;
    const cs = csWord & 0xffffn;
    if (cs !== KERNEL_CS && !USER_CS.includes(cs)) continue;
    const values = registersAt(at, wordAt);
    if (values === undefined || !isPossible(values, isText)) continue;
    if (!isInPlace(stack, at, values)) continue;
    found.push({ address: at, userMode: isUserModeCs(cs), values });
  }
  return found;
}

function registersAt(
  address: bigint,
  wordAt: (address: bigint) => bigint | undefined,
): Record<string, bigint> | undefined {
  const view = new DataView(new ArrayBuffer(PT_REGS_SIZE));
  for (let offset = 0; offset < PT_REGS_SIZE; offset += 8) {
    const word = wordAt(address + BigInt(offset));
    if (word === undefined) return undefined;
    view.setBigUint64(offset, word, true);
  }
  return decodeRegisters(new Uint8Array(view.buffer), false);
}

function isPossible(
  { rip = 0n, cs = 0n, rflags = 0n, rsp = 0n, ss = 0n }: Readonly<Record<string, bigint>>,
  isText: (pc: VirtAddr) => boolean,
): boolean {
  if ((rflags & RFLAGS_ZERO) !== 0n || (rflags & RFLAGS_ONE) === 0n) return false;
  if (isUserModeCs(cs)) {
    return ss === USER_SS && (rflags & RFLAGS_IF) !== 0n && rip < USER_END && rsp < USER_END;
  }
  return KERNEL_SS.includes(ss) && rsp % 8n === 0n && isText(virtAddr(rip));
}

function isInPlace(
  { kind, end }: StackRange,
  address: bigint,
  { cs = 0n, rsp = 0n }: Readonly<Record<string, bigint>>,
): boolean {
  const above = address + BigInt(PT_REGS_SIZE);
  // An NMI in user mode goes on on the task's stack and leaves but the interrupt's frame on its own.
  if (kind === 'nmi' && !isUserModeCs(cs) && end - above === NMI_ABOVE) return true;
  if (EXCEPTION_STACKS.has(kind) && end === above) return true;
  if (isUserModeCs(cs)) return kind === 'task' && TOP_PADDING.includes(end - above);
  const gap = (rsp & ~15n) - above;
  return gap === 0n || gap === INT3_GAP;
}
