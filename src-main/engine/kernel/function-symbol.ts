import type { Program } from '../program/program.ts';
import type { FoundSymbol } from '../program/symbols.ts';

/** @source include/asm-generic/sections.h */
const TEXT = [
  ['_stext', '_etext'],
  ['_sinittext', '_einittext'],
] as const;

/**
 * Whether a symbol lies in code. `nm`'s letter alone does not tell: since .data is linked into a
 * segment that is executable (7.2), variables have the letter of code, too.
 */
export function isFunctionSymbol(program: Program, symbol: FoundSymbol): boolean {
  if (!/^[tTwWi]$/.test(symbol.letter)) return false;
  if (symbol.module !== undefined) return true;
  let known = false;
  for (const [startName, endName] of TEXT) {
    const start = program.symbols.findInKernel(startName)?.address;
    const end = program.symbols.findInKernel(endName)?.address;
    if (start === undefined || end === undefined) continue;
    if (symbol.address >= start && symbol.address < end) return true;
    known = true;
  }
  // Without the marks the letter is all there is.
  return !known;
}
