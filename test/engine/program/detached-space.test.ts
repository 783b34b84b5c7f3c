import { describe, expect, it } from 'vitest';
import { addVirt } from '../../../src-main/engine/base/address.ts';
import {
  DETACHED,
  DetachedSpace,
} from '../../../src-main/engine/program/expression/detached-space.ts';
import { UnreadableSpace } from '../../../src-main/engine/program/expression/unreadable-space.ts';

describe('a value that is in no memory', () => {
  const elsewhere = new UnreadableSpace('kernel', () => new Error('memory was read'));
  const bytes = Uint8Array.from([1, 2, 0x6f, 0x6b, 0, 9, 8, 7, 6, 5, 4, 3]);
  const why = 'rbx is not known';
  const space = new DetachedSpace(elsewhere, bytes, [
    { start: 8, end: 10, fault: { kind: 'unavailable', why } },
  ]);

  it('is read as memory is, of any length', () => {
    expect(space.readU16(DETACHED)).toBe(0x201);
    expect([...space.read(addVirt(DETACHED, 10), 2)]).toEqual([4, 3]);
    expect(space.readCString(addVirt(DETACHED, 2), 6)).toBe('ok');
  });

  it('refuses the bytes that are not known, and says why', () => {
    expect(() => space.readU8(addVirt(DETACHED, 8))).toThrow(why);
    expect(() => space.readU64(addVirt(DETACHED, 4))).toThrow(why);
    expect(() => space.readU8(addVirt(DETACHED, 12))).toThrow('memory was read');
  });
});
