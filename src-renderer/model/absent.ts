import type { AbsentReason, ByteState } from '../../src-shared/contract/index.ts';

/** What a cell shows in place of a value it cannot have; each reason reads differently. */
export const ABSENT_LABEL: Readonly<Record<AbsentReason, string>> = {
  excluded: 'excluded by filter',
  'not-in-dump': 'not in dump',
  'not-mapped': 'not mapped',
  'unknown-type': 'unknown type',
  'unknown-symbol': 'unknown symbol',
  corrupt: 'corrupt',
  'optimized-out': 'optimized out',
  unknown: 'unknown',
  'not-applicable': '–',
};

/** The same in two characters, those of the hexdump where it has the state too. */
export const ABSENT_GLYPH: Readonly<Record<AbsentReason, string>> = {
  excluded: 'xx',
  'not-in-dump': '--',
  'not-mapped': '··',
  'unknown-type': '?t',
  'unknown-symbol': '?s',
  corrupt: '!!',
  'optimized-out': 'oo',
  unknown: '?',
  'not-applicable': '–',
};

export interface ByteStateText {
  readonly state: ByteState | 'loading';
  /** Two characters in place of a byte; undefined where the byte itself is shown. */
  readonly glyph: string | undefined;
  readonly label: string;
  readonly meaning: string;
}

/** In the order of the legend. */
export const BYTE_STATES: readonly ByteStateText[] = [
  {
    state: 'present',
    glyph: undefined,
    label: 'present',
    meaning: 'The byte is stored in the dump.',
  },
  {
    state: 'zero',
    glyph: undefined,
    label: 'zero, not stored',
    meaning: 'A page of zeros: the filter did not store it, its content is known.',
  },
  {
    state: 'excluded',
    glyph: 'xx',
    label: 'excluded by filter',
    meaning: 'The dump filter left this page out: its content is not known.',
  },
  {
    state: 'not-in-dump',
    glyph: '--',
    label: 'not in dump',
    meaning: 'No RAM here, a truncated file, or a missing part of a split set.',
  },
  {
    state: 'not-mapped',
    glyph: '··',
    label: 'not mapped',
    meaning: 'The page tables map nothing at this virtual address.',
  },
  {
    state: 'damaged',
    glyph: '!!',
    label: 'damaged',
    meaning: 'The page is stored, but could not be decompressed or read.',
  },
  {
    state: 'non-canonical',
    glyph: '~~',
    label: 'non-canonical',
    meaning: 'The CPU accepts no such address.',
  },
];

export const LOADING: ByteStateText = {
  state: 'loading',
  glyph: '  ',
  label: 'loading',
  meaning: 'Being read.',
};

const BY_STATE = new Map([...BYTE_STATES, LOADING].map((entry) => [entry.state, entry]));

export function byteStateText(state: ByteState | 'loading'): ByteStateText {
  return BY_STATE.get(state) ?? LOADING;
}
