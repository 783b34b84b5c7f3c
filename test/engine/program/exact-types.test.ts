import { expect, it } from 'vitest';
import { parseBtf } from '../../../src-main/engine/debuginfo/btf.ts';
import { ProgramDebugInfo } from '../../../src-main/engine/program/debug-info.ts';
import { ExactTypes } from '../../../src-main/engine/program/exact-types.ts';
import { BtfTypeFinder } from '../../../src-main/engine/types/btf-type-finder.ts';
import { declarationOf } from '../../../src-main/engine/types/declaration.ts';
import { definitionText } from '../../../src-main/engine/types/definition.ts';
import type { StructType, Type } from '../../../src-main/engine/types/type.ts';
import { drawBtf } from '../../support/debuginfo/draw-btf.ts';
import { drawDwarf, sectionsOf } from '../../support/dwarf/draw-dwarf.ts';
import { drawnInt } from '../../support/types/drawn-int.ts';

/** As pahole writes it: `grid[2][3]` is `grid[6]`. Of `other` the kernel has two definitions. */
const btf = new BtfTypeFinder(
  parseBtf(
    drawBtf(`
      INT int size=4 signed
      ARRAY ->1 n=6
      STRUCT grid size=24 { cells:2@0 }
      STRUCT outer size=28 { first:1@0 inner:3@32 }
      PTR ->4
      STRUCT pair size=8 { a:1@0 b:1@32 }
      STRUCT other size=24 { cells:2@0 }
      STRUCT changed size=24 { cells:2@0 }
    `),
    'BTF',
  ),
);
const drawn = drawDwarf(`
  unit version=5
  compile_unit name="a.c" language=0xc {
    @int: base_type name="int" byte_size=4 encoding=5
    @cells: array_type type=@int {
      subrange_type upper_bound=1
      subrange_type upper_bound=2
    }
    @grid: structure_type name="grid" byte_size=24 decl_line=1 {
      member name="cells" type=@cells data_member_location=0
    }
    structure_type name="outer" byte_size=28 decl_line=2 {
      member name="first" type=@int data_member_location=0
      member name="inner" type=@grid data_member_location=4
    }
    structure_type name="pair" byte_size=8 decl_line=3 {
      member name="a" type=@int data_member_location=0
      member name="b" type=@int data_member_location=4
    }
    structure_type name="other" byte_size=8 decl_line=4 {
      member name="a" type=@int data_member_location=0
    }
    structure_type name="other" byte_size=24 decl_line=40 {
      member name="cells" type=@cells data_member_location=0
    }
    structure_type name="changed" byte_size=24 decl_line=5 {
      member name="squares" type=@cells data_member_location=0
    }
  }
`);
const info = new ProgramDebugInfo([
  {
    name: 'vmlinux',
    path: '/vmlinux',
    match: 'build-id',
    dwarf: sectionsOf(drawn.sections),
    slide: 0n,
    covers: () => true,
  },
]);
const types = new ExactTypes(info);
const exact = (name: string): Type => types.of(btf.findType('struct', name)!);

it('arrays of arrays have their dimensions', () => {
  expect(definitionText(btf.findType('struct', 'grid')!)).toContain('int cells[6];');
  expect(definitionText(exact('grid'))).toContain('int cells[2][3];');
});

it('in structs that are embedded and behind pointers, too', () => {
  const outer = exact('outer');
  const inner = outer.kind === 'struct' ? outer.members[1]!.type : undefined;
  expect(definitionText(inner!)).toContain('int cells[2][3];');
  const struct = btf.findType('struct', 'outer')!;
  const pointer = types.of({ kind: 'pointer', origin: 'BTF', size: 8, target: struct });
  expect(pointer).toMatchObject({ kind: 'pointer', target: { origin: 'DWARF' } });
  expect(declarationOf(pointer)).toBe('struct outer *');
});

it('a name with several definitions is the one of the same layout', () => {
  expect(definitionText(exact('other'))).toContain('int cells[2][3];');
});

it('what holds no array, or is another struct in DWARF, stays as it is', () => {
  expect(exact('pair')).toBe(btf.findType('struct', 'pair'));
  expect(exact('changed')).toBe(btf.findType('struct', 'changed'));
});

/** A type that BTF has, and what DWARF has under its name, both made by hand. */
function ofMade(type: StructType, made: Type): Type {
  const finder = { findTypes: () => [made] };
  const parts = [{ name: 'vmlinux' }];
  return new ExactTypes({ parts, typesOf: () => finder } as unknown as ProgramDebugInfo).of(type);
}
const int = drawnInt('BTF');
function struct(members: readonly Type[], origin: string): StructType {
  const placed = members.map((type, i) => ({ name: `m${i}`, type, bitOffset: i * 32, bitSize: 0 }));
  return { kind: 'struct', origin, name: 's', size: 4, incomplete: false, members: placed };
}
const array = (element: Type): Type => ({ kind: 'array', origin: 'BTF', element, length: 2 });

it('damaged types: embedded in each other twice and thirty deep, or thousands of times', () => {
  const nested = (origin: string): StructType => {
    let inner = struct([int, array(int)], origin);
    for (let i = 0; i < 30; i++) inner = struct([int, inner, inner], origin);
    return inner;
  };
  const dwarf = nested('DWARF');
  expect(ofMade(nested('BTF'), dwarf)).toBe(dwarf);
  const wide = (origin: string): StructType => {
    const inner = struct(Array<Type>(8000).fill(int), origin);
    return struct([...Array<Type>(8000).fill(inner), array(int)], origin);
  };
  const same = wide('DWARF');
  expect(ofMade(wide('BTF'), same)).toBe(same);
});

it('damaged types: typedefs and arrays of themselves are no reason to take them', () => {
  const loop: { target: Type } & Type = { kind: 'typedef', origin: 'x', name: 't', target: int };
  loop.target = loop;
  const rows: { element: Type } & Type = { kind: 'array', origin: 'x', element: int, length: 2 };
  rows.element = rows;
  for (const bad of [loop, rows]) {
    const btfType = struct([array(int), int], 'BTF');
    expect(ofMade(btfType, struct([bad, int], 'DWARF'))).toBe(btfType);
    expect(ofMade(btfType, struct([array(int), bad], 'DWARF'))).toBe(btfType);
    const bare = struct([bad, array(int)], 'BTF');
    expect(ofMade(bare, struct([bad, array(int)], 'DWARF'))).toBe(bare);
  }
});
