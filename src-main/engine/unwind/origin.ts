import type { RegisterOrigin } from './state.ts';

/**
 * What saved a set of registers, by the name of the entry code that did.
 * @source arch/x86/entry/entry_64.S, entry_64_fred.S, arch/x86/include/asm/idtentry.h
 */
const RULES: readonly (readonly [RegExp, RegisterOrigin])[] = [
  [/nmi/i, 'nmi'],
  [/^entry_(SYSCALL|SYSENTER|INT80)|^asm_int80|syscall|^ret_from_fork/, 'syscall'],
  [
    /^asm_sysvec|^asm_common_interrupt|^asm_spurious|^common_interrupt|^ret_from_intr|irq/,
    'interrupt',
  ],
  [/^asm_exc_|^asm_load_gs|^error_|^paranoid_|exception|page_fault|double_fault/, 'exception'],
];

export function originOfRegisters(savedBy: string | undefined): RegisterOrigin {
  if (savedBy === undefined) return 'unknown';
  for (const [pattern, origin] of RULES) if (pattern.test(savedBy)) return origin;
  // FRED has one entry point for everything, so its name says nothing.
  return 'unknown';
}
