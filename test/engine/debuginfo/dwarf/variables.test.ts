import { describe, expect, it } from 'vitest';
import { DwarfDebugInfo } from '../../../../src-main/engine/debuginfo/dwarf/debug-info.ts';
import {
  locateVariable,
  variablesOf,
} from '../../../../src-main/engine/debuginfo/dwarf/variables.ts';
import { drawDwarf, sectionsOf } from '../../../support/dwarf/draw-dwarf.ts';
import { drawLists, drawOldLists } from '../../../support/dwarf/draw-lists.ts';
import { drawFrame, type FrameDrawing } from '../../../support/dwarf/frame.ts';

const UNIT = `
  unit version=5
  compile_unit name="a.c" low_pc=0x1000 high_pc=+0x1000 {
    @int: base_type name="int" byte_size=4 encoding=5
    @helper: subprogram name="helper" {
      @arg: formal_parameter name="arg" type=@int
      @lost: formal_parameter name="lost" type=@int
      @tmp: variable name="tmp" type=@int
    }
    @callee: subprogram name="callee" low_pc=0x1000 high_pc=+0x100 frame_base=[call_frame_cfa] {
      formal_parameter name="kept" type=@int location=[fbreg -20]
      formal_parameter name="moved" type=@int location=list:0
      formal_parameter name="entered" type=@int location=[entry_value [reg5]; stack_value]
      formal_parameter name="gone" type=@int
      variable name="constant" type=@int const_value=-2
      variable name="elsewhere" type=@int declaration=true
      lexical_block low_pc=0x1010 high_pc=+0x20 {
        variable name="kept" type=@int location=[reg0]
        inlined_subroutine abstract_origin=@helper low_pc=0x1018 high_pc=+8 {
          formal_parameter abstract_origin=@arg location=[lit7; stack_value]
          variable abstract_origin=@tmp location=[reg1]
        }
      }
    }
    subprogram name="caller" low_pc=0x1200 high_pc=+0x100 frame_base=[call_frame_cfa] {
      call_site call_return_pc=0x1210 call_origin=@callee {
        call_site_parameter location=[reg5] call_value=[breg3 1]
      }
      lexical_block low_pc=0x1220 high_pc=+0x20 {
        call_site call_return_pc=0x1230 call_origin=@helper {
          call_site_parameter location=[reg5] call_value=[lit9]
        }
        call_site call_return_pc=0x1234 call_target=[breg12 0] {
          call_site_parameter location=[reg5] call_value=[lit8]
        }
        call_site call_return_pc=0x1238 {
          call_site_parameter location=[reg5] call_value=[lit8]
        }
        call_site call_return_pc=0x123c call_origin=@callee {
        }
      }
    }
  }
`;
const { sections } = drawDwarf(UNIT);
const loclists = drawLists(`
  base_address 0x1000
  offset_pair 0 0x10 [reg2]
  start_length 0x1020 4 [breg6 -8]
  end`);
const info = new DwarfDebugInfo(sectionsOf({ ...sections, loclists }));

/** `name: where` of the innermost function's variables. */
function variables(frame: FrameDrawing & { at: bigint }, scope = 0, of = info): string[] {
  const location = of.findLocation(frame.at)!;
  const subprogram = location.scopes.at(-1)!.die;
  return variablesOf(location.scopes[scope]!).map((variable) => {
    const found = locateVariable(variable, subprogram, drawFrame(frame), 4);
    const { place } = found;
    const where =
      place.kind === 'memory'
        ? `at 0x${place.address.toString(16)}`
        : place.kind === 'register'
          ? `r${place.register}=${place.value}`
          : place.kind === 'bytes'
            ? `= ${[...place.bytes.slice(0, 4)].join(' ')}`
            : place.kind === 'absent'
              ? `${place.reason}: ${place.why}`
              : place.kind;
    return [`${variable.name}: ${where}`, ...found.recovered].join(' | ');
  });
}

const FRAME = { cfa: 0x8000n, registers: { 0: 10n, 1: 11n, 2: 12n, 6: 0x7000n } };

describe('variables of a frame', () => {
  it('are where the compiler says they are at this instruction', () => {
    expect(variables({ ...FRAME, at: 0x1004n })).toEqual([
      'kept: at 0x7fec',
      'moved: r2=12',
      'entered: unavailable: changed since the function began; no caller is known',
      'gone: optimized-out: optimized out by the compiler',
      'constant: = 254 255 255 255',
    ]);
    const later = variables({ ...FRAME, at: 0x1022n });
    expect(later[1]).toBe('moved: at 0x6ff8');
    // The block's own variable comes after the one it hides.
    expect(later.at(-1)).toBe('kept: r0=10');
    expect(variables({ ...FRAME, at: 0x1018n }, 1)[1]).toBe(
      'moved: optimized-out: the compiler keeps no value at this instruction',
    );
  });

  it('of inlined functions take names and types from the function, also of what was left out', () => {
    expect(variables({ ...FRAME, at: 0x1018n })).toEqual([
      'arg: = 7 0 0 0',
      'tmp: r1=11',
      'lost: optimized-out: optimized out by the compiler',
    ]);
    const [arg] = variablesOf(info.findLocation(0x1018n)!.scopes[0]!);
    expect(arg).toMatchObject({ kind: 'parameter', depth: 0 });
    expect(arg?.type).toBeDefined();
  });

  it('reads location lists of DWARF 4', () => {
    const old = drawDwarf(`
      unit version=4
      compile_unit name="a.c" low_pc=0x1000 high_pc=+0x1000 {
        subprogram name="f" low_pc=0x1000 high_pc=+0x100 {
          formal_parameter name="x" location=list:0
        }
      }`);
    const loc = drawOldLists('0 0x8 [reg0]\nbase 0x1010\n0 0x8 [reg1]\nend');
    const four = new DwarfDebugInfo(sectionsOf({ ...old.sections, loc }));
    const at = (address: bigint) => variables({ ...FRAME, at: address }, 0, four);
    expect(at(0x1004n)).toEqual(['x: r0=10']);
    expect(at(0x1012n)).toEqual(['x: r1=11']);
    expect(at(0x1009n)[0]).toMatch(/optimized-out/);
  });
});

describe('values at the entry of a function', () => {
  const entered = (returnAddress: bigint, registers: Record<number, bigint> = {}) => {
    const frame = drawFrame({ at: returnAddress - 1n, registers, slide: 0n });
    const caller = () => ({ frame, callSites: info });
    return variables({ ...FRAME, at: 0x1004n, caller })[2]!;
  };

  it('come from the call in the caller, and say so', () => {
    expect(entered(0x1210n, { 3: 41n })).toBe(
      "entered: = 42 0 0 0 | value at the function's entry, as caller passed it",
    );
  });

  it('of an indirect call only when its target can be computed and is this function', () => {
    expect(entered(0x1234n, { 12: 0x1000n })).toMatch(/^entered: = 8 /);
    expect(entered(0x1234n, { 12: 0x1100n })).toMatch(/whether the indirect call entered it/);
    expect(entered(0x1234n)).toMatch(/whether the indirect call entered it/);
    expect(entered(0x1238n)).toMatch(/whether the indirect call entered it/);
  });

  it('are not taken from a call of another function, which left by a tail call', () => {
    expect(entered(0x1230n)).toMatch(/unavailable: .*tail call/);
  });

  it('are not taken where the function may have called itself last', () => {
    const text = UNIT.replace(
      'lexical_block low_pc=0x1010',
      'call_site call_return_pc=0x1040 call_tail_call=true call_origin=@callee\n lexical_block low_pc=0x1010',
    );
    const looping = new DwarfDebugInfo(sectionsOf({ ...drawDwarf(text).sections, loclists }));
    const frame = drawFrame({ at: 0x120fn, registers: { 3: 41n } });
    const caller = () => ({ frame, callSites: looping });
    expect(variables({ ...FRAME, at: 0x1004n, caller }, 0, looping)[2]).toMatch(/itself last/);
  });

  /** The machine code before the return address, at slide 0. */
  const enteredByCode = (...code: number[]): string => {
    const frame = {
      ...drawFrame({ at: 0x120fn, registers: { 3: 41n } }),
      readCode: (address: bigint) =>
        address === 0x120an ? Uint8Array.from([0x90, ...code]) : undefined,
    };
    return variables({ ...FRAME, at: 0x1004n, caller: () => ({ frame, callSites: info }) })[2]!;
  };

  it('are not taken where the call leads elsewhere than its description says', () => {
    // call 0x1000, its padding, behind its ENDBR64; call 0x1100, as a part split off would be entered
    expect(enteredByCode(0xe8, 0xf0, 0xfd, 0xff, 0xff)).toMatch(/^entered: = 42 /);
    expect(enteredByCode(0xe8, 0xe6, 0xfd, 0xff, 0xff)).toMatch(/^entered: = 42 /);
    expect(enteredByCode(0xe8, 0xf4, 0xfd, 0xff, 0xff)).toMatch(/^entered: = 42 /);
    expect(enteredByCode(0xe8, 0xf0, 0xfe, 0xff, 0xff)).toMatch(/unavailable: .*tail call/);
  });

  /** callee ends in other, which ends as told. */
  const throughOther = (end: string, jump?: readonly number[]): string => {
    const text = UNIT.replace(
      'lexical_block low_pc=0x1010',
      'call_site call_return_pc=0x1040 call_tail_call=true call_origin=@other\n lexical_block low_pc=0x1010',
    ).replace(
      'subprogram name="caller"',
      `@far: subprogram name="far" declaration=true
      @other: subprogram name="other" low_pc=0x1400 high_pc=+0x100 {
        ${end}
      }
      subprogram name="caller"`,
    );
    const info = new DwarfDebugInfo(sectionsOf({ ...drawDwarf(text).sections, loclists }));
    const readCode = (address: bigint) =>
      jump && address === 0x143an ? Uint8Array.from(jump) : undefined;
    const functionAt = (address: bigint) => {
      const die = info.findSubprogram(address);
      return die && { die, relocate: (linked: bigint) => linked };
    };
    const frame = drawFrame({ at: 0x120fn, registers: { 3: 41n } });
    const caller = () => ({ frame, callSites: info });
    const callee = { ...drawFrame({ ...FRAME, at: 0x1004n, caller }), readCode, functionAt };
    const location = info.findLocation(0x1004n)!;
    const entered = variablesOf(location.scopes[0]!)[2]!;
    const { place } = locateVariable(entered, location.scopes[0]!.die, callee, 4);
    return place.kind === 'absent' ? place.why : place.kind;
  };
  const tail = 'call_site call_return_pc=0x1440 call_tail_call=true';

  it('are not taken where other functions may lead back to it without a frame', () => {
    expect(throughOther('')).toBe('bytes');
    expect(throughOther('call_site call_return_pc=0x1440 call_origin=@callee')).toBe('bytes');
    expect(throughOther(`${tail} call_origin=@callee`)).toMatch(/called itself last/);
    expect(throughOther(`${tail} call_origin=@other`)).toBe('bytes');
  });

  it('are not taken where an indirect jump, or one into the unknown, ends it', () => {
    expect(throughOther(tail)).toMatch(/may have ended in itself/);
    expect(throughOther(`${tail} call_origin=@far`)).toMatch(/may have ended in itself/);
  });

  it('follow jumps to functions of other units by the code', () => {
    const far = `${tail} call_origin=@far`;
    // jmp 0x1200 (caller), je 0x1200, jmp 0x1004 (callee)
    expect(throughOther(far, [0x90, 0xe9, 0xc0, 0xfd, 0xff, 0xff])).toBe('bytes');
    expect(throughOther(far, [0x0f, 0x84, 0xc0, 0xfd, 0xff, 0xff])).toBe('bytes');
    expect(throughOther(far, [0x90, 0xe9, 0xc4, 0xfb, 0xff, 0xff])).toMatch(/called itself last/);
    expect(throughOther(far, [0x90, 0xe9, 0xc0, 0xff, 0xff, 0x7f])).toMatch(/may have ended in/);
  });

  it('are missing where the caller or its description is', () => {
    expect(entered(0x1210n)).toMatch(/unavailable: register 3 of this frame is not known/);
    expect(entered(0x123cn)).toMatch(/the caller does not keep it/);
    expect(entered(0x1250n)).toMatch(/the caller does not describe the call/);
  });
});
