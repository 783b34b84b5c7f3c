import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pfn, physAddr, virtAddr } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import type { OrcEntry } from '../../../src-main/engine/debuginfo/orc.ts';
import { walkPageTables } from '../../../src-main/engine/translate/page-walk.ts';
import { codeFrameAt } from '../../../src-main/engine/unwind/code-frame.ts';
import { decodeInstruction } from '../../../src-main/engine/arch/x86-64/instruction.ts';
import { unwind } from '../../../src-main/engine/unwind/trace.ts';
import { drawMachine } from './draw-stack.ts';

const BASE = 0xffffc90000000000n;
const WORDS = 512;
const RUNS = { numRuns: 300, seed: 20240229 };

/** A word of a damaged stack: code, somewhere on the stack, a selector, a small number, anything. */
const word = fc.oneof(
  fc.integer({ min: 0, max: 0x1fff }).map((offset) => 0xffffffff81001000n + BigInt(offset)),
  fc.integer({ min: 0, max: WORDS * 8 }).map((offset) => BASE + BigInt(offset)),
  fc.constantFrom(0n, 0x10n, 0x33n, 0x18n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const orcEntry: fc.Arbitrary<OrcEntry> = fc.record({
  spReg: fc.constantFrom(
    ...(['undefined', 'sp', 'bp', 'r10', 'r13', 'di', 'dx', 'sp-indirect', 'bp-indirect'] as const),
  ),
  spOffset: fc.integer({ min: -64, max: 128 }),
  bpReg: fc.constantFrom(...(['undefined', 'prev-sp', 'bp', 'sp'] as const)),
  bpOffset: fc.integer({ min: -64, max: 64 }),
  type: fc.constantFrom(...(['call', 'call', 'regs', 'regs-partial', 'undefined', 'end'] as const)),
  signal: fc.boolean(),
});

describe('damaged input', () => {
  it('never makes the unwinder throw, hang or go on for ever', () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: WORDS, maxLength: WORDS }),
        fc.array(orcEntry, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: -16, max: WORDS * 8 }),
        (words, entries, guess, known, offset) => {
          const text = words.map((value) => value.toString(16)).join(' ');
          const machine = drawMachine(
            `fn 1000 3000 code sp+8
             ffffc90000000000: ${text}
             stack task ffffc90000000000 ffffc90000001000`,
            {
              orcAt: (pc) =>
                pc >= 0xffffffff81001000n && pc < 0xffffffff81003000n
                  ? entries[Number(pc % 8n)]
                  : undefined,
              ...(known ? {} : { stacks: [] }),
            },
          );
          const start = {
            pc: 0xffffffff81001800n,
            sp: BASE + BigInt(offset),
            bp: BASE + 0x400n,
            slot: BASE,
            interrupted: true,
          };
          const { frames, end } = unwind(machine, start, { guess });
          expect(frames.length).toBeGreaterThan(0);
          expect(frames.length).toBeLessThanOrEqual(1024);
          expect(end.why).not.toBe('');
          // Nothing behind a guess is exact, and a guess is never complete.
          const firstGuess = frames.findIndex((frame) => !frame.exact);
          if (firstGuess >= 0) {
            expect(frames.slice(firstGuess).every((frame) => !frame.exact)).toBe(true);
            expect(end.complete).toBe(false);
          }
        },
      ),
      RUNS,
    );
  });

  it('never makes a page-table walk throw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 8, maxLength: 8 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.constantFrom(4 as const, 5 as const),
        (entries, virt, levels) => {
          const page = new Uint8Array(4096);
          const view = new DataView(page.buffer);
          for (let i = 0; i < 512; i++) view.setBigUint64(i * 8, entries[i % 8]! | 1n, true);
          const memory = {
            page: (frame: number) => {
              if (frame % 3 === 2) {
                const phys = physAddr(BigInt(frame) << 12n);
                throw new FaultError({ kind: 'not-in-dump', phys, why: 'not-ram' });
              }
              return page;
            },
          };
          const walk = walkPageTables(
            memory,
            { root: physAddr(BigInt(pfn(3)) << 12n), levels, smeMask: 0n },
            virtAddr(virt),
          );
          expect(walk.steps.length).toBeLessThanOrEqual(levels);
        },
      ),
      RUNS,
    );
  });

  it('never makes the instruction decoder read beyond its bytes or stand still', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        for (let at = 0; at < bytes.length;) {
          const instruction = decodeInstruction(bytes, at);
          if (instruction === undefined) break;
          expect(instruction.length).toBeGreaterThan(0);
          at += instruction.length;
          expect(at).toBeLessThanOrEqual(bytes.length);
        }
        codeFrameAt(bytes, bytes.length - 1, false);
      }),
      RUNS,
    );
  });
});
