import { describe, expect, it } from 'vitest';
import { findFaultMessage, findPanicMessage } from '../../../src-main/engine/kernel/panic.ts';
import { readPrintkLog } from '../../../src-main/engine/kernel/printk.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const TYPES = `
  struct atomic { long counter; }
  struct dev_printk_info { char subsystem[16]; char device[48]; }
  struct printk_info {
    u64 seq; u64 ts_nsec; u16 text_len; u8 facility; u8 flags : 5; u8 level : 3; u32 caller_id;
    struct dev_printk_info dev_info;
  }
  struct prb_data_blk_lpos { unsigned long begin; unsigned long next; }
  struct prb_desc { struct atomic state_var; struct prb_data_blk_lpos text_blk_lpos; }
  struct prb_data_ring { unsigned int size_bits; char *data; struct atomic head_lpos; struct atomic tail_lpos; }
  struct prb_desc_ring { unsigned int count_bits; struct prb_desc *descs; struct printk_info *infos; struct atomic head_id; struct atomic tail_id; }
  struct printk_ringbuffer { struct prb_desc_ring desc_ring; struct prb_data_ring text_data_ring; }`;
const PRB_POINTER = 0xffff_ffff_8100_0000n;
const PRB = 0xffff_ffff_8100_1000n;
const DESCS = 0xffff_ffff_8100_2000n;
const INFOS = 0xffff_ffff_8100_3000n;
const DATA = 0xffff_ffff_8100_4000n;
const RING = 128n;
const FINALIZED = 2n << 62n;

interface Record {
  id: bigint;
  begin: bigint;
  next: bigint;
  text?: string;
  state?: bigint;
  caller?: number;
  level?: number;
  facility?: number;
}

/** A ring of 4 descriptors and 128 bytes of text. */
function machineOf(records: readonly Record[], ids: { tail: bigint; head: bigint }): DrawnMachine {
  const machine = new DrawnMachine(TYPES)
    .symbol('prb', PRB_POINTER)
    .u64(PRB_POINTER, PRB)
    .put('struct printk_ringbuffer', PRB, {
      'desc_ring.count_bits': 2,
      'desc_ring.descs': DESCS,
      'desc_ring.infos': INFOS,
      'desc_ring.head_id.counter': ids.head,
      'desc_ring.tail_id.counter': ids.tail,
      'text_data_ring.size_bits': 7,
      'text_data_ring.data': DATA,
    })
    .bytes(DESCS, new Uint8Array(4 * 24))
    .bytes(INFOS, new Uint8Array(4 * 96))
    .bytes(DATA, new Uint8Array(Number(RING)));
  for (const record of records) {
    const { id, begin, next, text = '', state = FINALIZED, caller = 1, level = 6 } = record;
    const slot = id % 4n;
    machine.put('struct prb_desc', DESCS + slot * 24n, {
      'state_var.counter': state | id,
      'text_blk_lpos.begin': begin,
      'text_blk_lpos.next': next,
    });
    machine.put(
      'struct printk_info',
      INFOS + slot * machine.offset('struct printk_info', 'dev_info') + slot * 64n,
      {
        seq: id,
        ts_nsec: id * 1_000_000n,
        text_len: new TextEncoder().encode(text).length,
        flags: level << 5,
        facility: record.facility ?? 0,
        caller_id: caller,
      },
    );
    const wraps = begin % RING > next % RING && next % RING !== 0n;
    const at = (wraps ? 0n : begin % RING) + 8n;
    if (text !== '') machine.bytes(DATA + at, new TextEncoder().encode(text));
  }
  return machine;
}

function texts(machine: DrawnMachine): string[] {
  return readPrintkLog(machine.program()).records.map(({ text }) => text);
}

describe('why the kernel died', () => {
  it('is what the kernel said, not what a process wrote to /dev/kmsg', () => {
    const program = machineOf(
      [
        { id: 0n, begin: 0n, next: 32n, text: 'BUG: in the kernel' },
        { id: 1n, begin: 32n, next: 72n, text: 'BUG: Kernel panic - not', facility: 1 },
      ],
      { tail: 0n, head: 1n },
    ).program();
    expect(findFaultMessage(program)?.text).toBe('BUG: in the kernel');
    expect(findPanicMessage(program)).toBeUndefined();
    expect(readPrintkLog(program).records).toHaveLength(2);
  });
});

describe('the printk ring buffer', () => {
  it('gives records from tail to head with level, caller and text', () => {
    const machine = machineOf(
      [
        { id: 0n, begin: 0n, next: 24n, text: 'first', level: 5 },
        { id: 1n, begin: 24n, next: 48n, text: 'two\nlines', caller: 0x8000_0001 },
      ],
      { tail: 0n, head: 1n },
    );
    const { records, warnings } = readPrintkLog(machine.program());
    expect(records).toMatchObject([
      { seq: 0, tsNsec: 0n, level: 5, caller: 'T1', text: 'first' },
      { seq: 1, tsNsec: 1_000_000n, level: 6, caller: 'C1', text: 'two\nlines' },
    ]);
    expect(warnings).toEqual([]);
  });

  it('finds a block that wraps at the start of the ring, and one that just fits at its end', () => {
    const machine = machineOf(
      [
        { id: 4n, begin: 104n, next: RING + 24n, text: 'wrapped' },
        { id: 5n, begin: RING + 96n, next: 2n * RING, text: 'fits exactly' },
      ],
      { tail: 4n, head: 5n },
    );
    expect(texts(machine)).toEqual(['wrapped', 'fits exactly']);
  });

  it('shows an empty line as a record, and counts one whose text was lost', () => {
    const machine = machineOf(
      [
        { id: 0n, begin: 3n, next: 3n },
        { id: 1n, begin: 1n, next: 1n },
      ],
      { tail: 0n, head: 1n },
    );
    const { records, warnings } = readPrintkLog(machine.program());
    expect(records.map(({ text }) => text)).toEqual(['']);
    expect(warnings).toEqual(['1 log records have lost their text.']);
  });

  it('leaves out reserved and recycled descriptors', () => {
    const machine = machineOf(
      [
        { id: 4n, begin: 0n, next: 24n, text: 'kept' },
        { id: 5n, begin: 24n, next: 48n, text: 'never finished', state: 0n },
        { id: 6n, begin: 48n, next: 72n, text: 'committed', state: 1n << 62n },
      ],
      { tail: 4n, head: 6n },
    );
    const { records, warnings } = readPrintkLog(machine.program());
    expect(records.map(({ text }) => text)).toEqual(['kept', 'committed']);
    expect(warnings).toEqual([
      'The log begins with record 4: the 4 before it were overwritten.',
      '1 log records were being written and are not shown.',
    ]);
  });

  it('tries every descriptor when tail and head cannot be right', () => {
    const machine = machineOf([{ id: 2n, begin: 0n, next: 24n, text: 'still here' }], {
      tail: 0n,
      head: 1n << 40n,
    });
    const { records, warnings } = readPrintkLog(machine.program());
    expect(records.map(({ text }) => text)).toEqual(['still here']);
    expect(warnings[0]).toContain('descriptor ring is damaged');
  });

  it('does not believe a text longer than its block', () => {
    const machine = machineOf([{ id: 0n, begin: 0n, next: 16n, text: 'abcdefgh' }], {
      tail: 0n,
      head: 0n,
    });
    machine.put('struct printk_info', INFOS, { text_len: 60000 });
    expect(texts(machine)).toEqual(['abcdefgh']);
  });

  it('says what is missing instead of an empty log', () => {
    const { records, warnings } = readPrintkLog(
      machineOf([], { tail: 0n, head: 0n }).exclude(PRB).program(),
    );
    expect(records).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('page excluded by the dump filter')]);
  });

  it('refuses a ring of an impossible size', () => {
    const machine = machineOf([], { tail: 0n, head: 0n });
    machine.put('struct printk_ringbuffer', PRB, { 'desc_ring.count_bits': 40 });
    expect(readPrintkLog(machine.program()).warnings[0]).toContain('count_bits');
  });
});

describe('the record buffer before 5.10', () => {
  const OLD = `struct printk_log { u64 ts_nsec; u16 len; u16 text_len; u16 dict_len; u8 facility; u8 flags : 5; u8 level : 3; }`;
  const BUFFER = 0xffff_ffff_8200_0000n;
  const VARIABLES = 0xffff_ffff_8300_0000n;

  function machine(records: readonly [number, string][], next: number): DrawnMachine {
    const drawn = new DrawnMachine(OLD);
    const values: [string, bigint][] = [
      ['log_buf', BUFFER],
      ['log_buf_len', 256n],
      ['log_first_seq', 7n],
      ['log_next_idx', BigInt(next)],
      ['log_first_idx', BigInt(records[0]?.[0] ?? 0)],
    ];
    for (const [i, [name, value]] of values.entries()) {
      drawn.symbol(name, VARIABLES + BigInt(i) * 16n).u64(VARIABLES + BigInt(i) * 16n, value);
    }
    drawn.bytes(BUFFER, new Uint8Array(256));
    for (const [at, text] of records) {
      const length = (16 + text.length + 3) & ~3;
      drawn.put('struct printk_log', BUFFER + BigInt(at), { len: length, text_len: text.length });
      drawn.bytes(BUFFER + BigInt(at) + 16n, new TextEncoder().encode(text));
    }
    return drawn;
  }

  it('follows the lengths, and the wrap mark back to the start', () => {
    const drawn = machine(
      [
        [128, 'before'],
        [0, 'after'],
      ],
      24,
    );
    const { records } = readPrintkLog(drawn.program());
    expect(records.map(({ seq, text }) => [seq, text])).toEqual([
      [7, 'before'],
      [8, 'after'],
    ]);
  });

  it('ends at a wrap mark that is met twice', () => {
    const { records, warnings } = readPrintkLog(machine([[128, 'only']], 200).program());
    expect(records.map(({ text }) => text)).toEqual(['only']);
    expect(warnings.at(-1)).toContain('damaged at offset 0');
  });
});
