import type { ByteSource } from '../base/byte-source.ts';
import { ByteCursor, latin1Of } from '../base/byte-cursor.ts';
import type { DumpNote } from './dump-image.ts';
import { readExactly } from './read-exactly.ts';

/** Device dumps (NT_VMCOREDD) can be hundreds of MB; no note we interpret comes near this. */
const MAX_DESC = 4 << 20;
/** Of one dump. 8,192 CPUs have one NT_PRSTATUS each; the rest is generosity. */
const MAX_NOTES = 1 << 16;
const MAX_TOTAL = 64 << 20;
const MAX_NAME = 256;

/**
 * ELF notes in `source[offset, offset + size)`: {u32 n_namesz, n_descsz, n_type} then name and
 * desc, each padded to 4 bytes. An all-zero header ends them (the kernel pads the merged notes of
 * all CPUs with zeros). Damage ends the list with a warning: the notes before it are kept.
 * @param before the dump's notes so far: what is read is bounded a dump, not a segment
 * @source include/uapi/linux/elf.h `struct elf64_note`; fs/proc/vmcore.c `merge_note_headers_elf64`
 */
export function readNotes(
  source: ByteSource,
  offset: number,
  size: number,
  warnings: string[],
  before: readonly DumpNote[] = [],
): DumpNote[] {
  const notes: DumpNote[] = [];
  const end = Math.min(offset + size, source.size);
  if (offset + size > source.size) {
    warnings.push(
      `${source.name}: the notes at ${place(offset)} should be ${String(size)} bytes long, but the file ends at ${place(source.size)}.`,
    );
  }
  let total = before.reduce((sum, note) => sum + note.desc.length, 0);
  let at = offset;
  while (at + 12 <= end) {
    const header = new ByteCursor(readExactly(source, at, 12, 'ELF note'), 'ELF note', at);
    const nameSize = header.u32();
    const descSize = header.u32();
    const type = header.u32();
    if (nameSize === 0 && descSize === 0 && type === 0) break;
    const descAt = at + 12 + align4(nameSize);
    if (nameSize > MAX_NAME || descAt + descSize > end) {
      warnings.push(
        `${source.name}: the note at ${place(at)} claims a name of ${String(nameSize)} and a description of ${String(descSize)} bytes, more than there are; it and those after it are not read.`,
      );
      break;
    }
    if (before.length + notes.length >= MAX_NOTES || total > MAX_TOTAL) {
      warnings.push(`${source.name}: more notes than are read; stopped at ${place(at)}.`);
      break;
    }
    const name = latin1Of(readExactly(source, at + 12, nameSize, 'ELF note name'));
    if (descSize > MAX_DESC) {
      warnings.push(
        `${source.name}: the note ${printable(name)} (type ${place(type)}) at ${place(at)} has ${String(descSize)} bytes and is not kept.`,
      );
    } else {
      notes.push({ name, type, desc: readExactly(source, descAt, descSize, 'ELF note') });
      total += descSize;
    }
    at = descAt + align4(descSize);
  }
  return notes;
}

/** VMCOREINFO's text out of its note, without the NULs that may pad it. */
export function vmcoreinfoOf(notes: readonly DumpNote[]): Uint8Array | undefined {
  const note = notes.find((each) => each.name === 'VMCOREINFO');
  return note === undefined ? undefined : trimNuls(note.desc);
}

/** Without trailing NULs; `undefined` when nothing is left. */
export function trimNuls(bytes: Uint8Array): Uint8Array | undefined {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length === 0 ? undefined : bytes.subarray(0, length);
}

function align4(value: number): number {
  return Math.ceil(value / 4) * 4;
}

function place(value: number): string {
  return `0x${value.toString(16)}`;
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 32));
}
