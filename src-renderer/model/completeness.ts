import { isAbsent } from '../../src-shared/contract/index.ts';
import type { FactSheet } from './facts.ts';

export interface PageShare {
  readonly id: string;
  readonly label: string;
  readonly meaning: string;
  readonly pages: number;
  readonly bytes: number;
  /** Which fill of the tokens. */
  readonly fill: 'present' | 'zero' | 'excluded' | 'not-in-dump' | 'damaged';
}

const PAGE = 4096;
const STATES: readonly Omit<PageShare, 'pages' | 'bytes'>[] = [
  { id: 'present', label: 'in the dump', meaning: 'Stored, with its content.', fill: 'present' },
  {
    id: 'zero',
    label: 'zero, not stored',
    meaning: 'Full of zeros: not stored, but its content is known.',
    fill: 'zero',
  },
  {
    id: 'excluded',
    label: 'excluded by the filter',
    meaning: 'RAM the dump filter left out: its content is lost.',
    fill: 'excluded',
  },
  {
    id: 'truncated',
    label: 'beyond the end of the file',
    meaning: 'The file ends before these pages: it is truncated.',
    fill: 'damaged',
  },
  {
    id: 'missing-part',
    label: 'in a missing part',
    meaning: 'In a file of the split set that was not given.',
    fill: 'damaged',
  },
  { id: 'not-ram', label: 'no RAM', meaning: 'Not memory of the machine.', fill: 'not-in-dump' },
];

/** Pages of RAM by what is known of them; empty when the engine does not say. */
export function pageShares(sheet: FactSheet): readonly PageShare[] {
  return STATES.flatMap((state) => {
    const value = sheet.find(`pages-${state.id}`)?.value;
    if (value === undefined || isAbsent(value) || state.id === 'not-ram') return [];
    const pages = Number(value);
    return Number.isFinite(pages) && (pages > 0 || state.id === 'present')
      ? [{ ...state, pages, bytes: pages * PAGE }]
      : [];
  });
}

/** Bits of makedumpfile's dump level (-d). @source makedumpfile(8) */
export const LEVEL_BITS: readonly { readonly bit: number; readonly what: string }[] = [
  { bit: 1, what: 'pages full of zeros' },
  { bit: 2, what: 'page cache' },
  { bit: 4, what: 'private page cache' },
  { bit: 8, what: 'user pages' },
  { bit: 16, what: 'free pages' },
];
