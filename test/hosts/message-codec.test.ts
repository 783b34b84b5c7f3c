import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src-shared/rpc/index.ts';

const leaf = fc.oneof(
  fc.constantFrom(undefined, null, true, false),
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.uint8Array(),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value')),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
}));

describe('messages as bytes', () => {
  it('come back as they were: numbers as numbers, bigint as bigint, also where both are 5', () => {
    fc.assert(
      fc.property(value, (sent) => {
        expect(decodeMessage(encodeMessage(sent))).toEqual(sent);
      }),
      { seed: 2, numRuns: 300 },
    );
    expect(
      decodeMessage(encodeMessage([5, 5n, -0, 2 ** 53, '\ud800', new Uint8Array([1])])),
    ).toEqual([5, 5n, -0, 2 ** 53, '\ud800', new Uint8Array([1])]);
  });

  it.each<[string, unknown]>([
    ['functions', () => 1],
    ['class instances', new Map()],
    ['more than 64 bits', 1n << 64n],
    ['less than 64 bits', -(1n << 63n) - 1n],
  ])('refuse %s', (_name, sent) => {
    expect(() => encodeMessage({ sent })).toThrow(RangeError);
  });

  it('refuse cycles by their depth', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(() => encodeMessage(loop)).toThrow('nested too deeply');
  });

  it('never do more than fail on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it.each<[string, number[]]>([
    ['nothing', []],
    ['an unknown tag', [99]],
    ['an array longer than the message', [11, 0xff, 0xff, 0xff, 0xff]],
    ['text longer than the message', [8, 0xff, 0xff, 0xff, 0x7f, 0x41]],
    ['bytes beyond the end', [1, 1]],
    ['a prototype', [12, 1, 0, 0, 0, 0, 0, 0, 0, 8, 9, 0, 0, 0, ...Buffer.from('__proto__'), 1]],
    ['a key that was not said', [12, 1, 0, 0, 0, 7, 0, 0, 0, 1]],
    ['arrays in arrays without end', Array(1000).fill([11, 1, 0, 0, 0]).flat()],
  ])('are refused when they are %s', (_name, bytes) => {
    expect(() => decodeMessage(new Uint8Array(bytes))).toThrow(RangeError);
  });
});
