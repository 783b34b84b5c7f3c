import { randomOf } from '../mutated-image.ts';

/** An ELF file with damage, and what was done to it. */
export interface Damaged {
  readonly bytes: Uint8Array;
  readonly what: string;
}

interface Section {
  readonly name: string;
  /** Of its header in the file. */
  readonly header: number;
  readonly offset: number;
  readonly size: number;
}

const SHT_NOBITS = 8;
const SHF_COMPRESSED = 0x800n;
/** Sections whose bytes are worth damaging: debuginfo, what places it, and its names. */
const WORTHWHILE = /^\.(?:z?debug|rela\.debug|eh_frame|symtab|strtab|shstrtab)/;

/**
 * Damages a copy of an ELF file; the same seed does the same. Of all kinds: flipped bytes, runs of
 * LEB128 that do not end, references copied onto others (which makes cycles), cut files, headers
 * that lie, sections that claim to be compressed.
 */
export function mutateElf(whole: Uint8Array, seed: number): Damaged {
  const bytes = Uint8Array.from(whole);
  const random = randomOf(seed);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sections = sectionsOf(view).filter(({ name, size }) => WORTHWHILE.test(name) && size > 16);
  // Most of the damage to what is read the most.
  const favoured = sections.filter(({ name }) => /info|abbrev|line|loclists|frame$/.test(name));
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const section = random(3) === 0 ? pick(sections) : pick(favoured);
  const at = (): number => section.offset + random(section.size - 8);
  const { name } = section;
  switch (random(8)) {
    case 0: {
      const length = random(bytes.length);
      return { bytes: bytes.slice(0, length), what: `cut to ${length} bytes` };
    }
    case 1: {
      const start = at();
      bytes.fill(pick([0x80, 0xff, 0x00]), start, Math.min(start + 24, bytes.length));
      return { bytes, what: `${name}: a run at ${start}` };
    }
    case 2: {
      // A reference, an offset or a length of one place at another.
      for (let i = 0; i < 40; i++) view.setUint32(at(), view.getUint32(at(), true), true);
      return { bytes, what: `${name}: words copied` };
    }
    case 3: {
      for (let i = 0; i < 40; i++) view.setUint32(at(), random(section.size), true);
      return { bytes, what: `${name}: words that could be offsets` };
    }
    case 4: {
      const field = pick([16, 24, 32, 40, 44]);
      const value = pick([0n, 1n, 2n ** 31n, 2n ** 60n, 2n ** 64n - 1n, BigInt(bytes.length)]);
      view.setBigUint64(section.header + field, value, true);
      return { bytes, what: `${name}: header field ${field} is ${value}` };
    }
    case 5: {
      const size = pick([2n ** 60n, 2n ** 34n, 1n, BigInt(section.size) * 1000n]);
      const flags = view.getBigUint64(section.header + 8, true);
      view.setBigUint64(section.header + 8, flags | SHF_COMPRESSED, true);
      view.setUint32(section.offset, pick([1, 2, 3]), true);
      view.setBigUint64(section.offset + 8, size, true);
      return { bytes, what: `${name}: compressed, of ${size} bytes` };
    }
    case 6: {
      bytes[random(64)] = random(256);
      return { bytes, what: 'ELF header' };
    }
    default: {
      const count = pick([1, 4, 64, 1000]);
      for (let i = 0; i < count; i++) bytes[at()] = random(256);
      return { bytes, what: `${name}: ${count} bytes` };
    }
  }
}

function sectionsOf(view: DataView): Section[] {
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const namesAt = Number(view.getBigUint64(table + view.getUint16(62, true) * 64 + 24, true));
  return Array.from({ length: count }, (_, i) => {
    const header = table + i * 64;
    let name = '';
    for (let at = namesAt + view.getUint32(header, true); view.getUint8(at) !== 0; at++) {
      name += String.fromCharCode(view.getUint8(at));
    }
    const isEmpty = view.getUint32(header + 4, true) === SHT_NOBITS;
    const offset = Number(view.getBigUint64(header + 24, true));
    const size = isEmpty ? 0 : Number(view.getBigUint64(header + 32, true));
    return { name, header, offset, size };
  });
}
