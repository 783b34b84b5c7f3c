import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import type { ProgramDebugInfo } from '../../../src-main/engine/program/debug-info.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { checkedSource, readSource } from '../../../src-main/engine/program/source-text.ts';
import type { SourceTree } from '../../../src-main/engine/program/source-tree.ts';

const TEXT = Array.from({ length: 10 }, (_, i) => `line ${i + 1}`).join('\n');
const tree = (md5: string | undefined): SourceTree => ({
  places: [],
  problems: [],
  read: (file) =>
    file === 'kernel/exit.c'
      ? { path: '/src/kernel/exit.c', text: `${TEXT}\n`, how: 'as named', md5: () => md5 }
      : { absent: 'unknown', why: `${file} is not in /src` },
  close: () => undefined,
});
/** Code at 0x1000 that was compiled from a line of the file. */
const program = (digest?: string, line = 5): Program => {
  const debugInfo: Partial<ProgramDebugInfo> = {
    findDigest: () => digest,
    findLocation: () => ({ line: { file: 'kernel/exit.c', line } }) as never,
  };
  return { debugInfo } as Program;
};
const checkOf = (its: string | undefined, compiled: string | undefined, line = 5) =>
  checkedSource(program(compiled), tree(its), 'kernel/exit.c', {
    address: virtAddr(0x1000n),
    line,
  });

describe('a source file', () => {
  it('is verified, another or unverified by the MD5 of the line table', () => {
    expect(checkOf('aa', 'aa')).toMatchObject({ check: 'verified', count: 10, how: 'as named' });
    expect(checkOf('aa', 'bb')).toMatchObject({ check: 'different' });
    expect(checkOf('aa', undefined)).toMatchObject({ check: 'unverified' });
    // Nothing can compute one under FIPS.
    expect(checkOf(undefined, 'aa')).toMatchObject({ check: 'unverified' });
  });

  it('is another when code was compiled from a line that it does not have', () => {
    expect(checkOf('aa', undefined, 10)).toMatchObject({ check: 'unverified' });
    expect(checkOf('aa', undefined, 11)).toMatchObject({
      check: 'different',
      how: 'as named: code was compiled from line 11, and it has 10 lines',
    });
  });
});

describe('lines of a file', () => {
  const request = { session: '1', file: 'kernel/exit.c' };

  it('are those that were asked for, as far as the file goes', () => {
    const read = (first?: number, count?: number) => {
      const range = {
        ...(first !== undefined && { first }),
        ...(count !== undefined && { count }),
      };
      return readSource(program(), tree('aa'), { ...request, ...range });
    };
    expect(read()).toMatchObject({ first: 1, count: 10, lines: TEXT.split('\n') });
    expect(read(9, 5)).toMatchObject({ first: 9, count: 10, lines: ['line 9', 'line 10'] });
    expect(read(40)).toMatchObject({ first: 40, count: 10, lines: [] });
  });

  it('of code are checked against it', () => {
    const address = 0x1000n;
    expect(readSource(program('bb'), tree('aa'), { ...request, address })).toMatchObject({
      check: 'different',
    });
    expect(readSource(program(undefined, 11), tree('aa'), { ...request, address })).toMatchObject({
      check: 'different',
    });
  });

  it('are absent with a sentence', () => {
    const file = 'kernel/fork.c';
    expect(readSource(program(), tree('aa'), { ...request, file })).toEqual({
      absent: 'unknown',
      why: 'kernel/fork.c is not in /src',
    });
    expect(readSource(program(), undefined, request)).toMatchObject({ absent: 'unknown' });
  });
});
