import { describe, expect, it } from 'vitest';
import { gapSums } from '../../../src-shared/contract/index.ts';
import { structLayout } from '../../../src-main/engine/types/struct-layout.ts';
import type { Member, StructType, Type } from '../../../src-main/engine/types/type.ts';
import { drawTypes } from '../../support/kernel/draw-types.ts';

function structOf(text: string, name = 's'): StructType {
  const type = drawTypes(text).typeNamed('struct', name);
  if (type.kind !== 'struct') throw new Error('no struct');
  return type;
}
/** `hole 4+4`: kind, first byte (`.bit`), bytes (or `b` bits). */
function gaps(struct: StructType): string[] {
  return structLayout(struct).gaps.map(({ kind, bitOffset, bits, inBitField, after }) => {
    const at = inBitField ? `${Math.floor(bitOffset / 8)}.${bitOffset % 8}` : `${bitOffset / 8}`;
    return `${kind} ${at}+${inBitField ? `${bits}b` : bits / 8} behind ${after}`;
  });
}

describe('holes and padding', () => {
  it('lie where alignment leaves bytes, and behind the last member', () => {
    expect(gaps(structOf('struct s { char a; long b; int c; char d; }'))).toEqual([
      'hole 1+7 behind 0',
      'padding 21+3 behind 3',
    ]);
  });

  it('are none in a struct that is full, and in a union', () => {
    expect(gaps(structOf('struct s { int a; int b; long c; }'))).toEqual([]);
    const union = drawTypes('union u { char a; long b; }').typeNamed('union', 'u') as StructType;
    expect(structLayout(union)).toMatchObject({ gaps: [], members: 2 });
  });

  it('of bit fields count in bits as far as their unit goes, then in bytes', () => {
    expect(gaps(structOf('struct s { unsigned int a : 3; long b; }'))).toEqual([
      'hole 0.3+29b behind 0',
      'hole 4+4 behind 0',
    ]);
    expect(gaps(structOf('struct s { long a; unsigned int b : 1; int c : 4; }'))).toEqual([
      'padding 8.5+27b behind 2',
      'padding 12+4 behind 2',
    ]);
  });

  it('share the largest unit of bit fields that follow each other', () => {
    const [wide, narrow] = structOf('struct s { unsigned int a : 8; char b : 1; }').members;
    const struct = { ...structOf('struct s { long x; }'), members: [wide!, narrow!] };
    expect(gaps({ ...struct, size: 4 })).toEqual(['padding 1.1+23b behind 1']);
  });

  it('come to the sums that pahole prints', () => {
    const struct = structOf(
      'struct in { long a; char b; } struct s { char a; struct in i; unsigned int f : 3; long z; char e; }',
    );
    const layout = structLayout(struct);
    expect(gapSums(layout)).toEqual({
      holes: 2,
      holeBytes: 7 + 4,
      bitHoles: 1,
      bitHoleBits: 29,
      paddingBytes: 7,
      paddingBits: 0,
    });
    expect(layout).toMatchObject({
      members: 5,
      memberBytes: 1 + 16 + 8 + 1,
      bitFieldBits: 3,
      innerPadding: { count: 1, bytes: 7 },
    });
  });

  it('of damaged types are bounded: members in any order, sizes that cannot be, a type in itself', () => {
    const good = structOf('struct s { int a; int b; long c; }');
    const member = (bitOffset: number, type: Type = good.members[0]!.type): Member => ({
      name: 'm',
      type,
      bitOffset,
      bitSize: 0,
    });
    const mixed = { ...good, size: 8, members: [member(64), member(0), member(32)] };
    expect(gaps(mixed)).toEqual(['hole 0+8 behind -1']);
    const self: { members: Member[] } & StructType = { ...good, size: 8, members: [] };
    self.members.push(member(0, self));
    expect(gaps(self)).toEqual([]);
    const endless: { target: Type } & Type = {
      kind: 'typedef',
      origin: 'drawn',
      name: 't',
      target: good,
    };
    endless.target = endless;
    expect(gaps({ ...good, members: [member(0, endless)] })).toEqual(['padding 0+16 behind 0']);
  });

  it('of a struct that is a member many times are looked for once', () => {
    const inner = structOf('struct s { long a; char b; }');
    let asked = 0;
    const counted = {
      ...inner,
      get members() {
        asked++;
        return inner.members;
      },
    };
    const members = Array.from({ length: 500 }, (_, i) => ({
      name: `m${i}`,
      type: counted,
      bitOffset: i * 128,
      bitSize: 0,
    }));
    const { innerPadding } = structLayout({ ...inner, size: 16 * 500, members });
    expect(innerPadding).toEqual({ count: 500, bytes: 500 * 7 });
    expect(asked).toBeLessThan(5);
  });
});
