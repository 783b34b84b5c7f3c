import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DwarfDebugInfo } from '../../../../src-main/engine/debuginfo/dwarf/debug-info.ts';
import { RangeMap } from '../../../../src-main/engine/debuginfo/dwarf/range-map.ts';
import { drawDwarf, sectionsOf } from '../../../support/dwarf/draw-dwarf.ts';
import { drawLines } from '../../../support/dwarf/draw-lines.ts';
import { drawAranges, drawLists, drawOldLists } from '../../../support/dwarf/draw-lists.ts';

const UNIT = `
  unit version=5
  compile_unit name="a.c" comp_dir="/src" language=0x1d low_pc=0x1000 high_pc=+0x100 stmt_list=0 {
    @helper: subprogram name="helper" inline=3 {
      @arg: formal_parameter name="arg"
    }
    subprogram name="outer" low_pc=0x1000 high_pc=+0x40 {
      lexical_block low_pc=0x1008 high_pc=+0x30 {
        inlined_subroutine abstract_origin=@helper low_pc=0x1010 high_pc=+0x10 call_file=1 call_line=12 call_column=3 {
          @deep: inlined_subroutine abstract_origin=@leaf low_pc=0x1014 high_pc=+4 call_file=2 call_line=7 {
          }
        }
      }
    }
    @leaf: subprogram name="leaf" inline=3
    subprogram name="cold" ranges=list:0
  }
`;
const FILES = ['a.c 0', 'a.c 0', 'h.h 1', '/abs.h 0'];
const LINES = drawLines({
  directories: ['/src', 'lib'],
  files: FILES,
  rows: `
    0x1000 1:10:1
    0x1010 2:6:2
    0x1014 3:99
    0x1018 2:8
    0x1020 1:13
    0x1020 1:14
    end 0x1040
    0x2000 1:30
    end 0x2010
  `,
});
const RANGES = drawLists('start_length 0x2000 0x10\noffset_pair 0x80 0x90\nend', true);

function infoOf(text = UNIT, more: Record<string, Uint8Array> = {}): DwarfDebugInfo {
  const { sections } = drawDwarf(text);
  return new DwarfDebugInfo(sectionsOf({ ...sections, line: LINES, rnglists: RANGES, ...more }));
}

/** `name file:line:column`, innermost first. */
function framesAt(info: DwarfDebugInfo, address: number): string[] {
  const location = info.findLocation(BigInt(address));
  return (location?.scopes ?? []).map(({ name, inlined }, i) => {
    const source = location?.sources[i];
    const place = `${source?.file ?? '?'}:${source?.line ?? '?'}:${source?.column ?? '?'}`;
    return `${name ?? '?'}${inlined ? ' (inlined)' : ''} ${place}`;
  });
}

it('the range that begins last covers an address; of equal ones the first added', () => {
  const map = new RangeMap();
  map.add(-100, 0, 1);
  map.add(-50, -40, 2);
  map.add(-50, -45, 3);
  map.add(-30, -30, 4);
  const found = [-101, -100, -50, -44, -40, -30, -1, 0].map((at) => map.find(at));
  expect(found).toEqual([undefined, 1, 2, 2, 1, 1, 1, undefined]);
});

describe('code of a unit', () => {
  it('gives the inlined chain with the place of each call, innermost first', () => {
    const info = infoOf();
    expect(framesAt(info, 0x1016)).toEqual([
      'leaf (inlined) /abs.h:99:0',
      'helper (inlined) /src/lib/h.h:7:?',
      'outer /src/a.c:12:3',
    ]);
    expect(framesAt(info, 0x1011)).toEqual([
      'helper (inlined) /src/lib/h.h:6:2',
      'outer /src/a.c:12:3',
    ]);
    expect(framesAt(info, 0x1018)).toEqual([
      'helper (inlined) /src/lib/h.h:8:0',
      'outer /src/a.c:12:3',
    ]);
    expect(framesAt(info, 0x100f)).toEqual(['outer /src/a.c:10:1']);
  });

  it('skips the children of a DIE whose sibling lies backwards by walking them', () => {
    const info = infoOf(`
      unit version=5
      compile_unit name="a.c" low_pc=0x1000 high_pc=+0x100 {
        @s: structure_type name="s" sibling=@s {
          member name="m"
          member name="n"
        }
        subprogram name="f" low_pc=0x1000 high_pc=+0x10
      }`);
    expect(info.findLocation(0x1001n)?.scopes[0]?.name).toBe('f');
  });

  it('takes the last of several rows at one address, and nothing outside the code', () => {
    const info = infoOf();
    expect(framesAt(info, 0x1025)).toEqual(['outer /src/a.c:14:0']);
    expect(info.findLocation(0x1050n)?.line).toBeUndefined();
    expect(info.findLocation(0x900n)).toBeUndefined();
    expect(info.findLocation(0x1100n)).toBeUndefined();
  });

  it('finds functions in several pieces', () => {
    const info = infoOf(UNIT, { aranges: drawAranges('0 0x1000 0x100\n0 0x2000 0x10') });
    expect(framesAt(info, 0x2008)).toEqual(['cold /src/a.c:30:0']);
    expect(framesAt(info, 0x1085)).toEqual(['cold ?:?:?']);
  });

  it('asks units that .debug_aranges does not list for their own ranges', () => {
    const two = `${UNIT}
      unit version=4
      compile_unit name="b.c" ranges=list:0 low_pc=0 {
        subprogram name="b" low_pc=0x5004 high_pc=+8
      }`;
    const ranges = drawOldLists('base 0x5000\n0 0x10\nend');
    const info = infoOf(two, { aranges: drawAranges('0 0x1000 0x100'), ranges });
    expect(framesAt(info, 0x5005)).toEqual(['b ?:?:?']);
    expect(framesAt(info, 0x100f)).toEqual(['outer /src/a.c:10:1']);
  });

  it('answers kernel addresses, which are negative as signed numbers', () => {
    const info = infoOf(`
      unit version=5
      compile_unit name="k.c" low_pc=0xffffffff81000000 high_pc=+0x1000 {
        subprogram name="start_kernel" low_pc=0xffffffff81000010 high_pc/addr=0xffffffff81000020
      }`);
    expect(info.findLocation(0xffffffff8100001fn)?.scopes[0]?.name).toBe('start_kernel');
    expect(info.findLocation(0xffffffff8100000fn)?.scopes).toEqual([]);
    expect(info.findLocation(0xffffffff81000020n)?.scopes).toEqual([]);
  });

  it('does not prepend a compilation directory that was rewritten to a relative one', () => {
    const { sections } = drawDwarf(UNIT.replace('"/src"', '"debian/build"'));
    const line = drawLines({
      directories: ['debian/build', 'kernel/sched'],
      files: ['x.c 0', 'core.c 1'],
      rows: '0x1000 1:5\nend 0x1100',
    });
    const info = new DwarfDebugInfo(sectionsOf({ ...sections, line, rnglists: RANGES }));
    expect(framesAt(info, 0x1001)).toEqual(['outer kernel/sched/core.c:5:0']);
  });

  it('reads line programs of versions 2 to 4, where files count from one', () => {
    for (const version of [2, 3, 4]) {
      const line = drawLines({
        version,
        directories: ['inc', '/abs'],
        files: ['a.c 0', 'b.h 1', 'c.h 2'],
        rows: `
          0x1000 1:5
          0x1004 2:6
          0x1008 3:7
          op 0x4b
          end 0x1040`,
      });
      const info = infoOf(UNIT.replace('version=5', 'version=4'), { line });
      const at = (address: bigint) => {
        const found = info.findLocation(address)?.line;
        return `${found?.file ?? '?'}:${found?.line ?? '?'}`;
      };
      expect([at(0x1000n), at(0x1004n), at(0x1008n)]).toEqual([
        '/src/a.c:5',
        '/src/inc/b.h:6',
        '/abs/c.h:7',
      ]);
      // Special opcode 0x4b: 62 = 4 * 14 + 6, so 4 bytes and one line on.
      expect(at(0x100cn)).toBe('/abs/c.h:8');
    }
  });

  it('knows the MD5 of files whose compiler wrote it', () => {
    const md5 = '8fa40eec72691767fc2098f6fb5950ac';
    const files = [`a.c 0 ${md5}`, `a.c 0 ${md5}`, `h.h 1 ${md5.replace('8', '9')}`];
    const line = drawLines({
      directories: ['/src', 'lib'],
      files,
      rows: '0x1000 1:5\n0x1010 2:6\nend 0x1040',
    });
    const digestsOf = (info: DwarfDebugInfo) => {
      const { unit, line: row } = info.findLocation(0x1010n)!;
      const table = info.linesOf(unit)!;
      return [row?.file, ...['/src/a.c', '/src/lib/h.h', '/src/c.c'].map((f) => table.digestOf(f))];
    };
    const other = '9fa40eec72691767fc2098f6fb5950ac';
    expect(digestsOf(infoOf(UNIT, { line }))).toEqual(['/src/lib/h.h', md5, other, undefined]);
    expect(digestsOf(infoOf())).toEqual(['/src/lib/h.h', undefined, undefined, undefined]);
  });

  it('answers the first addresses, looked up one by one, as later ones from all rows (seeded)', () => {
    const sequence = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 40 })), {
      minLength: 1,
      maxLength: 12,
    });
    const placeAt = (info: DwarfDebugInfo, at: number) => {
      const { file, line: number, column } = info.findLocation(BigInt(at))?.line ?? {};
      return `${file}:${number}:${column}`;
    };
    fc.assert(
      fc.property(fc.array(sequence, { minLength: 1, maxLength: 4 }), (sequences) => {
        let address = 0x1000;
        const rows = sequences.flatMap((steps) => {
          const made = steps.map(([step, number]) => {
            address += step;
            return `0x${address.toString(16)} ${1 + (number % 3)}:${number}:${number}`;
          });
          address += 2;
          return [...made, `end 0x${address.toString(16)}`];
        });
        const line = drawLines({
          directories: ['/src', 'lib'],
          files: FILES,
          rows: rows.join('\n'),
        });
        const warm = infoOf(UNIT, { line });
        for (let at = 0x1000; at < 0x1009; at++) placeAt(warm, at);
        for (let at = 0x0fff; at <= Math.min(address, 0x10ff); at++) {
          expect(placeAt(infoOf(UNIT, { line }), at), `0x${at.toString(16)}`).toBe(
            placeAt(warm, at),
          );
        }
      }),
      { seed: 11, numRuns: 40 },
    );
  });

  it('answers the first and later addresses alike where sequences overlap, descend, do not end or are damaged (seeded)', () => {
    const row = fc.tuple(fc.integer({ min: -2, max: 4 }), fc.integer({ min: 1, max: 40 }));
    const sequence = fc.record({
      start: fc.integer({ min: 0, max: 24 }),
      rows: fc.array(row, { minLength: 1, maxLength: 6 }),
      ends: fc.integer({ min: 0, max: 5 }),
    });
    const lineAt = (info: DwarfDebugInfo, at: number) => {
      const { line, warnings } = info.findLocation(BigInt(at))!;
      return `${line?.file}:${line?.line} ${warnings.join(' ')}`;
    };
    fc.assert(
      fc.property(fc.array(sequence, { minLength: 1, maxLength: 5 }), fc.nat(60), (drawn, cut) => {
        const rows = drawn.flatMap(({ start, rows: steps, ends }) => {
          let address = 0x1000 + start;
          const made = steps.map(([step, number]) => {
            address += step;
            return `0x${address.toString(16)} 1:${number}`;
          });
          return ends === 0 ? made : [...made, `end 0x${(address + 2).toString(16)}`];
        });
        // A length that leads out of the program.
        rows.splice(cut, 0, ...(cut < rows.length ? ['op 0 0x7f 2'] : []));
        const line = drawLines({
          directories: ['/src'],
          files: ['a.c 0', 'a.c 0'],
          rows: rows.join('\n'),
        });
        const warm = infoOf(UNIT, { line });
        for (let at = 0x1080; at < 0x1090; at++) lineAt(warm, at);
        for (let at = 0x1000; at < 0x1030; at++) {
          expect(lineAt(infoOf(UNIT, { line }), at), `0x${at.toString(16)}`).toBe(lineAt(warm, at));
        }
      }),
      { seed: 12, numRuns: 150 },
    );
  });

  it('keeps a line beyond 32 bits as the same one, looked up first or later', () => {
    const line = drawLines({
      directories: ['/src'],
      files: ['a.c 0', 'a.c 0'],
      rows: '0x1000 1:5\nop 3 0xff 0xff 0xff 0xff 0x3f 1\nend 0x1040',
    });
    const info = infoOf(UNIT, { line });
    for (let i = 0; i < 10; i++) {
      expect(info.findLocation(0x1001n)?.line?.line).toBe(0xffffffff);
    }
  });

  it('takes the first in the program of sequences that overlap', () => {
    const line = drawLines({
      directories: ['/src'],
      files: ['a.c 0', 'a.c 0'],
      rows: '0x1008 1:5\nend 0x1010\n0x1000 1:6\nend 0x1020\n0x100c 1:7\nend 0x1028',
    });
    const warm = infoOf(UNIT, { line });
    for (let at = 0x1080; at < 0x1090; at++) warm.findLocation(BigInt(at));
    for (const info of [infoOf(UNIT, { line }), warm]) {
      const lines = [0x1000n, 0x1008n, 0x100fn, 0x1010n, 0x101fn, 0x1020n, 0x1028n].map(
        (at) => info.findLocation(at)?.line?.line,
      );
      expect(lines).toEqual([6, 5, 5, 6, 6, 7, undefined]);
    }
  });

  it('leaves out what follows where the addresses of a sequence descend: its lines would be wrong', () => {
    const line = drawLines({
      directories: ['/src'],
      files: ['a.c 0', 'a.c 0'],
      rows: '0x1008 1:4\n0x1010 1:5\n0x1000 1:6\nend 0x1040',
    });
    expect(infoOf(UNIT, { line }).findLocation(0x1009n)?.line?.line).toBe(4);
    expect(infoOf(UNIT, { line }).findLocation(0x1001n)?.line).toBeUndefined();
    expect(framesAt(infoOf(UNIT, { line }), 0x1011)[0]).toBe('helper (inlined) ?:?:?');
  });

  it('still names functions when the line program is damaged, and says so', () => {
    const line = LINES.slice(0, 40);
    const location = infoOf(UNIT, { line }).findLocation(0x100fn);
    expect(location?.scopes[0]?.name).toBe('outer');
    expect(location?.warnings.join()).toMatch(/corrupt \.debug_line/);
  });

  it('does not follow an abstract origin that is its own', () => {
    const info = infoOf(`
      unit version=5
      compile_unit name="a.c" low_pc=0x1000 high_pc=+0x100 {
        @a: subprogram abstract_origin=@b low_pc=0x1000 high_pc=+0x10
        @b: subprogram abstract_origin=@a
      }`);
    expect(info.findLocation(0x1001n)?.scopes).toMatchObject([{ name: undefined }]);
  });
});
