import { MAX_ENTRIES, MAX_PATH, type ArchiveEntry } from './archive-entry.ts';
import type { ChunkReader } from './chunk-reader.ts';
import { PackageError } from './package-error.ts';

const BLOCK = 512;
/** Extended headers hold a path and times. */
const MAX_EXTENDED = 1 << 20;

interface Header {
  readonly path: string;
  readonly size: number;
  readonly type: string;
}

/**
 * The regular files of a tar archive: ustar, with GNU long names and pax headers (path, size).
 * @throws PackageError
 * @source POSIX.1-2008 pax; GNU tar's "Basic Tar Format"
 */
export async function* tarEntries(reader: ChunkReader, name: string): AsyncGenerator<ArchiveEntry> {
  let longPath: string | undefined;
  let pax: ReadonlyMap<string, string> = new Map();
  for (let count = 0; count < MAX_ENTRIES; count++) {
    const block = await reader.read(BLOCK);
    // Every tar writes two blocks of zeros; without them it may end between two entries.
    if (block === undefined) throw new PackageError(`${name} is cut off: it has no end`);
    if (block.every((byte) => byte === 0)) return;
    const header = headerOf(block, name);
    const padding = (BLOCK - (header.size % BLOCK)) % BLOCK;
    if (['L', 'K', 'x', 'g'].includes(header.type)) {
      const text = await readExtended(reader, header, name);
      await reader.skip(padding);
      if (header.type === 'L') longPath = text.replace(/\0.*$/s, '');
      else if (header.type === 'x') pax = paxOf(text);
      continue;
    }
    const path = pax.get('path') ?? longPath ?? header.path;
    const size = Number(pax.get('size') ?? header.size);
    longPath = undefined;
    pax = new Map();
    if (!Number.isSafeInteger(size) || size < 0 || path.length > MAX_PATH) {
      throw new PackageError(`${name}: damaged tar header`);
    }
    const end = reader.offset + size + ((BLOCK - (size % BLOCK)) % BLOCK);
    if (header.type === '0') yield { path, size, content: () => reader.pieces(size) };
    await reader.skip(end - reader.offset);
  }
  throw new PackageError(`${name} has more than ${MAX_ENTRIES} entries`);
}

function headerOf(block: Uint8Array, name: string): Header {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!;
  if (sum !== numberIn(block, 148, 8)) {
    throw new PackageError(`${name}: damaged tar header (its check sum does not match)`);
  }
  const isUstar = textIn(block, 257, 5) === 'ustar';
  const prefix = isUstar && block[263] === 0x30 ? textIn(block, 345, 155) : '';
  const path = textIn(block, 0, 100);
  const type = block[156] === 0 ? '0' : String.fromCharCode(block[156]!);
  return { path: prefix === '' ? path : `${prefix}/${path}`, size: numberIn(block, 124, 12), type };
}

async function readExtended(reader: ChunkReader, header: Header, name: string): Promise<string> {
  const bytes = header.size > MAX_EXTENDED ? undefined : await reader.read(header.size);
  if (bytes === undefined) throw new PackageError(`${name}: damaged extended tar header`);
  return new TextDecoder().decode(bytes);
}

/** Records `LENGTH KEY=VALUE\n`; lengths count bytes, but keys and values of ours are ASCII. */
function paxOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const match of text.matchAll(/^\d+ (path|size)=(.*)$/gm)) found.set(match[1]!, match[2]!);
  return found;
}

/** Octal, or GNU's base 256 where the first bit is set. */
function numberIn(block: Uint8Array, start: number, length: number): number {
  if ((block[start]! & 0x80) !== 0) {
    let value = block[start]! & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + block[start + i]!;
    return value;
  }
  const text = textIn(block, start, length).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : text === '' ? 0 : Number.NaN;
}

function textIn(block: Uint8Array, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
