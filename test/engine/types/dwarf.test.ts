import { describe, expect, it } from 'vitest';
import { findTypeRef, openDie } from '../../../src-main/engine/debuginfo/dwarf/die-names.ts';
import { DwarfFile } from '../../../src-main/engine/debuginfo/dwarf/dwarf-file.ts';
import {
  parseNameIndex,
  serializeNameIndex,
} from '../../../src-main/engine/debuginfo/dwarf/name-index-file.ts';
import {
  buildNameIndex,
  mergeNameIndexes,
} from '../../../src-main/engine/debuginfo/dwarf/name-index.ts';
import { findStaticIn } from '../../../src-main/engine/debuginfo/dwarf/static-variables.ts';
import { declarationOf } from '../../../src-main/engine/types/declaration.ts';
import { definitionText } from '../../../src-main/engine/types/definition.ts';
import { DwarfTypeFinder } from '../../../src-main/engine/types/dwarf-type-finder.ts';
import { findMember, resolveTypedef, sizeOf } from '../../../src-main/engine/types/layout.ts';
import type { Type } from '../../../src-main/engine/types/type.ts';
import { drawDwarf, sectionsOf } from '../../support/dwarf/draw-dwarf.ts';

const KERNEL = `
  unit version=5
  compile_unit name="a.c" language=0x1d {
    @int: base_type name="int" byte_size=4 encoding=5
    @ulong: base_type name/strp="long unsigned int" byte_size=8 encoding=7
    @char: base_type name="char" byte_size=1 encoding=6
    @bool: base_type name="_Bool" byte_size=1 encoding=2
    @list: structure_type name/strp="list_head" byte_size=16 decl_line=10 {
      member name="next" type=@plist data_member_location=0
      member name="prev" type=@plist data_member_location=8
    }
    @plist: pointer_type type=@list byte_size=8
    @state: typedef name="state_t" type=@vint
    @vint: volatile_type type=@int
    @comm: array_type type=@char {
      subrange_type type=@ulong upper_bound=15
    }
    @matrix: array_type type=@int {
      subrange_type count=2
      subrange_type upper_bound=2
      subrange_type count=1
    }
    @flexible: array_type type=@int {
      subrange_type
    }
    @task: structure_type name/strp="task" byte_size=96 {
      member name="state" type=@state data_member_location=0
      member name="comm" type=@comm data_member_location=4
      member name="tasks" type=@list data_member_location=24
      member type=@anonymous data_member_location=40
      member name="mod" type=@pmodule data_member_location=48
      member name="grid" type=@matrix data_member_location=56
      member name="fn" type=@pfn data_member_location=80
      member name="rest" type=@flexible data_member_location=96
    }
    @anonymous: union_type byte_size=4 {
      member name="pid" type=@int data_member_location=0
      member type=@bits data_member_location=0
    }
    @bits: structure_type byte_size=4 {
      member name="on_cpu" type=@int bit_size=1 data_bit_offset=0
      member name="policy" type=@int bit_size=3 data_bit_offset=1
      member name="old" type=@int bit_size=5 bit_offset=20 byte_size=4 data_member_location=0
    }
    @fwd: structure_type name/strp="module" declaration=true
    @pmodule: pointer_type type=@fwd
    @nowhere: structure_type name/strp="nowhere" declaration=true
    @fn: subroutine_type prototyped=true type=@int {
      formal_parameter type=@pconst
      unspecified_parameters
    }
    @pfn: pointer_type type=@fn
    @const: const_type type=@char
    @pconst: pointer_type type=@const
    enumeration_type name="pid_type" byte_size=4 encoding=7 {
      enumerator name="PIDTYPE_PID" const_value/data1=0
      enumerator name="PIDTYPE_MAX" const_value/data1=255
    }
    enumeration_type name="error" byte_size=4 type=@int {
      enumerator name="EPERM" const_value=-1
    }
    @decl: variable name/strp="jiffies" type=@ulong external=true declaration=true
    variable specification=@decl location=[addr 0x1000]
    variable name="flag" type=@bool location=[addr 0x1008]
    subprogram name/strp="wake_up" type=@int low_pc=0x1000 high_pc=+0x10 {
      formal_parameter name="who" type=@plist
      variable name="once" type=@bool location=[addr 0x2000]
      variable name="auto" type=@int location=[fbreg -8]
    }
  }
  unit version=4
  compile_unit name="b.c" language=0x1d {
    @int2: base_type name="int" byte_size=4 encoding=5
    structure_type name/strp="list_head" byte_size=16 decl_line=10 {
    }
    structure_type name/strp="module" byte_size=8 {
      member name="refcnt" type=@int2 data_member_location=[plus_uconst 4]
    }
    structure_type name/strp="config" byte_size=4 decl_line=3 {
    }
    structure_type name/strp="config" byte_size=8 decl_line=90 {
    }
  }
`;

function fileOf(text = KERNEL): DwarfFile {
  return new DwarfFile(sectionsOf(drawDwarf(text).sections));
}
const finderOf = (text?: string): DwarfTypeFinder => new DwarfTypeFinder(fileOf(text));

describe('types of DWARF', () => {
  it('are structs with members, bit fields, anonymous parts and arrays of arrays', () => {
    const task = finderOf().findType('struct', 'task')!;
    expect(definitionText(task, { offsets: true })).toBe(
      [
        'struct task {',
        '   [0] state_t state;',
        '   [4] char comm[16];',
        '  [24] struct list_head tasks;',
        '       union {',
        '  [40]     int pid;',
        '           struct {',
        '  [40]         int on_cpu : 1;',
        '  [40]         int policy : 3;',
        '  [40]         int old : 5;',
        '           };',
        '       };',
        '  [48] struct module *mod;',
        '  [56] int grid[2][3][1];',
        '  [80] int (*fn)(const char *, ...);',
        '  [96] int rest[];',
        '}',
        'SIZE: 96',
      ].join('\n'),
    );
    expect(findMember(task, 'policy')).toMatchObject({ bitOffset: 321, bitSize: 3 });
    // Counted from the top of 4 bytes: 32 - 20 - 5.
    expect(findMember(task, 'old')).toMatchObject({ bitOffset: 327, bitSize: 5 });
    expect(sizeOf(findMember(task, 'grid[1]')!.type)).toBe(12);
  });

  it('are one object per DIE, so that structs may point to themselves', () => {
    const finder = finderOf();
    const list = finder.findType('struct', 'list_head')!;
    const next = findMember(list, 'next')!.type;
    expect(next.kind === 'pointer' && next.target).toBe(list);
    expect(finder.findType('struct', 'list_head')).toBe(list);
    expect(resolveTypedef(finder.findType('typedef', 'state_t')!)).toMatchObject({ name: 'int' });
  });

  it('complete a forward declaration from another unit, and say where there is none', () => {
    const finder = finderOf();
    const pointer = findMember(finder.findType('struct', 'task')!, 'mod')!.type;
    const module = pointer.kind === 'pointer' ? pointer.target : undefined;
    expect(module).toMatchObject({ name: 'module', size: 8, incomplete: false });
    expect(findMember(module!, 'refcnt')).toMatchObject({ bitOffset: 32 });
    expect(finder.findType('struct', 'nowhere')).toMatchObject({ incomplete: true, size: 0 });
    expect(finder.findType('union', 'task')).toBeUndefined();
  });

  it('complete what only another file defines, once, and end where files ask each other', () => {
    const asked: string[] = [];
    const complete = finderOf().findType('struct', 'task')!;
    const files = [0, 1].map(
      (i): DwarfTypeFinder =>
        new DwarfTypeFinder(
          new DwarfFile(sectionsOf(drawDwarf(KERNEL).sections)),
          'DWARF',
          (tag, name) => {
            asked.push(`${tag} ${name}`);
            return files[1 - i]!.findType(tag, name);
          },
        ),
    );
    expect(files[0]!.findType('struct', 'nowhere')).toMatchObject({ incomplete: true, size: 0 });
    expect(asked.length).toBeLessThan(10);
    const module = new DwarfTypeFinder(
      new DwarfFile(sectionsOf(drawDwarf(KERNEL).sections)),
      'DWARF:m',
      (_, name) => (name === 'nowhere' ? complete : undefined),
    );
    expect(module.findType('struct', 'nowhere')).toMatchObject({
      incomplete: false,
      size: 96,
      members: complete.kind === 'struct' ? complete.members : [],
    });
  });

  it('know enums by their sign', () => {
    const values = (name: string): unknown => {
      const type = finderOf().findType('enum', name);
      return type?.kind === 'enum' && [type.signed, ...type.enumerators.map((e) => e.value)];
    };
    expect(values('pid_type')).toEqual([false, 0n, 255n]);
    expect(values('error')).toEqual([true, -1n]);
  });

  it('are those of variables, of static ones inside functions, and of functions', () => {
    const finder = finderOf();
    const spelled = (type: Type | undefined) => type && declarationOf(type, 'x');
    expect(spelled(finder.findVariableType('jiffies'))).toBe('unsigned long x');
    expect(spelled(finder.findVariableType('flag'))).toMatch(/^(_Bool|bool) x$/);
    expect(finder.findVariableType('once')).toBeUndefined();
    const [wakeUp] = finder.iterateFunctions('wake_up');
    const once = findStaticIn(wakeUp!, 'once');
    expect(spelled(finder.types.typeOf(findTypeRef(openDie(once!))))).toMatch(/^(_Bool|bool) x$/);
    expect(findStaticIn(wakeUp!, 'auto')).toBeUndefined();
    expect(finder.findFunctionType('wake_up')).toMatchObject({
      parameters: [{ name: 'who' }],
      result: { name: 'int' },
      variadic: false,
    });
  });

  it('with several definitions of a name are all found, equal ones once', () => {
    const finder = finderOf();
    expect(finder.findTypes('struct', 'config').map((type) => sizeOf(type))).toEqual([4, 8]);
    expect(finder.findTypes('struct', 'list_head')).toHaveLength(1);
    const names = [...finder.iterateNames()].map(({ tag, name }) => `${tag} ${name}`);
    expect(names.filter((name) => name === 'base int')).toHaveLength(1);
    expect(names).toContain('struct nowhere');
    expect(names).not.toContain('struct ');
  });
});

describe('the index of names', () => {
  it('is the same from shares of the units, and after a stay in a file', () => {
    const file = fileOf();
    const whole = buildNameIndex(file);
    const parts = [buildNameIndex(fileOf(), 0, 1), buildNameIndex(fileOf(), 1)];
    const merged = parseNameIndex(serializeNameIndex(mergeNameIndexes(parts), 'id'), 'id');
    const finder = new DwarfTypeFinder(file);
    expect(finder.useIndex(merged)).toBe(true);
    const other = finderOf();
    other.useIndex(whole);
    const namesOf = (from: DwarfTypeFinder) =>
      new Set([...from.iterateNames()].map(({ tag, name }) => `${tag} ${name}`));
    expect(namesOf(finder)).toEqual(namesOf(other));
    expect(finder.findType('struct', 'module')).toMatchObject({ size: 8 });
    expect(finder.findTypes('struct', 'list_head')).toHaveLength(1);
    expect(finder.findTypes('struct', 'config')).toHaveLength(2);
  });

  it('is not used with another file, nor when it is damaged', () => {
    const bytes = serializeNameIndex(buildNameIndex(fileOf()), 'id');
    const finder = finderOf(KERNEL.replace('"flag"', '"flags"'));
    expect(finder.useIndex(parseNameIndex(bytes, 'id'))).toBe(false);
    expect(() => parseNameIndex(bytes.slice(0, 40), 'id')).toThrow(/index of DWARF names/);
    expect(() =>
      parseNameIndex(
        bytes.map((byte, i) => (i === 0 ? 0 : byte)),
        'id',
      ),
    ).toThrow(/magic/);
  });

  it('leaves out a damaged unit, and names it', () => {
    const { sections } = drawDwarf(KERNEL);
    const info = sections['info']!.slice();
    const second = new DataView(info.buffer).getUint32(0, true) + 4;
    info[second + 11] = 0x7f; // an abbreviation code that does not exist
    const file = new DwarfFile(sectionsOf({ ...sections, info }));
    const index = buildNameIndex(file);
    expect(index.warnings.join()).toMatch(/abbreviation codes/);
    const finder = new DwarfTypeFinder(file);
    expect(finder.findType('struct', 'task')).toBeDefined();
  });
});

it('does not follow types that contain themselves for ever', () => {
  const finder = finderOf(`
    unit version=5
    compile_unit name="a.c" {
      @loop: typedef name="loop" type=@const
      @const: const_type type=@loop
      @array: array_type type=@array {
        subrange_type count=4
      }
      typedef name="arrays" type=@array
      @atomic: atomic_type type=@atomic
      typedef name="atom" type=@atomic
      @self: structure_type name="self" byte_size=4 {
        member type=@self data_member_location=0
      }
      typedef name="odd" type=@member
      structure_type name="s" byte_size=4 {
        @member: member name="m" type=@self
      }
    }`);
  expect(() => resolveTypedef(finder.findType('typedef', 'loop')!)).toThrow(/typedefs/);
  expect(() => sizeOf(finder.findType('typedef', 'arrays')!)).toThrow(/arrays of arrays/);
  expect(() => resolveTypedef(finder.findType('typedef', 'atom')!)).toThrow(/expected a type/);
  expect(() => resolveTypedef(finder.findType('typedef', 'odd')!)).toThrow(/expected a type/);
  expect(findMember(finder.findType('struct', 'self')!, 'x')).toBeUndefined();
});
