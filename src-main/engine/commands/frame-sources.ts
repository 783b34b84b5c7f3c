import type { InlinedFrame, SourceLine, StackFrame } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import type { CodeLocation } from '../debuginfo/dwarf/debug-info.ts';
import type { Program } from '../program/program.ts';

type Source = CodeLocation['sources'][number];

/** Frames with what the debug information adds: inlined functions and source lines. */
export function withSources(program: Program, frames: readonly StackFrame[]): StackFrame[] {
  const { debugInfo } = program;
  if (debugInfo === undefined) return [...frames];
  return frames.map((frame) => {
    const location = debugInfo.findLocation(virtAddr(frame.pc), !frame.interrupted);
    return location === undefined ? frame : { ...frame, ...sourcesOf(location) };
  });
}

type Sources = Pick<StackFrame, 'inlined' | 'source'>;
/** Made once a place, not once a task that stands there. */
const made = new WeakMap<CodeLocation, Sources>();

function sourcesOf(location: CodeLocation): Sources {
  let sources = made.get(location);
  if (sources === undefined) {
    sources = makeSources(location);
    made.set(location, sources);
  }
  return sources;
}

function makeSources(location: CodeLocation): Sources {
  const { scopes, sources, line } = location;
  const inlined: InlinedFrame[] = [];
  let real: Source = scopes.length === 0 ? line : undefined;
  scopes.forEach((scope, i) => {
    const source = sources[i];
    if (!scope.inlined) real = source;
    else inlined.push({ function: scope.name ?? '(unnamed)', ...sourceOf(source) });
  });
  return { ...(inlined.length > 0 && { inlined }), ...sourceOf(real) };
}

function sourceOf(source: Source): { readonly source?: SourceLine } {
  if (source?.file === undefined || source.line === undefined) return {};
  const { file, line, column } = source;
  return { source: { file, line, ...(column !== undefined && column > 0 && { column }) } };
}
