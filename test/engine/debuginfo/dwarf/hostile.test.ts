import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultError } from '../../../../src-main/engine/base/fault.ts';
import { AbbrevTable } from '../../../../src-main/engine/debuginfo/dwarf/abbrev.ts';
import { CfiTable } from '../../../../src-main/engine/debuginfo/dwarf/cfi-table.ts';
import { DwarfCursor } from '../../../../src-main/engine/debuginfo/dwarf/cursor.ts';
import { DwarfDebugInfo } from '../../../../src-main/engine/debuginfo/dwarf/debug-info.ts';
import { evaluateLocation } from '../../../../src-main/engine/debuginfo/dwarf/expression.ts';
import { sectionOfFile } from '../../../../src-main/engine/debuginfo/dwarf/sections.ts';
import { scopeOfFrame } from '../../../../src-main/engine/debuginfo/dwarf/evaluation-scope.ts';
import {
  locateVariable,
  variablesOf,
} from '../../../../src-main/engine/debuginfo/dwarf/variables.ts';
import { DwarfTypeFinder } from '../../../../src-main/engine/types/dwarf-type-finder.ts';
import { definitionText } from '../../../../src-main/engine/types/definition.ts';
import { drawDwarf, sectionsOf } from '../../../support/dwarf/draw-dwarf.ts';
import { drawFrames } from '../../../support/dwarf/draw-frames.ts';
import { drawLines } from '../../../support/dwarf/draw-lines.ts';
import { drawAranges, drawLists } from '../../../support/dwarf/draw-lists.ts';
import { drawFrame } from '../../../support/dwarf/frame.ts';

const SEED = 20260101;

const drawn = drawDwarf(`
  unit version=5
  compile_unit name="a.c" comp_dir="/src" low_pc=0x1000 high_pc=+0x100 stmt_list=0 {
    @int: base_type name="int" byte_size=4 encoding=5
    @s: structure_type name/strp="thing" byte_size=16 {
      member name="next" type=@p data_member_location=0
      member name="bits" type=@int bit_size=3 data_bit_offset=64
      member name="many" type=@a data_member_location=12
    }
    @p: pointer_type type=@s
    @a: array_type type=@int {
      subrange_type upper_bound=3
    }
    @h: subprogram name="helper" {
      @arg: formal_parameter name="arg" type=@int
    }
    @f: subprogram name="f" low_pc=0x1000 high_pc=+0x40 frame_base=[call_frame_cfa] {
      formal_parameter name="x" type=@p location=list:0
      formal_parameter name="y" type=@int location=[entry_value [reg5]; stack_value]
      inlined_subroutine abstract_origin=@h ranges=list:0 call_file=1 call_line=3 {
        formal_parameter abstract_origin=@arg location=[reg3; piece 2; fbreg -8; piece 2]
      }
      call_site call_return_pc=0x1010 call_origin=@f {
        call_site_parameter location=[reg5] call_value=[breg3 1]
      }
    }
  }
  unit version=4
  compile_unit name="b.c" {
    variable name/strp="thing" type=@v location=[addr 0x2000]
    @v: base_type name="v" byte_size=8 encoding=7
  }
`);
const whole: Record<string, Uint8Array> = {
  ...drawn.sections,
  line: drawLines({
    directories: ['/src', 'lib'],
    files: ['a.c 0', 'a.c 0', 'h.h 1'],
    rows: '0x1000 1:10:1\n0x1010 2:6:2\nop 0x4b 0x08 0x09 0x01 0x00\nend 0x1040',
  }),
  aranges: drawAranges('0 0x1000 0x100'),
  rnglists: drawLists('start_length 0x1008 0x20\noffset_pair 0x30 0x34\nend', true),
  loclists: drawLists('base_address 0x1000\noffset_pair 0 0x20 [breg6 -8; deref]\nend'),
};
const frames = drawFrames(`
  cie: def_cfa 7 8; offset 16 1
  fde 0x1000 0x40: advance 1; def_cfa_offset 16; remember; advance 3; restore_state; expression 3 [lit8]
`);

/** Asks everything; whatever is thrown must be a fault. */
function askAll(sections: Record<string, Uint8Array>): void {
  const info = new DwarfDebugInfo(sectionsOf(sections));
  const frame = drawFrame({ at: 0x100fn, registers: { 3: 1n, 6: 0x100n }, cfa: 0x200n });
  const caller = () => ({ frame, callSites: info });
  guarded(() => {
    for (const at of [0x1000n, 0x100fn, 0x1032n, 0x2000n]) {
      const location = info.findLocation(at);
      for (const scope of location?.scopes ?? []) {
        for (const variable of variablesOf(scope)) {
          const context = { ...frame, lookupAddress: at, caller };
          locateVariable(variable, location!.scopes.at(-1)!.die, context, 8);
        }
      }
    }
  });
  const finder = new DwarfTypeFinder(info.file);
  guarded(() => {
    for (const { tag, name } of [...finder.iterateNames()].slice(0, 100)) {
      const type = finder.findType(tag, name);
      if (type?.kind === 'struct') definitionText(type);
    }
  });
  guarded(() => finder.findVariableType('thing'));
}

function guarded(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
  }
}

describe('damaged DWARF', () => {
  it.each(Object.keys(whole))('any bytes of .debug_%s give answers or a fault, soon', (key) => {
    const length = whole[key]!.length;
    const change = fc.tuple(fc.nat(length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = whole[key]!.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        askAll({ ...whole, [key]: bytes });
      }),
      { numRuns: 150, seed: SEED },
    );
  });

  it('cut anywhere gives answers or a fault', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(whole)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (key, part) => {
          const bytes = whole[key]!;
          askAll({ ...whole, [key]: bytes.slice(0, Math.floor(bytes.length * part)) });
        },
      ),
      { numRuns: 200, seed: SEED },
    );
  });

  it('as any expression is absent or some place', () => {
    const info = new DwarfDebugInfo(sectionsOf(whole));
    const unit = info.file.unitAt(0);
    const subprogram = { unit, offset: drawn.labels.get('f')! };
    const frame = drawFrame({ registers: { 0: 1n, 3: 2n, 6: 0x100n }, cfa: 0x200n });
    const scope = scopeOfFrame(subprogram, frame);
    const operation = fc.oneof(fc.nat(255), fc.integer({ min: 0x03, max: 0xa9 }));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (bytes) => {
        evaluateLocation(Uint8Array.from(bytes), scope);
      }),
      { numRuns: 3000, seed: SEED },
    );
  });

  it('as call frame information gives rows or a fault', () => {
    const { reader } = frames;
    const bytes = reader.bytes(0, reader.size);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const damaged = bytes.slice();
        damaged[at] = byte;
        const section = {
          name: '.debug_frame',
          size: damaged.length,
          bytes: (o: number, n: number) => damaged.subarray(o, o + n),
        };
        const table = new CfiTable([{ ...frames, reader: section }]);
        guarded(() => table.find(0x1004n));
      }),
      { numRuns: 400, seed: SEED },
    );
  });
});

it('a section that its header places beyond the file is a fault, and nothing is allocated', () => {
  const source = {
    name: 'vmlinux',
    size: 100,
    read: (): number => {
      throw new RangeError('outside the file');
    },
  };
  const section = sectionOfFile('.debug_str', source, 2 ** 50, 2 ** 52);
  expect(() => section.bytes(0, 2 ** 50)).toThrow(FaultError);
  expect(() => section.bytes(0, 1)).toThrow(/end of the file \(100 bytes\)/);
});

describe('lists and abbreviations that cost more than they have bytes', () => {
  function unitOf(subprograms: string): string {
    return `
      unit version=5
      compile_unit name="a.c" language=0x1d low_pc=0x1000 high_pc=+0x100 {
        ${subprograms}
        subprogram name="good" low_pc=0x1000 high_pc=+0x10
      }`;
  }
  /** offset_pair 0 0, without an end. */
  const endless = Uint8Array.from({ length: 6 * 2 ** 20 }, (_, i) => (i % 3 === 0 ? 4 : 0));
  /** @returns `read`: bytes of range lists that were asked for */
  function withEndlessLists(sections: Parameters<typeof sectionsOf>[0]) {
    let bytes = 0;
    const parts = sectionsOf({ ...sections, rnglists: endless });
    const rnglists = {
      ...parts.rnglists!,
      bytes: (offset: number, length: number) => {
        bytes += length;
        return endless.subarray(offset, offset + length);
      },
    };
    return { info: new DwarfDebugInfo({ ...parts, rnglists }), read: () => bytes };
  }

  it('a range list without an end is read once, however many functions name it; that is told', () => {
    const { sections } = drawDwarf(unitOf('subprogram name="bad" ranges=list:0\n'.repeat(2000)));
    const { info, read } = withEndlessLists(sections);
    expect(info.findLocation(0x1001n)?.scopes[0]?.name).toBe('good');
    expect(read()).toBeLessThan(5 * 2 ** 20);
    const elsewhere = info.findLocation(0x1080n);
    expect(elsewhere?.scopes).toEqual([]);
    expect(elsewhere?.warnings.join()).toMatch(/\.debug_rnglists/);
  });

  it('other lists without an end, and units that name them, are read up to a total', () => {
    const lists = Array.from({ length: 40 }, (_, i) => `ranges=list:${i * 3}`);
    const units = lists.map((list) => `unit version=5\ncompile_unit name="b.c" ${list}\n`).join('');
    const functions = lists.map((list) => `subprogram name="bad" ${list}\n`).join('');
    const { sections } = drawDwarf(`${unitOf(functions)}\n${units}`);
    const { info, read } = withEndlessLists(sections);
    expect(info.findLocation(0x1001n)?.scopes[0]?.name).toBe('good');
    // Once for the functions of the unit, once for the units.
    expect(read()).toBeLessThanOrEqual(2 * 16 * 2 ** 20);
    expect(info.warnings.length).toBeGreaterThan(0);
  });

  it('an abbreviation has a limited number of attributes', () => {
    const attributes = (count: number) => 'external=true '.repeat(count);
    const fileOf = (count: number) =>
      new DwarfDebugInfo(
        sectionsOf(drawDwarf(unitOf(`variable name="v" ${attributes(count)}`)).sections),
      );
    expect(fileOf(500).findLocation(0x1001n)?.scopes[0]?.name).toBe('good');
    expect(() => fileOf(600).findLocation(0x1001n)?.scopes).not.toThrow(RangeError);
    expect(fileOf(600).findLocation(0x1001n)).toBeUndefined();
    const abbrev = fileOf(600).file.unitAt(0);
    expect(() => abbrev.abbrevs).toThrow(/up to 512 attributes/);
  });
});

describe('numbers', () => {
  it('of LEB128 that do not end, or are far too long, are faults', () => {
    const endless = new DwarfCursor(new Uint8Array(40).fill(0x80), '.debug_info');
    expect(() => endless.uleb()).toThrow(/end of a LEB128/);
    expect(() => endless.slebBig()).toThrow(/end of a LEB128/);
    const cut = new DwarfCursor(Uint8Array.of(0xff), '.debug_info');
    expect(() => cut.uleb()).toThrow(/end of a LEB128/);
    expect(() => new DwarfCursor(new Uint8Array(0), 'x').uleb()).toThrow(FaultError);
  });

  it('of LEB128 are exact at their limits', () => {
    const bytes = (...list: number[]) => new DwarfCursor(Uint8Array.from(list), 'x');
    const nine = Array<number>(9).fill(0xff);
    expect(bytes(...nine, 0x01).ulebBig()).toBe(2n ** 64n - 1n);
    expect(bytes(...nine, 0x7f).slebBig()).toBe(-1n);
    expect(bytes(0x80, 0x7f).sleb()).toBe(-128);
    expect(bytes(0xff, 0x00).sleb()).toBe(127);
    expect(bytes(0x80, 0x80, 0x80, 0x80, 0x78).sleb()).toBe(-(2 ** 31));
    expect(bytes(0xe5, 0x8e, 0x26).uleb()).toBe(624485);
    expect(bytes(0x80, 0x80, 0x80, 0x80, 0x10).uleb()).toBe(2 ** 32);
  });

  it('of abbreviations need not be consecutive', () => {
    const abbrev = (code: number) => ({
      code,
      tag: 1,
      hasChildren: false,
      first: 0,
      count: 0,
      size: 0,
      hasCode: false,
      sibling4: -1,
      constants: new Map<number, bigint>(),
    });
    const none = {
      attributes: new Uint16Array(0),
      forms: new Uint16Array(0),
      sizes: new Int8Array(0),
    };
    const table = new AbbrevTable([abbrev(7), abbrev(2 ** 40)], none);
    expect([table.find(7)?.code, table.find(2 ** 40)?.code, table.find(1)]).toEqual([
      7,
      2 ** 40,
      undefined,
    ]);
  });
});
