import { MAX_ENTRIES, MAX_PATH, type ArchiveEntry } from './archive-entry.ts';
import type { ChunkReader } from './chunk-reader.ts';
import { PackageError } from './package-error.ts';

const HEADER = 110;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

/**
 * The regular files of a cpio archive in the "new ASCII" format, as rpm's payloads are.
 * @throws PackageError
 * @source Documentation/driver-api/early-userspace/buffer-format.rst; cpio(5) "newc"
 */
export async function* cpioEntries(
  reader: ChunkReader,
  name: string,
): AsyncGenerator<ArchiveEntry> {
  for (let count = 0; count < MAX_ENTRIES; count++) {
    const header = await reader.read(HEADER);
    if (header === undefined) throw new PackageError(`${name} is cut off: it has no trailer`);
    const text = String.fromCharCode(...header);
    if (text.startsWith('07070X')) {
      throw new PackageError(`${name}: packages with files of 4 GiB and more are not supported`);
    }
    if (!/^07070[12][0-9a-fA-F]{104}$/.test(text)) {
      throw new PackageError(`${name}: damaged cpio header at byte ${reader.offset - HEADER}`);
    }
    const field = (index: number): number =>
      Number.parseInt(text.slice(6 + index * 8, 14 + index * 8), 16);
    const [mode, size, pathSize] = [field(1), field(6), field(11)];
    const pathBytes =
      pathSize > 0 && pathSize <= MAX_PATH ? await reader.read(pathSize) : undefined;
    if (pathBytes === undefined) throw new PackageError(`${name}: damaged cpio header`);
    const path = new TextDecoder().decode(pathBytes.subarray(0, -1));
    if (path === 'TRAILER!!!') return;
    await reader.skip(paddingOf(HEADER + pathSize));
    const end = reader.offset + size + paddingOf(size);
    if ((mode & S_IFMT) === S_IFREG) yield { path, size, content: () => reader.pieces(size) };
    await reader.skip(end - reader.offset);
  }
  throw new PackageError(`${name} has more than ${MAX_ENTRIES} entries`);
}

function paddingOf(length: number): number {
  return (4 - (length % 4)) % 4;
}
