import type { StackFrame, WordLabel } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import { describeAddress } from '../kernel/address-owner.ts';
import type { Program } from '../program/program.ts';

const KERNEL_HALF = 1n << 63n;
/** What only says which part of the address space it is, says nothing of a word. */
const TELLING = new Set(['task stack', 'irq stack', 'task_struct', 'per-CPU', 'slab']);

/** What a word of a stack looks like, by its value alone: never certain. */
export function valueLabels(
  program: Program,
  value: bigint,
  frames: readonly StackFrame[],
): WordLabel[] {
  if (value < KERNEL_HALF) return [];
  const info = describeAddress(program, value);
  const label = (kind: WordLabel['kind'], text: string): WordLabel[] => [
    { kind, text, certain: false, address: value },
  ];
  if (info.symbol !== undefined) {
    const code = isCode(program, value, info.kind);
    const stale = code && info.symbol.offset > 0;
    return label('symbol', stale ? `${info.label}: maybe a stale return address` : info.label);
  }
  const frame = frameHolding(frames, value);
  if (info.kind === 'task stack' && frame !== undefined) {
    return label('stack', `${info.label}, in frame #${frame.index}`);
  }
  if (info.kind === 'task_struct') return label('task', info.label);
  if (info.kind.endsWith('stack')) return label('stack', info.label);
  if (info.kind === 'slab') return label('slab', info.label);
  if (TELLING.has(info.kind)) return label('other', info.label);
  const page = program.translator.frameOfStructPage(virtAddr(value));
  return page === undefined ? [] : label('other', `struct page of pfn 0x${page.toString(16)}`);
}

function isCode(program: Program, value: bigint, kind: string): boolean {
  if (kind !== 'module') return kind === 'kernel text' || kind === 'kernel init';
  return program
    .modules()
    .some(({ regions }) =>
      regions.some(
        (region) =>
          value >= region.start &&
          value < region.end &&
          ['text', 'init-text', 'core'].includes(region.kind),
      ),
    );
}

function frameHolding(frames: readonly StackFrame[], value: bigint): StackFrame | undefined {
  return frames.find((frame, i) => {
    const next = frames[i + 1];
    return next !== undefined && frame.stack === next.stack && value > frame.sp && value <= next.sp;
  });
}
