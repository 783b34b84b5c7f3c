import { beforeAll, expect, test } from 'vitest';
import type { Block } from '../../../src-shared/contract/index.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { CancelledError, UsageError } from '../../../src-main/engine/commands/command.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import type { DumpImage } from '../../../src-main/engine/dump/dump-image.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { mutateImage, randomOf, recordReads, type Mutation } from '../../support/mutated-image.ts';

/**
 * Memory of a machine that died may hold anything. Bytes that the views really read are damaged,
 * a seed at a time, and every view must still answer, partly or with a reason: no hang, no bug.
 */
const LINES = ['sys', 'ps', 'log', 'mod', 'bt', 'bt -a', 'foreach bt', 'struct task_struct'];
const SEEDS = 300;
/** Far above what any run takes, far below patience: only an endless walk reaches it. */
const HANG_MS = 20_000;

let image: DumpImage;
/** Pages read to open the dump (symbols, types), and pages only the views read. */
let tables: number[];
let frames: number[];

beforeAll(async () => {
  const sample = new URL('../../../build/sample/sample.kdump', import.meta.url).pathname;
  image = openDump([openByteSource(sample)], await createDecompressors());
  const opening = recordReads(image);
  openProgram(opening.image);
  tables = [...opening.frames].sort((a, b) => a - b);
  const recording = recordReads(image);
  useAllViews(recording.image);
  frames = [...recording.frames].filter((f) => !opening.frames.has(f)).sort((a, b) => a - b);
});

test('the views rest on pages that can be damaged', () => {
  expect(tables.length).toBeGreaterThan(500);
  expect(frames.length).toBeGreaterThan(200);
});

test.each(Array.from({ length: 10 }, (_, i) => i))(
  'damaged memory never hangs or breaks a view (seeds %i of 10)',
  { timeout: 600_000 },
  (part) => {
    let answered = 0;
    for (let seed = part; seed < SEEDS; seed += 10) {
      const started = performance.now();
      const damaged = mutateImage(image, damageOf(seed));
      let opened = 0;
      expect(() => (opened = useAllViews(damaged)), `seed ${seed}`).not.toThrow();
      answered += opened;
      expect(performance.now() - started, `seed ${seed} took too long`).toBeLessThan(HANG_MS);
    }
    // Damage that only ever stopped the opening would say nothing of the views.
    expect(answered / ((SEEDS / 10) * LINES.length)).toBeGreaterThan(0.5);
  },
);

/** From a few flipped bits on one page to whole pages of rubbish, by seed. */
function damageOf(seed: number): Map<number, Mutation> {
  const random = randomOf(seed);
  const damage = new Map<number, Mutation>();
  const pages = 1 + random(seed % 3 === 0 ? 100 : 12);
  const from = seed % 4 === 0 ? tables : frames;
  for (let i = 0; i < pages; i++) damage.set(from[random(from.length)]!, mutationOf(random));
  return damage;
}

function mutationOf(random: (below: number) => number): Mutation {
  const seed = random(2 ** 31);
  switch (random(6)) {
    case 0:
      return () => 'excluded';
    case 1:
      return (page) => (page.fill(0), 'present');
    case 2:
      return (page) => {
        const noise = randomOf(seed);
        for (let i = 0; i < page.length; i++) page[i] = noise(256);
        return 'present';
      };
    case 3: // pointers that point elsewhere on the same page: short cycles
      return (page) => {
        const noise = randomOf(seed);
        for (let i = 0; i < 8; i++) page[noise(512) * 8 + 0] = noise(256) & 0xf8;
        return 'present';
      };
    default:
      return (page) => {
        const noise = randomOf(seed);
        const flips = 1 + noise(64);
        for (let i = 0; i < flips; i++) page[noise(page.length)]! ^= 1 << noise(8);
        return 'present';
      };
  }
}

/**
 * Opens and asks everything; whatever is expected to fail may fail, nothing else.
 * @returns how many commands answered something
 */
function useAllViews(source: DumpImage): number {
  let program;
  try {
    program = openProgram(source);
  } catch (error) {
    if (error instanceof FaultError) return 0;
    throw error;
  }
  const context = createContext(program);
  let answered = 0;
  for (const line of LINES) {
    const [name, ...args] = line.split(' ');
    const command = findCommand(name!);
    if (command === undefined) continue;
    const blocks: Block[] = [];
    try {
      for (const block of command.run(context, args)) blocks.push(block);
    } catch (error) {
      const expected =
        error instanceof FaultError ||
        error instanceof UsageError ||
        error instanceof CancelledError;
      if (!expected) throw new Error(`${line}: ${String(error)}`, { cause: error });
    }
    if (blocks.length > 0) answered++;
  }
  return answered;
}
