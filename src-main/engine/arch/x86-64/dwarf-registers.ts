/**
 * DWARF's register numbers of x86-64, with the names of pt_regs.
 * @source System V ABI, AMD64 supplement, figure 3.36 "DWARF Register Number Mapping"
 */
export const DWARF_REGISTERS: readonly string[] = [
  'rax',
  'rdx',
  'rcx',
  'rbx',
  'rsi',
  'rdi',
  'rbp',
  'rsp',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
  'rip',
];

/** What call frame information leaves to the ABI: rbx, rbp, r12 to r15 belong to the caller. */
export const DWARF_ABI = { stackPointer: 7, calleeSaved: [3, 6, 12, 13, 14, 15] } as const;
