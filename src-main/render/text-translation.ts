import {
  isAbsent,
  type ByteState,
  type TranslationBlock,
} from '../../src-shared/contract/index.ts';
import { ABSENT_TEXT } from './cell-text.ts';
import { printable } from './printable.ts';
import { centered, hexDigits } from './units.ts';

const ADDRESS = 16;
const USER_ADDRESS = 10;

/** crash's `vtop`: the addresses, every table entry, the last entry's flags; then what we know more. */
export function translationLines(block: TranslationBlock): string[] {
  const { virt, phys, steps } = block;
  const address = hexDigits(virt);
  const isUser = virt < 1n << 63n;
  const width = isUser ? USER_ADDRESS : ADDRESS;
  const lines = [
    `${'VIRTUAL'.padEnd(width)}  ${'PHYSICAL'.padEnd(ADDRESS)}`,
    `${address.padEnd(width)}  ${physText(block)}`,
    '',
  ];
  steps.forEach((step, i) => {
    const entry = isAbsent(step.entry) ? ABSENT_TEXT[step.entry.absent] : hexDigits(step.entry);
    if (i === 0 && !isUser) {
      // Of the kernel's top table crash shows where it lies and the entry alone.
      lines.push(
        `PGD DIRECTORY: ${hexDigits(block.root ?? step.entryAt - (step.entryAt & 0xfffn))}`,
        `PAGE DIRECTORY: ${entry}`,
      );
    } else {
      lines.push(
        `${step.level.toUpperCase().padStart(6)}: ${hexDigits(step.entryPhys)} => ${entry}`,
      );
    }
  });
  const last = steps.at(-1)?.entry;
  if (!isAbsent(phys) && block.pageSize !== undefined) {
    lines.push(...pageLines(phys, block.pageSize, isUser));
    if (typeof last === 'bigint') lines.push('', ...entryLines(last, phys, block));
  }
  lines.push(...vmaLines(block), ...structPageLines(block));
  // Ours: what an entry that maps nothing means.
  if (block.note !== undefined) lines.push('', `  NOTE: ${printable(block.note)}`);
  return lines;
}

function physText({ phys }: TranslationBlock): string {
  if (!isAbsent(phys)) return hexDigits(phys).padEnd(ADDRESS);
  return phys.absent === 'not-mapped' ? '(not mapped)' : `${ABSENT_TEXT[phys.absent]} ${phys.why}`;
}

/** `  PAGE: c600000  (2MB)`. */
function pageLines(phys: bigint, pageSize: number, isUser: boolean): string[] {
  const page = hexDigits(phys - (phys % BigInt(pageSize)));
  if (pageSize === 4096) return [`  PAGE: ${page}${isUser ? '  ' : ''}`];
  const size = pageSize >= 2 ** 30 ? `${pageSize / 2 ** 30}GB` : `${pageSize / 2 ** 20}MB`;
  return [`  PAGE: ${page}  (${size})`];
}

/** The entry that maps the page, its target and its flags. */
function entryLines(entry: bigint, phys: bigint, block: TranslationBlock): string[] {
  const pte = hexDigits(entry);
  const page = hexDigits(phys - (phys % BigInt(block.pageSize ?? 4096)));
  const [a, b] = [Math.max(3, pte.length), Math.max(8, page.length)];
  // The bits that software may use are not among crash's.
  const flags = (block.steps.at(-1)?.flags ?? []).filter((flag) => !/^SW\d$/.test(flag));
  return [
    `${centered('PTE', a)}  ${centered('PHYSICAL', b)}  FLAGS`,
    `${centered(pte, a, 'left')}  ${centered(page, b, 'left')}  (${flags.join('|')})`,
  ];
}

function vmaLines({ vma }: TranslationBlock): string[] {
  if (vma === undefined) return [];
  const [start, end] = [hexDigits(vma.start).padStart(10), hexDigits(vma.end).padStart(10)];
  return [
    '',
    '      VMA           START       END     FLAGS FILE',
    `${hexDigits(vma.address).padStart(ADDRESS)} ${start} ${end} ${hexDigits(vma.flags).padStart(6)} ${printable(vma.file)}`,
  ];
}

/** The page's struct page; a member that cannot be read is left blank, not shown as zero. */
function structPageLines({ page, phys }: TranslationBlock): string[] {
  if (page === undefined || isAbsent(phys)) return [];
  const hex = (value: bigint | undefined, width: number) =>
    (value === undefined ? '' : hexDigits(value)).padStart(width);
  const count = (page.count === undefined ? '' : String(page.count)).padStart(2);
  const flags = page.flags === undefined ? '' : hexDigits(page.flags);
  const names = (page.flagNames ?? []).join(',');
  const frame = hexDigits(phys - (phys % 4096n)).padStart(8);
  const lines =
    page.struct === undefined
      ? []
      : [
          '',
          '      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS',
          `${hex(page.struct, ADDRESS)} ${frame} ${hex(page.mapping, ADDRESS)} ${hex(page.index, 8)} ${count} ${flags} ${names}`.trimEnd(),
        ];
  // Ours: crash does not say here that the bytes are missing.
  return page.state === 'present' ? lines : [...lines, '', `  NOTE: ${STATE_NOTE[page.state]}`];
}

const STATE_NOTE: Readonly<Record<Exclude<ByteState, 'present'>, string>> = {
  zero: 'the page is all zeros; the filter did not store it',
  excluded: 'the filter left the page out of the dump',
  'not-in-dump': 'the dump does not hold the page',
  'not-mapped': 'the page is not mapped',
  'non-canonical': 'the address is not canonical',
  damaged: 'the page is damaged in the dump',
};
