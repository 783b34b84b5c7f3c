import { describe, expect, it } from 'vitest';
import { debuginfoNameOf } from '../../../src-main/io/packages/debuginfo-names.ts';
import { EarlyBuildId } from '../../../src-main/io/packages/early-build-id.ts';
import { drawBuildIdNote } from '../../support/debuginfo/draw-elf.ts';

describe('names of debuginfo files', () => {
  it.each([
    ['./usr/lib/debug/boot/vmlinux-6.1.0-56-cloud-amd64', 'vmlinux 6.1.0-56-cloud-amd64'],
    ['usr/lib/debug/lib/modules/5.14.0-427.el9.x86_64/vmlinux', 'vmlinux undefined'],
    ['boot/vmlinux-6.4.0-150600.21-default.debug', 'vmlinux 6.4.0-150600.21-default'],
    ['vmlinux-6.1.0.xz', 'vmlinux 6.1.0'],
    ['kernel/drivers/char/hw_random/virtio-rng.ko', 'module virtio_rng'],
    ['xfs.ko.zst', 'module xfs'],
    ['xfs.ko.debug', 'module xfs'],
    ['xfs.ko-6.5.6-300.fc39.x86_64.debug', 'module xfs'],
    ['vmlinuz-6.1.0', 'nothing'],
    ['System.map-6.1.0', 'nothing'],
    ['.ko', 'nothing'],
  ])('%s', (path, expected) => {
    const found = debuginfoNameOf(path);
    const text =
      found?.kind === 'vmlinux' ? `vmlinux ${found.release}` : found && `module ${found.name}`;
    expect(text ?? 'nothing').toBe(expected);
  });
});

describe('build-id of a stream', () => {
  /** ELF header, one PT_NOTE at 5000, notes there. */
  const file = (() => {
    const note = drawBuildIdNote('00112233445566778899aabbccddeeff00112233');
    const bytes = Buffer.alloc(8000);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    bytes.writeBigUInt64LE(64n, 32);
    bytes.writeUInt16LE(1, 56);
    bytes.writeUInt32LE(4, 64);
    bytes.writeBigUInt64LE(5000n, 64 + 8);
    bytes.writeBigUInt64LE(BigInt(note.length), 64 + 32);
    bytes.set(note, 5000);
    return bytes;
  })();

  it.each([1, 7, 130, 999, 4000])('is known as soon as its note went by (pieces of %i)', (size) => {
    const early = new EarlyBuildId();
    let known = -1;
    for (let at = 0; at < file.length && known < 0; at += size) {
      early.push(at, file.subarray(at, at + size));
      if (early.found !== undefined) known = at + size;
    }
    expect(early.found).toBe('00112233445566778899aabbccddeeff00112233');
    expect(known).toBeLessThan(5036 + size);
  });

  it('what is no ELF file has none', () => {
    const early = new EarlyBuildId();
    early.push(0, new Uint8Array(6000));
    expect(early.found).toBeUndefined();
  });
});
