/** Bits of the flags word. */
export interface OrcField {
  readonly shift: number;
  readonly width: number;
}

/**
 * Where things are in `struct orc_entry`. `end` exists before 6.4, `signal` from 6.3 on; from 6.4 on
 * `type` has UNDEFINED and END_OF_STACK, and the other values moved.
 * @source arch/x86/include/asm/orc_types.h; commits ffb1b4a41016 (6.3), fb799447ae29 (6.4)
 */
export interface OrcBits {
  /** Bytes of an entry. */
  readonly size: number;
  readonly spOffset: number;
  readonly bpOffset: number;
  /** Byte offset of the word the fields below are in. */
  readonly flags: number;
  readonly spReg: OrcField;
  readonly bpReg: OrcField;
  readonly type: OrcField;
  readonly signal: OrcField | undefined;
  readonly end: OrcField | undefined;
}

/** What is needed of the type of `struct orc_entry`. */
export interface OrcEntryStruct {
  readonly size: number;
  readonly members: readonly {
    readonly name: string;
    readonly bitOffset: number;
    readonly bitSize: number;
  }[];
}

const COMMON = {
  size: 6,
  spOffset: 0,
  bpOffset: 2,
  flags: 4,
  spReg: { shift: 0, width: 4 },
  bpReg: { shift: 4, width: 4 },
} as const;

/** 4.14 to 6.2. */
export const ORC_BITS_4_14: OrcBits = {
  ...COMMON,
  type: { shift: 8, width: 2 },
  signal: undefined,
  end: { shift: 10, width: 1 },
};
/** 6.3. */
export const ORC_BITS_6_3: OrcBits = {
  ...COMMON,
  type: { shift: 8, width: 2 },
  signal: { shift: 10, width: 1 },
  end: { shift: 11, width: 1 },
};
/** 6.4 and later. */
export const ORC_BITS_6_4: OrcBits = {
  ...COMMON,
  type: { shift: 8, width: 3 },
  signal: { shift: 11, width: 1 },
  end: undefined,
};

/** Undefined when the struct is not one this reader understands. */
export function orcBitsOf(entry: OrcEntryStruct): OrcBits | undefined {
  const member = (name: string) => entry.members.find((m) => m.name === name);
  const spOffset = member('sp_offset');
  const bpOffset = member('bp_offset');
  const first = member('sp_reg');
  if (spOffset === undefined || bpOffset === undefined || first === undefined) return undefined;
  const flags = Math.floor(first.bitOffset / 16) * 2;
  const field = (name: string): OrcField | undefined => {
    const found = member(name);
    if (found === undefined || found.bitSize === 0) return undefined;
    const shift = found.bitOffset - flags * 8;
    return shift >= 0 && shift + found.bitSize <= 16 ? { shift, width: found.bitSize } : undefined;
  };
  const spReg = field('sp_reg');
  const bpReg = field('bp_reg');
  const type = field('type');
  const signal = field('signal');
  const end = field('end');
  const whole = flags + 2 <= entry.size && entry.size >= 6 && entry.size <= 64;
  if (spReg === undefined || bpReg === undefined || type === undefined || !whole) return undefined;
  const isInside = ({ bitOffset }: { readonly bitOffset: number }) =>
    bitOffset % 8 === 0 && bitOffset / 8 + 2 <= entry.size;
  if (!isInside(spOffset) || !isInside(bpOffset)) return undefined;
  const offsets = { spOffset: spOffset.bitOffset / 8, bpOffset: bpOffset.bitOffset / 8 };
  return { size: entry.size, ...offsets, flags, spReg, bpReg, type, signal, end };
}
