import type { ByteSource } from '../base/byte-source.ts';
import { OpenError } from './open-error.ts';

type Reason = 'unsupported' | 'not-a-dump';
type Signature = readonly [offset: number, bytes: string, reason: Reason, what: string];

const DUMP: Reason = 'unsupported';
const OTHER: Reason = 'not-a-dump';

/**
 * Signatures of what people may give us that is not read (bytes as Latin-1). First match wins.
 * @source crash 9.0.2 and libkdumpfile's probe functions for the dump formats; file(1)'s magic for
 *   the others
 */
const SIGNATURES: readonly Signature[] = [
  [0, 'DISKDUMP', DUMP, 'an old diskdump file (RHEL 4)'],
  [0, '\xed\x23\x8f\x61\x73\x01\x19\xa8', DUMP, 'an LKCD dump'],
  [0, '\xa8\x19\x01\x73\x61\x8f\x23\xed', DUMP, 'an LKCD dump (big-endian)'],
  [0, '\xcd\x23\x8f\x61\x73\x01\x19\xa8', DUMP, 'an LKCD dump of a live system'],
  [0, '\xa8\x19\x01\x73\x61\x8f\x23\xfd', DUMP, 'an s390 stand-alone dump'],
  [0, '\xdd\xcc\x8b\x9a', DUMP, 'an mcore (Mission Critical Linux) dump'],
  [0, '\xd2\xbe\xd2\xbe', DUMP, 'a VMware snapshot (.vmss or .vmsn)'],
  [0, '\xd0\xbe\xd0\xbe', DUMP, 'a VMware snapshot (.vmss or .vmsn)'],
  [0, '\xd3\xbe\xd3\xbe', DUMP, 'a VMware snapshot (.vmss or .vmsn)'],
  [0, '\xd1\xba\xd1\xba', DUMP, 'a VMware snapshot (.vmss or .vmsn)'],
  [0, '\xd2\xba\xd2\xba', DUMP, 'a VMware snapshot (.vmss or .vmsn)'],
  [0, 'EMiL', DUMP, 'a LiME memory image'],
  [0, 'AVML', DUMP, 'an AVML memory image'],
  [0, 'sadump\0\0', DUMP, 'an sadump file'],
  [0, 'QEVM', DUMP, 'a QEMU savevm/migration stream'],
  [0, 'LibvirtQemudSave', DUMP, 'a libvirt "virsh save" file'],
  [0, '\xed\xeb\x0f\xf0', DUMP, 'a Xen dump-core file'],
  [0, '\xee\xeb\x0f\xf0', DUMP, 'a Xen dump-core file (HVM)'],
  [0, 'LinuxGuestRecord', DUMP, 'a Xen save file'],
  [0, 'PAGEDU64', DUMP, 'a Windows crash dump (64-bit)'],
  [0, 'PAGEDUMP', DUMP, 'a Windows crash dump (32-bit)'],
  [0, 'MDMP', OTHER, 'a minidump of a process'],
  [0, '\x1f\x8b', OTHER, 'gzip-compressed: unpack it first (gzip -d)'],
  [0, '\xfd7zXZ\x00', OTHER, 'xz-compressed: unpack it first (xz -d)'],
  [0, '\x28\xb5\x2f\xfd', OTHER, 'zstd-compressed: unpack it first (zstd -d)'],
  [0, 'BZh', OTHER, 'bzip2-compressed: unpack it first (bzip2 -d)'],
  [0, '\x04\x22\x4d\x18', OTHER, 'lz4-compressed: unpack it first (lz4 -d)'],
  [0, '\x89LZO\x00', OTHER, 'lzop-compressed: unpack it first (lzop -d)'],
  [0, 'PK\x03\x04', OTHER, 'a ZIP archive: unpack it first'],
  [0, "7z\xbc\xaf'\x1c", OTHER, 'a 7z archive: unpack it first'],
  [257, 'ustar', OTHER, 'a tar archive: unpack it first'],
  [0, '070701', OTHER, 'a cpio archive (an initramfs?)'],
  [0, '!<arch>\n', OTHER, 'an ar archive (a Debian package or a static library)'],
  [0, '\xed\xab\xee\xdb', OTHER, 'an RPM package: unpack it first'],
  [0, 'QFI\xfb', OTHER, 'a QEMU disk image (qcow2)'],
  [0, 'KDMV', OTHER, 'a VMware disk image'],
  [514, 'HdrS', OTHER, 'a Linux kernel image (bzImage), not a dump'],
  [0, 'SQLite format 3', OTHER, 'an SQLite database'],
  [0, '\x89PNG', OTHER, 'a PNG picture'],
];

const LOOKED_AT = 1024;

/**
 * What a file is that none of the formats took for its own: by signature, as text, as zeros, or
 * unknown with its first bytes.
 */
export function foreignFormatError(source: ByteSource): OpenError {
  if (source.size === 0) return new OpenError('empty', source.name, 'is empty.');
  const bytes = new Uint8Array(Math.min(LOOKED_AT, source.size));
  const length = source.read(0, bytes, 0, bytes.length);
  const head = String.fromCharCode(...bytes.subarray(0, length));
  for (const [offset, signature, reason, what] of SIGNATURES) {
    if (head.startsWith(signature, offset)) {
      const verdict =
        reason === 'unsupported' ? `is ${what}; this format is not read.` : `is ${what}.`;
      return new OpenError(reason, source.name, verdict);
    }
  }
  if (isText(bytes.subarray(0, length))) {
    return new OpenError('not-a-dump', source.name, 'is a text file, not a dump.');
  }
  if (/^\0+$/.test(head)) {
    return new OpenError(
      'not-a-dump',
      source.name,
      `has no header: it starts with ${String(length)} bytes of zeros. A raw memory image, or a dump that was never written?`,
    );
  }
  const first = Array.from(bytes.subarray(0, Math.min(16, length)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return new OpenError(
    'not-a-dump',
    source.name,
    `is of no known dump format: at offset 0x0 expected "KDUMP   ", "makedumpfile" or an ELF header, found ${first.join(' ')}.`,
  );
}

/** UTF-8 without control characters; its last character may be cut. */
function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return !/[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/.test(text);
  } catch {
    return false;
  }
}
