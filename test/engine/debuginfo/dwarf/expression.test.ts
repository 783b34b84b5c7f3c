import { describe, expect, it } from 'vitest';
import { DwarfDebugInfo } from '../../../../src-main/engine/debuginfo/dwarf/debug-info.ts';
import { evaluateLocation } from '../../../../src-main/engine/debuginfo/dwarf/expression.ts';
import { scopeOfFrame } from '../../../../src-main/engine/debuginfo/dwarf/evaluation-scope.ts';
import { readValueBytes } from '../../../../src-main/engine/debuginfo/dwarf/value-bytes.ts';
import { drawDwarf, sectionsOf } from '../../../support/dwarf/draw-dwarf.ts';
import { drawExpression } from '../../../support/dwarf/draw-expression.ts';
import { drawFrame, type FrameDrawing } from '../../../support/dwarf/frame.ts';

const { sections, labels } = drawDwarf(`
  unit version=5
  compile_unit name="a.c" low_pc=0x1000 high_pc=+0x100 {
    @f: subprogram name="f" low_pc=0x1000 high_pc=+0x40 frame_base=[call_frame_cfa] {
      @x: variable name="x" location=[addr 0x77]
    }
    @int: base_type name="int" byte_size=4 encoding=5
    @u16: base_type name="u16" byte_size=2 encoding=7
    @double: base_type name="double" byte_size=8 encoding=4
  }
`);
const info = new DwarfDebugInfo(sectionsOf(sections));
const unit = info.file.unitAt(0);

function locate(text: string, frame: FrameDrawing = {}) {
  const scope = scopeOfFrame({ unit, offset: labels.get('f')! }, drawFrame(frame));
  return evaluateLocation(drawExpression(text), scope);
}

/** The number an expression leaves as a value. */
function compute(text: string, frame: FrameDrawing = {}): bigint | string {
  const { place } = locate(`${text}; stack_value`, frame);
  if (place.kind === 'absent') return `${place.reason}: ${place.why}`;
  return place.kind === 'bytes' ? BigInt.asIntN(64, little(place.bytes)) : place.kind;
}

function little(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

describe('expressions', () => {
  it.each([
    ['const1s -3; lit5; plus', 2n],
    ['const2u 65535; const1u 255; minus', 0xff00n],
    ['const4s -8; lit2; div', -4n],
    ['const4s -8; lit3; mod', BigInt.asIntN(64, (2n ** 64n - 8n) % 3n)],
    ['lit6; lit7; mul; neg', -42n],
    ['const8u 0xffffffffffffffff; lit1; shr', 2n ** 63n - 1n],
    ['consts -16; lit2; shra', -4n],
    ['consts -16; const1u 200; shra', -1n],
    ['lit1; const1u 64; shl', 0n],
    ['constu 300; lit15; and; lit1; or; lit2; xor; not', -16n],
    ['consts -5; abs', 5n],
    ['consts -1; lit1; lt', 1n],
    ['lit1; lit2; ge', 0n],
    ['lit1; lit2; lit3; rot', 2n],
    ['lit1; lit2; swap', 1n],
    ['lit1; lit2; over', 1n],
    ['lit4; lit5; lit6; pick 2', 4n],
    ['lit4; dup; plus; drop; lit9; plus_uconst 200', 209n],
    ['lit0; bra 1; lit8', 8n],
    ['lit2; lit1; bra 1; lit8', 2n],
    ['lit3; skip 1; lit8; nop', 3n],
  ])('%s', (text, value) => {
    expect(compute(text)).toBe(value);
  });

  it('reads registers, the frame and memory', () => {
    const frame = {
      registers: { 5: 0x50n, 6: 0x2000n, 40: 7n },
      cfa: 0x3000n,
      memory: { '0x2ff0': 0x1122334455667788n, '0x1ff8': 0x9000n },
      slide: 0x100000n,
    };
    expect(compute('breg6 -8; deref', frame)).toBe(0x9000n);
    expect(compute('bregx 40 1', frame)).toBe(8n);
    expect(compute('fbreg -16; deref_size 2', frame)).toBe(0x7788n);
    expect(compute('call_frame_cfa', frame)).toBe(0x3000n);
    expect(compute('addr 0x10', frame)).toBe(0x100010n);
    expect(locate('fbreg -16', frame).place).toEqual({ kind: 'memory', address: 0x2ff0n });
    expect(locate('reg5', frame).place).toEqual({ kind: 'register', register: 5, value: 0x50n });
    expect(locate('regx 40', frame).place).toMatchObject({ kind: 'register', register: 40 });
  });

  it('keeps apart what the compiler left out, what is not known, and what makes no sense', () => {
    const why = (text: string, frame: FrameDrawing = {}) => {
      const { place } = locate(text, frame);
      return place.kind === 'absent' ? place.reason : place.kind;
    };
    expect(why('')).toBe('optimized-out');
    expect(why('reg3')).toBe('unavailable');
    expect(why('breg3 0')).toBe('unavailable');
    expect(why('call_frame_cfa')).toBe('unavailable');
    expect(why('lit8; deref')).toBe('unavailable');
    expect(why('form_tls_address')).toBe('unsupported');
    expect(why('0xee')).toBe('unsupported');
    expect(why('plus')).toBe('damaged');
    expect(why('lit1; lit0; div')).toBe('damaged');
    expect(why('0x0c 0x01')).toBe('damaged');
    expect(why('skip -3')).toBe('damaged');
    expect(why('skip 100')).toBe('damaged');
    expect(why('lit1; dup; skip -4')).toBe('damaged');
    const u = labels.get('double')!;
    expect(why(`lit1; convert ${u}`)).toBe('unsupported');
    expect(why(`lit1; convert ${labels.get('f')!}`)).toBe('damaged');
  });

  it('an operation that is not evaluated is told by its name, or its number where it has none', () => {
    const whyOf = (opcode: number) => {
      const scope = scopeOfFrame({ unit, offset: labels.get('f')! }, drawFrame({}));
      const { place } = evaluateLocation(Uint8Array.of(opcode), scope);
      return place.kind === 'absent' ? place.why : place.kind;
    };
    expect(whyOf(0xfa)).toBe('DW_OP_GNU_parameter_ref');
    expect(whyOf(0xfd)).toBe('DW_OP_GNU_variable_value');
    expect(whyOf(0xee)).toBe('DWARF operation 0xee');
  });

  it('computes with typed values', () => {
    const int = labels.get('int')!;
    const u16 = labels.get('u16')!;
    expect(compute(`constu 0xffffffff; convert ${int}; convert 0`)).toBe(-1n);
    expect(compute(`constu 0x12345; convert ${u16}; convert 0`)).toBe(0x2345n);
    expect(compute(`const_type ${int} [0xfe 0xff 0xff 0xff]; dup; mul; convert 0`)).toBe(4n);
    expect(compute(`regval_type 5 ${u16}; convert 0`, { registers: { 5: 0xabcd0001n } })).toBe(1n);
    expect(
      compute(`lit8; deref_type 4 ${int}; convert 0`, { memory: { '0x8': 0xfffffff0n } }),
    ).toBe(-16n);
    expect(compute(`lit1; convert ${int}; lit1; plus`)).toMatch(/damaged: .*two types/);
  });

  it('puts a value together from pieces, and says which bits are missing', () => {
    const frame = { registers: { 3: 0x1122334455667788n }, memory: { '0x40': 0xaabbccddn } };
    const location = locate(
      'reg3; piece 2; piece 1; addr 0x40; piece 3; lit5; stack_value; bit_piece 4 0',
      frame,
    );
    const { bytes, missing } = readValueBytes(location, 8, drawFrame(frame).read);
    expect([...bytes]).toEqual([0x88, 0x77, 0, 0xdd, 0xcc, 0xbb, 5, 0]);
    expect(missing).toMatchObject([
      { bitOffset: 16, bitSize: 8, why: 'this part was optimized out by the compiler' },
      { bitOffset: 52, bitSize: 12, why: 'this part was optimized out by the compiler' },
    ]);
    const bits = locate('reg3; bit_piece 3 4; reg3; bit_piece 5 0', frame);
    expect([...readValueBytes(bits, 1, drawFrame(frame).read).bytes]).toEqual([0x40]);
    const gone = readValueBytes(locate('addr 0x99'), 4, drawFrame().read);
    expect(gone.missing[0]?.why).toMatch(/not mapped: 0x99/);
  });

  it('points to values that have no address, and calls other expressions', () => {
    const x = labels.get('x')!;
    expect(locate(`implicit_pointer ${x} 4`).place).toMatchObject({
      kind: 'implicit-pointer',
      target: { offset: x },
      offset: 4n,
    });
    expect(locate(`call4 ${x}`).place).toEqual({ kind: 'memory', address: 0x77n });
    expect(locate('implicit_value [0x01 0x02]').place).toEqual({
      kind: 'bytes',
      bytes: Uint8Array.of(1, 2),
    });
  });
});
