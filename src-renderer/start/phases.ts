import type { OpenProgress } from '../../src-shared/contract/index.ts';

/** Phases of opening, in order. */
export const PHASES: readonly {
  readonly id: OpenProgress['phase'];
  readonly title: string;
  /** What helps when the opening fails here. */
  readonly advice: readonly string[];
}[] = [
  {
    id: 'file',
    title: 'File format',
    advice: [
      'Check that this is the dump itself: an ELF vmcore, a makedumpfile (kdump-compressed or flattened) file, or QEMU’s dump-guest-memory.',
      'A dump that is packed once more (gz, xz, zst, tar) must be unpacked first.',
      'Compare its size with the original: a copy that broke off ends too early.',
      'All files of a split set are opened together: give all of their paths.',
    ],
  },
  {
    id: 'vmcoreinfo',
    title: 'VMCOREINFO',
    advice: [
      'The format is readable, but the kernel’s own notes are not. The dump may be truncated, or made of a machine that was not Linux.',
    ],
  },
  {
    id: 'page-tables',
    title: 'Page tables',
    advice: [
      'The kernel’s page tables were not found or are damaged. A dump that broke off while it was written looks like this.',
    ],
  },
  {
    id: 'symbols',
    title: 'Symbols',
    advice: ['The kernel’s symbol table (kallsyms) could not be read from the dump’s memory.'],
  },
  { id: 'types', title: 'Types', advice: ['The kernel’s BTF could not be read.'] },
  { id: 'modules', title: 'Modules', advice: ['The module list could not be read.'] },
  { id: 'tasks', title: 'Tasks', advice: ['The task list could not be read.'] },
];
