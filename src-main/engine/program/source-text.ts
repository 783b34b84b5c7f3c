import type { Absent, SourceRequest, SourceText } from '../../../src-shared/contract/index.ts';
import { virtAddr, type VirtAddr } from '../base/address.ts';
import type { Program } from './program.ts';
import type { SourceFile, SourceTree } from './source-tree.ts';

/** Most lines of one answer. */
export const MAX_SOURCE_LINES = 2000;

/** A source file cut into lines, and whether it is the text that was compiled. */
export interface CheckedSource extends Omit<SourceText, 'first' | 'lines'> {
  readonly lines: readonly string[];
}

/** What is known of the compiled text. */
export interface CompiledFrom {
  /** Code that was compiled from it. */
  readonly address?: VirtAddr | undefined;
  /** The largest line that code was compiled from. */
  readonly line?: number | undefined;
}

/** A whole source file by the debug information's name for it. */
export function checkedSource(
  { debugInfo }: Program,
  tree: SourceTree,
  file: string,
  { address, line = 0 }: CompiledFrom,
): CheckedSource | Absent {
  const found = tree.read(file);
  if ('absent' in found) return found;
  const lines = linesOf(found);
  const digest = address === undefined ? undefined : debugInfo?.findDigest(address, file);
  const short =
    line > lines.length
      ? `: code was compiled from line ${line}, and it has ${lines.length} lines`
      : '';
  return {
    file,
    path: found.path,
    lines,
    count: lines.length,
    check: short === '' ? checkOf(found, digest) : 'different',
    how: `${found.how}${short}`,
  };
}

/** Some lines of it, numbered from 1; none beyond its end. */
export function sourceLines(
  { lines, ...source }: CheckedSource,
  first: number,
  count: number,
): SourceText {
  return { ...source, first, lines: lines.slice(first - 1, first - 1 + count) };
}

/** Answers the contract's `readSource`. */
export function readSource(
  program: Program,
  tree: SourceTree | undefined,
  request: SourceRequest,
): SourceText | Absent {
  const { file, first = 1, count = MAX_SOURCE_LINES } = request;
  if (tree === undefined) return { absent: 'unknown', why: 'no source text was given' };
  const address = request.address === undefined ? undefined : virtAddr(request.address);
  const row = address === undefined ? undefined : program.debugInfo?.findLocation(address, false);
  const line = row?.line?.file === file ? row.line.line : undefined;
  const source = checkedSource(program, tree, file, { address, line });
  if ('absent' in source) return source;
  return sourceLines(source, Math.max(1, first), Math.min(count, MAX_SOURCE_LINES));
}

function linesOf({ text }: SourceFile): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function checkOf(file: SourceFile, digest: string | undefined): SourceText['check'] {
  const own = digest === undefined ? undefined : file.md5();
  if (digest === undefined || own === undefined) return 'unverified';
  return own === digest ? 'verified' : 'different';
}
