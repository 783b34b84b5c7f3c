import type { Block, SourceExcerpt } from '../../../src-shared/contract/index.ts';
import { hex, virtAddr, type VirtAddr } from '../base/address.ts';
import type { Program } from '../program/program.ts';
import {
  checkedSource,
  MAX_SOURCE_LINES,
  sourceLines,
  type CheckedSource,
  type CompiledFrom,
} from '../program/source-text.ts';
import { UsageError } from './command.ts';
import { warning, type CommandContext } from './context.ts';
import { sourceAdvice } from './source-advice.ts';

/** A line of a source file, as the debug information names it. */
export interface SourcePoint {
  readonly file: string;
  readonly line: number;
  readonly address?: VirtAddr | undefined;
}

/** The line that an instruction was compiled from. @throws UsageError when nobody tells it */
export function linePointOf(program: Program, address: VirtAddr, where: string): SourcePoint {
  const { debugInfo } = program;
  if (debugInfo === undefined) throw new UsageError(NO_LINES);
  const found = debugInfo.findLocation(address, false)?.line;
  if (found === undefined || found.line === 0) {
    const name = where.startsWith('0x') ? where : `${where} (${hex(address)})`;
    throw new UsageError(`${name}: the debug information tells no source line of it`);
  }
  return { file: found.file, line: found.line, address };
}

export const NO_LINES = 'source lines need debug information of this kernel; none is loaded';

/** Lines shown before the one asked for, as crash does. */
const BEFORE = 5;

/**
 * Source text around a line: a few lines before it, then to the end of the function, which is the
 * next `}` in column 0; with a count that many lines after it.
 * @param what as the user named it, for the message
 */
export function* listSource(
  context: CommandContext,
  what: string,
  point: SourcePoint,
  count: number | undefined,
): Generator<Block> {
  const { program, sources } = context;
  const { file, line } = point;
  const { address } = point;
  const compiled = address === undefined ? {} : { address, line };
  const read = sources && checkedSource(program, sources, file, compiled);
  if (read === undefined || 'absent' in read) {
    yield { type: 'text', lines: [`FILE: ${file}`, `LINE: ${line}`, ''] };
    const why = read === undefined ? sourceAdvice(program) : `${read.why}.`;
    yield warning(`${what}: source code is not available: ${why}`);
    return;
  }
  yield* checkNotices([read]);
  if (line > read.count && address === undefined) {
    throw new UsageError(`${read.path} has ${read.count} lines`);
  }
  const first = Math.max(1, line - BEFORE);
  const last = count === undefined ? endOfFunction(read.lines, line) : line + count;
  const shown = Math.min(MAX_SOURCE_LINES, last - first + 1);
  yield { type: 'source', source: sourceLines(read, first, shown), current: { file, line } };
}

/** Number of the line that closes the function a line is in; that of the last line without one. */
function endOfFunction(lines: readonly string[], line: number): number {
  for (let at = line; at <= lines.length; at++) {
    if (lines[at - 1]!.startsWith('}')) return at;
  }
  return lines.length;
}

/** What says that a text is not what was compiled. */
export function* checkNotices(sources: readonly CheckedSource[]): Generator<Block> {
  for (const { file, path, check, how } of sources) {
    if (check !== 'different') continue;
    yield warning(
      `${path} is another text than the ${file} that was compiled, its lines may be others: ${how ?? ''}.`,
    );
  }
}

/** Files and lines of one listing: an inlined function's header is one more file. */
const MAX_FILES = 200;
const MAX_LINES = 20_000;
/** Lines kept on each side of one that code came from. */
const AROUND = 2;

interface Excerpts {
  readonly excerpts: readonly SourceExcerpt[];
  /** Whole files, for what is to be said of them. */
  readonly files: readonly CheckedSource[];
  /** Each file that could not be read, a sentence. */
  readonly missing: readonly string[];
}

/** The lines that instructions came from, with a few around them, file by file. */
export function excerptsOf(
  context: CommandContext,
  code: readonly {
    readonly address: bigint;
    readonly source?: { readonly file: string; readonly line: number };
  }[],
): Excerpts {
  const { program, sources } = context;
  if (sources === undefined) return { excerpts: [], files: [], missing: [sourceAdvice(program)] };
  const wanted = new Map<string, { readonly lines: Set<number>; readonly from: CompiledFrom }>();
  for (const { address, source } of code) {
    if (source === undefined || source.line === 0) continue;
    const known = wanted.get(source.file);
    if (known === undefined) {
      if (wanted.size >= MAX_FILES) continue;
      const lines = new Set([source.line]);
      wanted.set(source.file, { lines, from: { address: virtAddr(address) } });
    } else known.lines.add(source.line);
  }
  const excerpts: SourceExcerpt[] = [];
  const files: CheckedSource[] = [];
  const missing: string[] = [];
  let left = MAX_LINES;
  for (const [file, { lines, from }] of wanted) {
    const numbers = [...lines].sort((a, b) => a - b);
    const read = checkedSource(program, sources, file, { ...from, line: numbers.at(-1) });
    if ('absent' in read) {
      missing.push(`${read.why}.`);
      continue;
    }
    files.push(read);
    for (const [first, last] of spansOf(numbers)) {
      const excerpt = sourceLines(read, first, Math.min(left, last - first + 1));
      left -= excerpt.lines.length;
      if (excerpt.lines.length > 0) excerpts.push(excerpt);
    }
  }
  return { excerpts, files, missing };
}

/** Lines that stand apart, ascending: first and last of each. */
function spansOf(numbers: readonly number[]): [number, number][] {
  const spans: [number, number][] = [];
  for (const number of numbers) {
    const [first, last] = [Math.max(1, number - AROUND), number + AROUND];
    const before = spans.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = last;
    else spans.push([first, last]);
  }
  return spans;
}
