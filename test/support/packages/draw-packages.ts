import { createHash } from 'node:crypto';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';

export interface DrawnFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Instead of a regular file, a symbolic link to this. */
  readonly linkTo?: string;
}

export type DrawnCodec = 'xz' | 'zstd' | 'gzip' | 'none';

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const pad = (length: number, to: number): Buffer => Buffer.alloc((to - (length % to)) % to);
const be32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const le32 = (value: number): Buffer => be32(value).reverse();

export function compress(bytes: Uint8Array, codec: DrawnCodec): Buffer {
  switch (codec) {
    case 'xz':
      return drawXz(bytes);
    case 'zstd':
      return zstdCompressSync(bytes);
    case 'gzip':
      return gzipSync(bytes);
    case 'none':
      return Buffer.from(bytes);
  }
}

/**
 * `data.tar` in an ar archive, as dpkg-deb makes it.
 * @param padding bytes of zeros behind the end of the tar
 */
export function drawDeb(
  files: readonly DrawnFile[],
  codec: DrawnCodec = 'xz',
  padding = 0,
): Buffer {
  const suffix = { xz: '.xz', zstd: '.zst', gzip: '.gz', none: '' }[codec];
  return Buffer.concat([
    ascii('!<arch>\n'),
    arMember('debian-binary', ascii('2.0\n')),
    arMember('control.tar.gz', ascii('odd')),
    arMember(
      `data.tar${suffix}`,
      compress(Buffer.concat([drawTar(files), Buffer.alloc(padding)]), codec),
    ),
  ]);
}

function arMember(name: string, content: Buffer): Buffer {
  const fields = [name.padEnd(16), '0'.padEnd(12), '0     ', '0     ', '100644  '];
  const header = `${fields.join('')}${String(content.length).padEnd(10)}\`\n`;
  return Buffer.concat([ascii(header), content, pad(content.length, 2)]);
}

export function drawTar(files: readonly DrawnFile[]): Buffer {
  const parts = files.flatMap(({ path, bytes, linkTo }) => {
    const long = path.length > 100;
    const size = linkTo === undefined ? bytes.length : 0;
    return [
      ...(long ? tarMember('././@LongLink', 'L', ascii(`${path}\0`), '') : []),
      ...tarMember(
        path.slice(0, 100),
        linkTo === undefined ? '0' : '2',
        bytes.slice(0, size),
        linkTo ?? '',
      ),
    ];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function tarMember(path: string, type: string, bytes: Uint8Array, linkTo: string): Uint8Array[] {
  const header = Buffer.alloc(512);
  header.write(path, 0, 'latin1');
  header.write('0000644\0', 100);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(linkTo, 157);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, bytes, pad(bytes.length, 512)];
}

/** Lead, two empty headers, a cpio payload. */
export function drawRpm(files: readonly DrawnFile[], codec: DrawnCodec = 'zstd'): Buffer {
  const lead = Buffer.alloc(96);
  lead.set([0xed, 0xab, 0xee, 0xdb, 3, 0]);
  // One index entry and 5 bytes of data, so that the signature needs its padding.
  const header = Buffer.concat([
    Buffer.from([0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0]),
    be32(1),
    be32(5),
    Buffer.alloc(21),
  ]);
  const payload = compress(drawCpio(files), codec);
  return Buffer.concat([lead, header, pad(header.length, 8), header, payload]);
}

function drawCpio(files: readonly DrawnFile[]): Buffer {
  const member = (path: string, mode: number, bytes: Uint8Array): Uint8Array[] => {
    const name = ascii(`${path}\0`);
    const fields = [1, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    return [ascii(header), name, pad(110 + name.length, 4), bytes, pad(bytes.length, 4)];
  };
  const parts = files.flatMap(({ path, bytes, linkTo }) =>
    linkTo === undefined ? member(path, 0o100644, bytes) : member(path, 0o120777, ascii(linkTo)),
  );
  return Buffer.concat([...parts, ...member('TRAILER!!!', 0, new Uint8Array(0))]);
}

/** One block per 100 000 bytes, of LZMA2 chunks that store their bytes. @source the .xz file format */
export function drawXz(bytes: Uint8Array, check: 'crc32' | 'sha256' = 'crc32'): Buffer {
  const flags = Buffer.from([0, check === 'crc32' ? 1 : 10]);
  const checkOf = (content: Uint8Array): Buffer =>
    check === 'crc32' ? le32(crc32(content)) : createHash('sha256').update(content).digest();
  const parts: Buffer[] = [ascii('\xfd7zXZ\0'), flags, le32(crc32(flags))];
  const records: number[] = [];
  for (let at = 0; at < bytes.length; at += 100_000) {
    const content = bytes.subarray(at, at + 100_000);
    const start = Buffer.from([2, 0, 0x21, 1, 10, 0, 0, 0]);
    const header = Buffer.concat([start, le32(crc32(start))]);
    const chunks: Buffer[] = [];
    for (let from = 0; from < content.length; from += 0x8000) {
      const piece = content.subarray(from, from + 0x8000);
      const control = [from === 0 ? 1 : 2, (piece.length - 1) >> 8, (piece.length - 1) & 0xff];
      chunks.push(Buffer.from(control), Buffer.from(piece));
    }
    const data = Buffer.concat([...chunks, Buffer.alloc(1)]);
    const sum = checkOf(content);
    parts.push(header, data, pad(data.length, 4), sum);
    records.push(...varint(header.length + data.length + sum.length), ...varint(content.length));
  }
  const count = Math.ceil(bytes.length / 100_000);
  const list = Buffer.from([0, ...varint(count), ...records]);
  const padded = Buffer.concat([list, pad(list.length, 4)]);
  const index = Buffer.concat([padded, le32(crc32(padded))]);
  const footer = Buffer.concat([le32(index.length / 4 - 1), flags]);
  return Buffer.concat([...parts, index, le32(crc32(footer)), footer, ascii('YZ')]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
