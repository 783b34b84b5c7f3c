import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../src-main/engine/commands/options.ts';
import { cpuList, findCount, findHex } from '../../../src-main/engine/commands/numbers.ts';

describe('parseOptions', () => {
  it('reads letters together, values apart or attached, options after operands', () => {
    const options = parseOptions(['-ab', 'word', '-o5', '-e', 'ff', '-16'], 'abo:e:', ['16']);
    expect(options.has('a') && options.has('b') && options.has('16')).toBe(true);
    expect([options.value('o'), options.value('e')]).toEqual(['5', 'ff']);
    expect(options.operands).toEqual(['word']);
  });

  it('ends at --', () => {
    expect(parseOptions(['--', '-a'], 'a').operands).toEqual(['-a']);
  });

  it('says what is wrong', () => {
    expect(() => parseOptions(['-z'], 'a')).toThrow('unknown option: -z');
    expect(() => parseOptions(['-o'], 'o:')).toThrow('option -o needs a value');
    expect(() => parseOptions(['-a', '-b'], 'ab').atMostOne('ab')).toThrow('exclude each other');
  });
});

describe('numbers', () => {
  it('are hexadecimal for addresses, decimal for counts', () => {
    expect(findHex('10')).toBe(16n);
    expect(findHex('0xff')).toBe(255n);
    expect(findHex('xyz')).toBeUndefined();
    expect(findHex('12345678901234567')).toBeUndefined();
    expect([findCount('10'), findCount('0x10'), findCount('1f'), findCount('-3')]).toEqual([
      10, 16, 31, -3,
    ]);
  });

  it('list CPUs', () => {
    expect(cpuList('1,3-4', [0, 1, 2, 3, 4], 0)).toEqual([1, 3, 4]);
    expect(cpuList('a', [0, 1], 0)).toEqual([0, 1]);
    expect(cpuList('', [0, 1], 1)).toEqual([1]);
    expect(() => cpuList('7', [0, 1], 0)).toThrow('CPU 7 does not exist');
    expect(() => cpuList('0-99999', [0, 1], 0)).toThrow('CPU 2 does not exist');
  });
});
