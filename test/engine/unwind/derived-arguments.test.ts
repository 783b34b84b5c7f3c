import { describe, expect, it } from 'vitest';
import type { UnwindEnvironment } from '../../../src-main/engine/unwind/environment.ts';
import type { FrameState } from '../../../src-main/engine/unwind/frame-state.ts';
import { DerivedArguments } from '../../../src-main/engine/unwind/derived-arguments.ts';
import { codePointAt, type FunctionCode } from '../../../src-main/engine/unwind/code-flow.ts';
import { keptOf } from '../../../src-main/engine/unwind/derived-arguments-kept.ts';

const RDI = 7;
const RBX = 3;
const bytes = (hex: string) =>
  Uint8Array.from(hex.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));

/** What rbx tells of rdi at the function's entry, behind the instruction that ends at `at`. */
function inRbx(hex: string, at: number, more: Partial<FunctionCode> = {}) {
  const point = codePointAt({ parts: [{ offset: 0, bytes: bytes(hex) }], ...more }, at, true);
  if (point === undefined || point.unfollowed !== undefined) return point?.unfollowed;
  const { values } = point.state;
  return keptOf(values, point.state.register(RBX), values.entry(RDI)) ?? 'not kept';
}
const whole = { add: 0n, bits: 64 };

// push %rbx; mov %rdi,%rbx; call ...
const SAVED = '53 48 89 fb e8 00 10 00 00';

describe('what a register kept of an argument', () => {
  it('is the argument, behind a call', () => {
    expect(inRbx(`${SAVED} 90`, 9)).toEqual(whole);
  });

  it('is not, once the register was written', () => {
    // mov (%rax),%rbx; call
    expect(inRbx(`${SAVED} 48 8b 18 e8 00 10 00 00 90`, 17)).toBe('not kept');
  });

  it('is not at the head of a loop that changes it', () => {
    // call; mov 0x8(%rax),%rbx; test %rbx,%rbx; jne to the call
    expect(inRbx(`${SAVED} 48 8b 58 08 48 85 db 75 f2 5b c3`, 9)).toBe('not kept');
  });

  it('is in its low half after mov %edi,%ebx', () => {
    expect(inRbx('53 89 fb e8 00 10 00 00 90', 8)).toEqual({ add: 0n, bits: 32 });
  });

  it('is in its low byte after movzbl %dil,%ebx', () => {
    expect(inRbx('53 40 0f b6 df e8 00 10 00 00 90', 10)).toEqual({ add: 0n, bits: 8 });
  });

  it('is found again from a member’s address', () => {
    // lea 0x98(%rdi),%rbx
    expect(inRbx('53 48 8d 9f 98 00 00 00 e8 00 10 00 00 90', 13)).toEqual({
      add: 0x98n,
      bits: 64,
    });
  });

  it('is not told of a function with an indirect jump', () => {
    // test %eax,%eax; je +2; jmp *%rcx; call
    expect(inRbx('53 48 89 fb 85 c0 74 02 ff e1 e8 00 10 00 00 90', 15)).toMatch(/jumps to where/);
  });

  it('is lost where a patched branch leads to code that changes it', () => {
    // nopl (5 bytes); call; pop; ret; xor %ebx,%ebx; jmp to the call
    const code = '53 48 89 fb 0f 1f 44 00 00 e8 00 10 00 00 5b c3 31 db eb f5';
    expect(inRbx(code, 14)).toEqual(whole);
    expect(inRbx(code, 14, { jumps: new Map([[4, [16, 9]]]) })).toBe('not kept');
  });

  it('is lost where a fault changes the register', () => {
    // mov (%rcx),%rax (may fault, then continues behind it); call
    const code = '53 48 89 fb 48 8b 01 e8 00 10 00 00 90';
    const faults = (changed: number) => new Map([[4, [{ target: 7, changed }]]]);
    expect(inRbx(code, 12, { faults: faults(1) })).toEqual(whole);
    expect(inRbx(code, 12, { faults: faults(1 << RBX) })).toBe('not kept');
  });

  it('is lost behind a call of assembler code that changes it', () => {
    const code = `${SAVED} e8 00 20 00 00 90`;
    expect(inRbx(code, 14)).toEqual(whole);
    expect(inRbx(code, 14, { called: () => 'clobbers' })).toBe('not kept');
  });
});

describe('registers before a call', () => {
  const before = (hex: string, at: number) => {
    const point = codePointAt({ parts: [{ offset: 0, bytes: bytes(hex) }] }, at, true);
    return point?.state.values.get(point.state.register(RDI));
  };

  it('has a constant', () => {
    expect(before('bf 05 00 00 00 e8 00 10 00 00 90', 10)).toEqual({ kind: 'constant', value: 5n });
  });

  it('has nothing where two ways pass different ones', () => {
    // mov $5,%edi; test %eax,%eax; je +2; xor %edi,%edi; call
    expect(before('bf 05 00 00 00 85 c0 74 02 31 ff e8 00 10 00 00 90', 16)).toBeUndefined();
  });

  it('says when an address of the stack went to a function', () => {
    // sub $8,%rsp; mov %rdi,(%rsp); mov %rsp,%rdi; call
    const code = bytes('48 83 ec 08 48 89 3c 24 48 89 e7 e8 00 10 00 00 90');
    const point = codePointAt({ parts: [{ offset: 0, bytes: code }] }, 16, true);
    expect(point?.stackEscapes).toBe(true);
  });
});

/** Functions of a drawn kernel, each from a multiple of 0x1000 on. */
const CALLER = 0xffff_ffff_8100_0000n;
const CALLEE = 0xffff_ffff_8100_1000n;
const CALLEE_CFA = 0xffff_c900_0000_0f00n;
const CALLER_CFA = 0xffff_c900_0000_0f40n;

interface Drawn {
  readonly caller: string;
  /** Offset of the return address in it. */
  readonly returns: number;
  readonly callee: string;
  readonly at: number;
  /** Values by DWARF's numbers. */
  readonly inCallee?: Readonly<Record<number, bigint>>;
  readonly inCaller?: Readonly<Record<number, bigint>>;
  readonly stack?: ReadonlyMap<bigint, bigint>;
  readonly hidden?: boolean;
}

/** rdi at the entry of the callee. */
function argument(drawn: Drawn, bits = 64, interrupted = false) {
  const functions = [
    { name: 'caller', start: CALLER, code: bytes(drawn.caller) },
    { name: 'callee', start: CALLEE, code: bytes(drawn.callee) },
    { name: 'other', start: CALLEE + 0x1000n, code: new Uint8Array(64).fill(0xc3) },
  ];
  const at = (pc: bigint) =>
    functions.find(({ start, code }) => pc >= start && pc < start + BigInt(code.length));
  const env = {
    symbolAt: (pc: bigint) => {
      const found = at(pc);
      return (
        found && { name: found.name, offset: Number(pc - found.start), size: found.code.length }
      );
    },
    read: (address: bigint, length: number) => {
      const found = at(address);
      if (found !== undefined) {
        const from = Number(address - found.start);
        return found.code.slice(from, from + length);
      }
      const word = new DataView(new ArrayBuffer(8));
      word.setBigUint64(0, drawn.stack?.get(address) ?? 0n, true);
      return new Uint8Array(word.buffer).slice(0, length);
    },
  } as unknown as UnwindEnvironment;
  const hidden = drawn.hidden === false ? undefined : { branches: [], faults: [] };
  const stateOf = (
    index: number,
    pc: bigint,
    cfa: bigint,
    values: Readonly<Record<number, bigint>> = {},
    stopped = false,
  ) =>
    ({
      frame: { index, pc, exact: true, interrupted: stopped },
      cfa,
      registers: new Map(
        Object.entries(values).map(([number, value]) => [
          Number(number),
          { name: `r${number}`, value, how: '' },
        ]),
      ),
    }) as unknown as FrameState;
  const states = [
    stateOf(0, CALLEE + BigInt(drawn.at), CALLEE_CFA, drawn.inCallee, interrupted),
    stateOf(1, CALLER + BigInt(drawn.returns), CALLER_CFA, drawn.inCaller),
  ];
  const code = { env, hidden, points: new Map() };
  const found = new DerivedArguments(() => code, states).find(0, RDI, bits, true);
  return typeof found === 'string' ? found : found.value;
}

describe('arguments of frames', () => {
  // sub $8,%rsp; mov $5,%edi; call callee
  const PASSES_5 = '48 83 ec 08 bf 05 00 00 00 e8 f2 0f 00 00 90';
  // push %rbx; call
  const KEEPS_NONE = '53 e8 00 10 00 00 90';

  it('are what the caller passed: a constant', () => {
    expect(argument({ caller: PASSES_5, returns: 14, callee: KEEPS_NONE, at: 6 })).toBe(5n);
  });

  it('are what the caller still has in a register', () => {
    // push %rbx; lea 0x10(%rax),%rbx; mov %rbx,%rdi; call callee
    const caller = '53 48 8d 58 10 48 89 df e8 f3 0f 00 00 90';
    const known = { 3: 0xffff_8880_1234_0000n };
    const drawn = { caller, returns: 13, callee: KEEPS_NONE, at: 6 };
    expect(argument({ ...drawn, inCaller: known })).toBe(0xffff_8880_1234_0000n);
    expect(argument(drawn)).toMatch(/nowhere/);
  });

  it('are an address in the caller’s frame', () => {
    // sub $8,%rsp; mov %rsp,%rdi; nop (2 bytes); call callee: rsp is CFA - 16
    const caller = '48 83 ec 08 48 89 e7 66 90 e8 f2 0f 00 00 90';
    const drawn = { caller, returns: 14, callee: KEEPS_NONE, at: 6 };
    expect(argument(drawn)).toBe(CALLER_CFA - 16n);
  });

  it('are not what the caller passed to a function that went on by a jump', () => {
    // calls `other`, which can only have jumped to callee
    const caller = '48 83 ec 08 bf 05 00 00 00 e8 f2 1f 00 00 90';
    expect(argument({ caller, returns: 14, callee: KEEPS_NONE, at: 6 })).toMatch(/nowhere/);
  });

  it('are not what the caller passed by an indirect call', () => {
    // sub $8,%rsp; mov $5,%edi; call *%rax
    const caller = '48 83 ec 08 bf 05 00 00 00 ff d0 90';
    expect(argument({ caller, returns: 11, callee: KEEPS_NONE, at: 6 })).toMatch(/nowhere/);
  });

  it('are what the function spilled, unless an address of its stack was given away', () => {
    // sub $0x18,%rsp; mov %rdi,0x10(%rsp); (lea 8(%rsp),%rsi;) call
    const stack = new Map([[CALLEE_CFA - 16n, 0x77n]]);
    const safe = '48 83 ec 18 48 89 7c 24 10 e8 00 10 00 00 90';
    const given = '48 83 ec 18 48 89 7c 24 10 48 8d 74 24 08 e8 00 10 00 00 90';
    const indirect = { caller: 'ff d0 90', returns: 2, stack };
    expect(argument({ ...indirect, callee: safe, at: 14 })).toBe(0x77n);
    expect(argument({ ...indirect, callee: given, at: 19 })).toMatch(/nowhere/);
  });

  it('are not told where both ways disagree: memory was overwritten', () => {
    const inCallee = { 3: 6n };
    const drawn = { caller: PASSES_5, returns: 14, callee: `${SAVED} 90`, at: 9 };
    expect(argument({ ...drawn, inCallee: { 3: 5n } })).toBe(5n);
    expect(argument({ ...drawn, inCallee })).toMatch(/different values/);
  });

  it('are not told without the tables of patched branches and faults', () => {
    const drawn = { caller: PASSES_5, returns: 14, callee: KEEPS_NONE, at: 6, hidden: false };
    expect(argument(drawn)).toMatch(/tables/);
  });

  it('are not in registers that an interrupted copy has moved on', () => {
    // rep movsb: rdi moves, rax is a copy
    const inCallee = { 5: 0x1008n, 0: 0x1000n };
    const drawn = { caller: 'ff d0 90', returns: 2, callee: '48 89 f8 f3 a4 c3', at: 3, inCallee };
    expect(argument(drawn, 64, true)).toBe(0x1000n);
    expect(argument({ ...drawn, inCallee: { 5: 0x1008n } }, 64, true)).toMatch(/nowhere/);
  });

  it('are not told beyond the bits that were kept', () => {
    // push %rbx; mov %edi,%ebx; call
    const callee = '53 89 fb e8 00 10 00 00 90';
    const drawn = { caller: 'ff d0 90', returns: 2, callee, at: 8, inCallee: { 3: 7n } };
    expect(argument(drawn, 32)).toBe(7n);
    expect(argument(drawn, 64)).toMatch(/nowhere/);
  });
});
