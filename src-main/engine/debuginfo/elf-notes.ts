/** A note of an ELF file or of the kernel's memory: type and name are the owner's words. */
export interface ElfNote {
  readonly name: string;
  readonly type: number;
  /** A view into the bytes given. */
  readonly description: Uint8Array;
}

const NT_GNU_BUILD_ID = 3;
/** SHA-1 has 20 bytes, the longest anybody uses 32; the rest is damage. */
const MAX_BUILD_ID = 64;
/** ld's `fast` has 8. What is shorter tells no build from another, and no cache keeps it. */
export const MIN_BUILD_ID = 3;

/**
 * Notes one after another: {namesz, descsz, type} name desc, each padded to 4 bytes. Ends quietly
 * at the first that does not fit.
 * @source include/uapi/linux/elf.h `Elf64_Nhdr`
 */
export function* iterateNotes(bytes: Uint8Array): Generator<ElfNote> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 12 <= bytes.length) {
    const nameSize = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    const start = at + 12 + padded(nameSize);
    if (start + size > bytes.length) return;
    const name = bytes.subarray(at + 12, at + 12 + Math.min(Math.max(nameSize - 1, 0), 64));
    yield {
      name: String.fromCharCode(...name),
      type: view.getUint32(at + 8, true),
      description: bytes.subarray(start, start + size),
    };
    at = start + padded(size);
  }
}

/**
 * Hex of the first GNU build ID among notes: of an ELF file's note section, of the kernel's memory
 * between `__start_notes` and `__stop_notes`, of a module's `.note.gnu.build-id` in memory.
 */
export function buildIdOf(notes: Uint8Array): string | undefined {
  for (const { name, type, description } of iterateNotes(notes)) {
    if (type !== NT_GNU_BUILD_ID || name !== 'GNU') continue;
    const { length } = description;
    if (length >= MIN_BUILD_ID && length <= MAX_BUILD_ID) return hexOf(description);
  }
  return undefined;
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Up to the next multiple of 4; a double, so that 0xffffffff does not wrap. */
function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}
