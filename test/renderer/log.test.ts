import { expect, test } from 'vitest';
import type { LogTable } from '../../src-shared/contract/index.ts';
import { logTime } from '../../src-renderer/model/format.ts';
import {
  findInLog,
  firstWarningOf,
  lastWords,
  levelCounts,
  logRows,
  panicRow,
  splitAtHits,
} from '../../src-renderer/model/log.ts';

/** One record a line: `level text`. */
function log(drawing: string): LogTable {
  const lines = drawing
    .trim()
    .split('\n')
    .map((line) => line.trim());
  return {
    count: lines.length,
    seq: lines.map((_, row) => row + 100),
    tsNsec: lines.map((_, row) => BigInt(row) * 1_000_000n),
    level: lines.map((line) => Number(line[0])),
    facility: lines.map(() => 0),
    caller: lines.map(() => ''),
    text: lines.map((line) => line.slice(2)),
    warnings: [],
  };
}
const dying = log(`
  6 booted
  4 WARNING: CPU: 0 PID: 1 at x.c:1
  1 BUG: kernel NULL pointer dereference, address: 0000000000000010
  4 Oops: 0000 [#1] PREEMPT SMP PTI
  4 RIP: 0010:demo_account+0x9/0x20
  0 Kernel panic - not syncing: Fatal exception
  7 after`);

test('levels', () => {
  expect([...logRows(dying, 4)]).toEqual([1, 2, 3, 4, 5]);
  expect(levelCounts(dying)).toEqual([1, 1, 0, 0, 3, 0, 1, 1]);
});
test('search gives positions among the rows shown', () => {
  expect([...findInLog(dying, logRows(dying, 4), 'PANIC')]).toEqual([4]);
  expect([...findInLog(dying, logRows(dying, 7), '')]).toEqual([]);
});
test('the panic is the last word, and its oops the first of the last words', () => {
  expect(panicRow(dying)).toBe(5);
  expect(lastWords(dying)).toEqual([2, 3, 4, 5, 6]);
  expect(panicRow(log('6 fine'))).toBeUndefined();
  expect(lastWords(log('6 fine\n6 still'))).toEqual([0, 1]);
  expect(panicRow(log('6 user said: Kernel panic - not syncing'))).toBeUndefined();
});
test('hits are marked whatever their case', () => {
  expect(splitAtHits('Oops oops', 'oops')).toEqual(['', 'Oops', ' ', 'oops', '']);
  expect(splitAtHits('text', '')).toEqual(['text']);
  expect(splitAtHits('İİ', 'i')).toEqual(['İİ']);
});
test('times have microseconds, before the panic they are negative', () => {
  expect(logTime(7_024_734_999n)).toBe('7.024734');
  expect(logTime(-1_500_000n)).toBe('-0.001500');
});

test('the warning that taints is found in the words of old and new kernels, lockdep is none', () => {
  const first = (drawing: string) => firstWarningOf([{ type: 'log', records: log(drawing) }]);
  expect(first('6 booted\n4 WARNING: CPU: 1 PID: 116 at x.c:110 demo_warn+0x21/0x30')).toBe(101);
  expect(first('4 WARNING: x.c:110 at demo_warn+0x18/0x30 [x], CPU#1: busy/129')).toBe(100);
  expect(first('4 WARNING: possible circular locking dependency detected')).toBeUndefined();
  expect(firstWarningOf([])).toBeUndefined();
});
