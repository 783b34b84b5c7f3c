import type { SymbolsBlock } from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { hexDigits } from './units.ts';

/** `ffffffff958114f5 (T) schedule+5 file: line`; a module's symbol with `[module]`. */
export function symbolLines({ symbols }: SymbolsBlock): string[] {
  return symbols.map(({ address, letter, name, offset, module, source }) => {
    const plus = offset === undefined || offset === 0 ? '' : `+${offset}`;
    // crash has a blank behind the module.
    const where = module === undefined ? '' : ` [${printable(module)}] `;
    const line = source === undefined ? '' : ` ${printable(source.file)}: ${source.line}`;
    return `${hexDigits(address)} (${printable(letter)}) ${printable(name)}${plus}${where}${line}`;
  });
}
