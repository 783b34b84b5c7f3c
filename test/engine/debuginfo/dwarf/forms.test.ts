import { describe, expect, it } from 'vitest';
import { DW_AT } from '../../../../src-main/engine/debuginfo/dwarf/constants.ts';
import { DwarfDebugInfo } from '../../../../src-main/engine/debuginfo/dwarf/debug-info.ts';
import { DwarfFile } from '../../../../src-main/engine/debuginfo/dwarf/dwarf-file.ts';
import { variablesOf } from '../../../../src-main/engine/debuginfo/dwarf/variables.ts';
import { DwarfTypeFinder } from '../../../../src-main/engine/types/dwarf-type-finder.ts';
import { Bytes } from '../../../support/dwarf/assemble.ts';
import { drawDwarf, sectionsOf } from '../../../support/dwarf/draw-dwarf.ts';
import { drawLists } from '../../../support/dwarf/draw-lists.ts';

describe('forms', () => {
  it('by index take strings, addresses and lists from their tables, as clang writes them', () => {
    const { sections } = drawDwarf(`
      unit version=5
      compile_unit str_offsets_base=list:8 addr_base=list:8 rnglists_base=list:12 name/strx1=0 ranges/rnglistx=0 {
        subprogram name/strx=1 low_pc/addrx=1 high_pc=+0x20
        subprogram name/strx2=0 low_pc/addrx1=0 high_pc=+0x10
      }`);
    const str = new Bytes().text('first').text('second').toArray();
    const head = (length: number): Bytes => new Bytes().int(length, 4).int(5, 2).int(0, 2);
    const strOffsets = head(12).int(0, 4).int(6, 4).toArray();
    const addr = head(20).int(0x1000, 8).int(0x2000, 8).toArray();
    const list = drawLists('startx_length 0 0x10\nstartx_endx 0 1\nend', true);
    const rnglists = head(0).int(1, 4).int(4, 4).add(list).toArray();
    const info = new DwarfDebugInfo(
      sectionsOf({ ...sections, str, str_offsets: strOffsets, addr, rnglists }),
    );
    expect(info.findLocation(0x1005n)?.scopes[0]?.name).toBe('first');
    expect(info.findLocation(0x1005n)?.unit.root.name).toBe('first');
    expect(info.findLocation(0x2001n)).toBeUndefined();
    const unit = info.file.unitAt(0);
    expect(info.functionsOf(unit).findSubprogram(0x201f)).toBeDefined();
    expect(info.functionsOf(unit).scopesAt(0x2010, () => undefined)[0]?.name).toBe('second');
  });

  it('hold constants in the abbreviation, and forms in the DIE', () => {
    const { sections } = drawDwarf(`
      unit version=5
      compile_unit name="a" language/implicit_const=29 producer="x" byte_size/indirect=700 count/sdata=-3`);
    const die = new DwarfFile(sectionsOf(sections)).unitAt(0).cursor();
    expect(die.next()).toBe(true);
    expect(die.unsigned(DW_AT.language)).toBe(29);
    expect(die.unsigned(DW_AT.byteSize)).toBe(700);
    expect(die.integer(DW_AT.count)).toBe(-3n);
    expect(die.string(DW_AT.producer)).toBe('x');
    expect(die.string(DW_AT.byteSize)).toBeUndefined();
    expect(die.unsigned(DW_AT.name)).toBeUndefined();
    expect(die.next()).toBe(false);
  });

  it('reach DIEs of other units', () => {
    const { sections } = drawDwarf(`
      unit version=5
      compile_unit name="a" low_pc=0x1000 high_pc=+0x10 {
        subprogram abstract_origin/ref_addr=@far low_pc=0x1000 high_pc=+0x10
      }
      unit version=4
      partial_unit {
        @far: subprogram name="from afar" {
          formal_parameter name="x" type=@int
        }
        @int: base_type name="int" byte_size=4 encoding=5
      }`);
    const info = new DwarfDebugInfo(sectionsOf(sections));
    const [scope] = info.findLocation(0x1001n)!.scopes;
    expect(scope?.name).toBe('from afar');
    expect(variablesOf(scope!).map(({ name }) => name)).toEqual(['x']);
  });

  it('reach type units by their signature', () => {
    const { sections } = drawDwarf(`
      unit version=5
      compile_unit name="a" {
        variable name="v" type/ref_sig8=0xfeed location=[addr 8]
        variable name="w" type/ref_sig8=0xdead location=[addr 8]
      }
      unit version=5 type=0xfeed die=@t
      compile_unit {
        @t: structure_type name="typed" byte_size=24 {
        }
      }`);
    const finder = new DwarfTypeFinder(new DwarfFile(sectionsOf(sections)));
    expect(finder.findVariableType('v')).toMatchObject({ name: 'typed', size: 24 });
    expect(() => finder.findVariableType('w')).toThrow(/signature of a type unit, found 0xdead/);
  });

  it('reach the supplementary file that dwz made, and say when it is missing', () => {
    const shared = drawDwarf(`
      unit version=4
      partial_unit {
        @int: base_type name/strp="shared int" byte_size=4 encoding=5
      }`);
    const offset = shared.labels.get('int')!;
    const main = drawDwarf(`
      unit version=4
      compile_unit name="a" {
        variable name/gnu_strp_alt=0 type/gnu_ref_alt=${offset} location=[addr 8]
      }`);
    const sup = sectionsOf(shared.sections);
    const finder = new DwarfTypeFinder(new DwarfFile({ ...sectionsOf(main.sections), sup }));
    expect(finder.findVariableType('shared int')).toMatchObject({ name: 'shared int', size: 4 });
    const alone = new DwarfTypeFinder(new DwarfFile(sectionsOf(main.sections)));
    expect(alone.index.warnings.join()).toMatch(
      /supplementary \(dwz\) file, found it was not found/,
    );
  });
});
