import { describe, expect, it } from 'vitest';
import { isAbsent, type FrameVariable } from '../../../src-shared/contract/index.ts';
import { variablesOfFrame } from '../../../src-main/engine/commands/frame-variables.ts';
import { variableLines } from '../../../src-main/render/text-frame-variables.ts';
import { drawLists } from '../../support/dwarf/draw-lists.ts';
import { drawChain, STACK, TEXT, type ChainDrawing } from '../../support/kernel/draw-call-chain.ts';

const TYPES = `
  @int: base_type name="int" byte_size=4 encoding=5
  @long: base_type name="long" byte_size=8 encoding=5
  @char: base_type name="char" byte_size=1 encoding=6
  @pair: structure_type name="pair" byte_size=16 {
    member name="first" type=@long data_member_location=0
    member name="second" type=@long data_member_location=8
  }
  @either: union_type name="either" byte_size=8 {
    member name="number" type=@long
    member name="small" type=@int
  }
  @text: array_type type=@char {
    subrange_type upper_bound=15
  }
  @longs: array_type type=@long {
    subrange_type upper_bound=4095
  }
  @endless: array_type type=@pair {
    subrange_type upper_bound=0x7fffffff
  }
  @loop: typedef name="loop_t" type=@other
  @other: typedef name="other_t" type=@loop
`;

/** Variables of leaf (frame 0), or of middle. */
function variables(dies: string, of: ChainDrawing & { frame?: number } = {}): FrameVariable[] {
  const { frame = 0, ...drawing } = of;
  const at = TEXT + 0x1000n + BigInt(frame) * 0x100n;
  const dwarf = `${TYPES}
    subprogram name="f" low_pc=${at} high_pc=+0x100 frame_base=[call_frame_cfa] {
      ${dies}
    }`;
  const { program, states } = drawChain({ dwarf, ...drawing });
  return [...variablesOfFrame(program, states()[frame]!)!.variables];
}
const lines = (...args: Parameters<typeof variables>): string[] =>
  variableLines(variables(...args)).map((line) => line.trim());
const why = ({ node: { value } }: FrameVariable): string =>
  isAbsent(value) ? `${value.absent}: ${value.why}` : '';

describe('a variable', () => {
  it('in a register of the frame has the bytes of its type', () => {
    const dies = 'formal_parameter name="x" type=@int location=[reg5]';
    const [x] = variables(dies);
    expect(x).toMatchObject({
      place: { kind: 'register', register: 'rdi' },
      node: { value: 0xd1 },
    });
    expect(lines(dies)).toEqual(['(parameters)', 'x = 209']);
  });

  it('in a register that a callee saved tells who did, in JSON; the text stays short', () => {
    const dies = 'variable name="x" type=@long location=[reg3]';
    const [x] = variables(dies, { frame: 1 });
    expect(x!.node.value).toBe(0xb0bn);
    expect(x!.how).toEqual([`rbx was saved by leaf at 0x${(STACK + 16n).toString(16)}`]);
    expect(lines(dies, { frame: 1 })).toEqual(['(locals)', 'x = 2827']);
  });

  it('in a register that a call does not keep has no value, and says so', () => {
    const [x] = variables('variable name="x" type=@long location=[reg0]', { frame: 1 });
    expect(why(x!)).toBe('unknown: rax is not kept across the call');
    expect(x!.place).toEqual({ kind: 'none' });
  });

  it('that was optimized out differs from one whose page is not in the dump', () => {
    const dies = `variable name="gone" type=@long
      variable name="far" type=@long location=[const8u 0xffffc90000009000]`;
    const [gone, far] = variables(dies);
    expect(why(gone!)).toMatch(/^optimized-out: /);
    expect(why(far!)).toMatch(/^excluded: .*/);
    expect(far!.place).toEqual({ kind: 'memory', address: 0xffff_c900_0000_9000n });
    expect(lines(dies)[1]).toBe('gone = <optimized out>');
    expect(lines(dies)[2]).toMatch(/^far = <excluded/);
  });

  it('in pieces of which one is missing shows the other', () => {
    const dies = 'variable name="p" type=@pair location=[reg5; piece 8; reg8; piece 8]';
    const [p] = variables(dies);
    expect(p!.place).toEqual({ kind: 'pieces' });
    const [first, second] = p!.node.children!;
    expect(first!.value).toBe(0xd1n);
    expect(second!.value).toMatchObject({
      absent: 'unknown',
      why: expect.stringMatching(/r8 is not known/) as string,
    });
    expect(lines(dies)[1]).toMatch(/^p = \{first = 209, second = <unknown: .*r8/);
  });

  it('that is static is not on the stack; one of every CPU has no single value', () => {
    const at = TEXT + 0x2000n;
    const dies = `variable name="count" type=@long location=[addr ${at}]
      variable name="each" type=@long location=[addr 0x100]
      variable name="near" type=@long location=[fbreg -32]`;
    const memory: ChainDrawing['memory'] = (machine) =>
      machine
        .u64(at + 0x20_0000n, 42n)
        .symbol('__per_cpu_start', 0n)
        .symbol('__per_cpu_end', 0x1000n);
    const [count, each, near] = variables(dies, { memory });
    expect(count!.place).toEqual({ kind: 'memory', address: at + 0x20_0000n, isStatic: true });
    expect(near!.place).toEqual({ kind: 'memory', address: STACK });
    expect(why(each!)).toMatch(/every CPU has one/);
    expect(lines(dies, { memory })[1]).toBe('count = 42  [static]');
  });
});

describe('large and hostile variables', () => {
  it('are cut in text, and say in JSON where', () => {
    const dies = 'variable name="a" type=@longs location=[fbreg -32]';
    const [a] = variables(dies);
    expect(a!.node).toMatchObject({ count: 4096, truncatedAt: 256 });
    const [, text] = lines(dies);
    expect(text!.length).toBeLessThan(500);
  });

  it('of two billion elements cost nothing', () => {
    const [a] = variables('variable name="a" type=@endless location=[fbreg -32]');
    expect(a!.node.children!.length).toBeLessThanOrEqual(256);
  });

  it('of a type that refers to itself are absent, the others stay', () => {
    const [loop, x] = variables(`variable name="l" type=@loop location=[reg5]
      variable name="x" type=@long location=[reg5]`);
    expect(loop!.node.name).toBe('l');
    expect(isAbsent(loop!.node.value)).toBe(true);
    expect(x!.node.value).toBe(0xd1n);
  });

  it('with strings of control characters stay on their line', () => {
    const dies = 'variable name="s\x1b[31m" type=@text location=[fbreg -32]';
    const memory: ChainDrawing['memory'] = (machine) =>
      machine.bytes(
        STACK,
        [0x1b, 0x5b, 0x32, 0x4a, 0x0a, 0x22, 0xff, 0xe2, 0x80, 0xae, 0, 0, 0, 0, 0, 0],
      );
    const text = lines(dies, { memory }).join('|');
    expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
    expect(text).toMatch(/\\033\[2J\\n\\"/);
  });

  it('a union is one value in several readings', () => {
    const dies = 'variable name="u" type=@either location=[reg5]';
    expect(lines(dies)[1]).toBe('u = {number = 209, small = 209}');
  });

  it('with location lists that are damaged cost themselves only', () => {
    const hostile = drawLists('base_address 0x0\noffset_pair 0 5 [reg5]').subarray(0, -1);
    for (const lists of [hostile, Uint8Array.from([0xee]), new Uint8Array(0)]) {
      const [bad, x] = variables(
        `variable name="bad" type=@long location=list:0
        variable name="x" type=@long location=[reg5]`,
        { lists },
      );
      expect(isAbsent(bad!.node.value)).toBe(true);
      expect(why(bad!)).not.toMatch(/^optimized-out/);
      expect(x!.node.value).toBe(0xd1n);
    }
  });

  it('with expressions that loop or run out end', () => {
    const [loops, empty] = variables(`variable name="a" type=@long location=[skip -3]
      variable name="b" type=@long location=[drop]`);
    expect(why(loops!)).toMatch(/more than 10000 operations/);
    expect(why(empty!)).toMatch(/empty stack/);
  });
});
