import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openError } from '../../support/dump/open.ts';
import { kindsOf } from '../../support/dump/page-map.ts';
import { writeKdump } from '../../support/dump/write-kdump.ts';

const latin1 = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.padEnd(600, '\0'), 'latin1'));

describe('a file that is no dump we read', () => {
  it.each([
    ['an empty file', new Uint8Array(0), 'empty', /empty/],
    ['gzip', gzipSync('dump'), 'not-a-dump', /gzip -d/],
    ['zstd', zstdCompressSync('dump'), 'not-a-dump', /zstd -d/],
    ['text', new TextEncoder().encode('Dear kernel,\n'), 'not-a-dump', /text file/],
    [
      'text cut in a letter',
      new TextEncoder().encode('Größe').subarray(0, 3),
      'not-a-dump',
      /text file/,
    ],
    ['bytes', latin1('Gr\xf6\xdfe'), 'not-a-dump', /no known dump format/],
    ['zeros', new Uint8Array(5000), 'not-a-dump', /1024 bytes of zeros/],
    ['LKCD', latin1('\xed\x23\x8f\x61\x73\x01\x19\xa8'), 'unsupported', /LKCD/],
    ['a VMware snapshot', latin1('\xd2\xbe\xd2\xbe'), 'unsupported', /VMware/],
    ['LiME', latin1('EMiL\x01'), 'unsupported', /LiME/],
    ['sadump', latin1('sadump\0\0'), 'unsupported', /sadump/],
    ['a QEMU stream', latin1('QEVM\0\0\0\x03'), 'unsupported', /QEMU savevm/],
    ['virsh save', latin1('LibvirtQemudSave'), 'unsupported', /libvirt/],
    ['Windows', latin1('PAGEDU64'), 'unsupported', /Windows/],
    ['diskdump', latin1('DISKDUMP'), 'unsupported', /diskdump/],
    ['noise', latin1('\x01\x02\x03\xff'), 'not-a-dump', /found 01 02 03 ff/],
    ['one byte', Uint8Array.of(7), 'not-a-dump', /found 07\./],
  ] as const)('%s is named', (_, bytes, reason, why) => {
    const error = openError(bytes);
    expect(error.reason).toBe(reason);
    expect(error.message).toMatch(why);
    expect(error.message.startsWith('vmcore: ')).toBe(true);
  });

  it('a dump with its signature gone is told by what is there instead', () => {
    const bytes = writeKdump(kindsOf('###'));
    bytes.fill(0x41, 0, 8);
    expect(openError(bytes).message).toMatch(/found 41 41 41/);
  });
});
