import { beforeAll, expect, test } from 'vitest';
import type { DumpImage } from '../../../src-main/engine/dump/dump-image.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { readAuditQueues } from '../../../src-main/engine/kernel/audit.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { memberOf } from '../../../src-main/engine/types/layout.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { mutateImage, type Mutation } from '../../support/mutated-image.ts';

/** Records on the audit queues: one is drawn into a dump whose queues are empty. */
const SAMPLE = new URL('../../../build/sample/sample.kdump', import.meta.url).pathname;
let image: DumpImage;
let whole: Program;

beforeAll(async () => {
  image = openDump([openByteSource(SAMPLE)], await createDecompressors());
  whole = openProgram(image);
});

/** One socket buffer in a page of the log's buffer, linked to audit_queue. @param length of the buffer */
function withRecord(text: string, length: number, next?: bigint): Program {
  const head = whole.symbols.address('audit_queue');
  const page = (whole.symbols.address('__log_buf') + 0x1fffn) & ~0xfffn;
  const type = whole.type('struct sk_buff');
  const offset = (name: string) => memberOf(type, name).bitOffset / 8;
  const set = (bytes: Uint8Array, at: number, value: bigint) =>
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setBigUint64(at, value, true);
  const link: Mutation = (bytes) => {
    set(bytes, Number(head & 0xfffn), page);
    set(bytes, Number(head & 0xfffn) + 8, page);
    return 'present';
  };
  const buffer: Mutation = (bytes) => {
    bytes.fill(0);
    set(bytes, 0, next ?? head);
    set(bytes, 8, head);
    set(bytes, offset('data'), page + 1024n);
    set(bytes, offset('len'), BigInt(length));
    // nlmsg_len leaves the header out; nlmsg_type is AUDIT_SYSCALL.
    set(bytes, 1024, BigInt(text.length) | (1300n << 32n));
    bytes.set(new TextEncoder().encode(text), 1024 + 16);
    return 'present';
  };
  return openProgram(
    mutateImage(
      image,
      new Map([
        [pfnOf(head), link],
        [pfnOf(page), buffer],
      ]),
    ),
  );
}

const pfnOf = (address: bigint): number =>
  Number(whole.kernel.translate(address as ReturnType<typeof whole.symbols.address>) >> 12n);

test('queues without records are empty, not missing', () => {
  expect(readAuditQueues(whole)).toEqual({
    records: [],
    queues: ['audit_hold_queue', 'audit_retry_queue', 'audit_queue'],
    problems: [],
  });
});

test('the whole text of a record, without the netlink header', () => {
  const text = 'audit(1700000000.123:42): arch=c000003e syscall=59 success=yes';
  const { records, problems } = readAuditQueues(withRecord(text, 16 + text.length));
  expect(problems).toEqual([]);
  expect(records).toEqual([{ type: 1300, text }]);
});

test('a length that cannot be is bounded', () => {
  const { records } = readAuditQueues(withRecord('short', 0x7fff_ffff));
  expect(records.map(({ text }) => text)).toEqual(['short']);
});

test('a damaged list gives what can be read, and says so', () => {
  const { records, problems } = readAuditQueues(withRecord('first', 21, 0x10n));
  expect(records.map(({ text }) => text)).toEqual(['first']);
  expect(problems.join()).toContain('audit_queue');
});
