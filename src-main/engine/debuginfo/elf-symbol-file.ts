import { decodeName, endOfName, encodeName } from './name-hash.ts';
import { ELF_SYMBOL_SIZE } from './elf-symbols.ts';

/** The source file of a local symbol: the linker keeps the symbols of each file together. */
export interface SymbolFile {
  /** Without its folder. */
  readonly name: string;
  /** Addresses of local functions of the same file. */
  readonly functions: readonly bigint[];
}

const STB_LOCAL = 0;
const STT_FUNC = 2;
const STT_FILE = 4;
/** One of them leads to the unit; a second in case the first is of none. */
const MAX_FUNCTIONS = 8;

/**
 * The file of the local symbol of that name at one of `addresses`; undefined where there is none.
 * @param addressOf of a symbol's value in a section (relocatable files count from its start)
 * @source ELF: STT_FILE precedes the STB_LOCAL symbols of its file
 */
export function findSymbolFile(
  symtab: Uint8Array,
  strtab: Uint8Array,
  name: string,
  addresses: readonly bigint[],
  addressOf: (value: bigint, section: number) => bigint,
): SymbolFile | undefined {
  const view = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const count = Math.floor(symtab.length / ELF_SYMBOL_SIZE);
  const wanted = encodeName(name);
  let file = 0;
  for (let i = 1; i < count; i++) {
    const at = i * ELF_SYMBOL_SIZE;
    const info = view.getUint8(at + 4);
    if (info >>> 4 !== STB_LOCAL) break;
    if ((info & 0xf) === STT_FILE) file = i;
    else if (file > 0 && isNamed(strtab, view.getUint32(at, true), wanted)) {
      const value = view.getBigUint64(at + 8, true);
      if (!addresses.includes(addressOf(value, view.getUint16(at + 6, true)))) continue;
      return symbolFileAt(view, strtab, file, count, addressOf);
    }
  }
  return undefined;
}

function symbolFileAt(
  view: DataView,
  strtab: Uint8Array,
  file: number,
  count: number,
  addressOf: (value: bigint, section: number) => bigint,
): SymbolFile {
  const start = view.getUint32(file * ELF_SYMBOL_SIZE, true);
  const functions: bigint[] = [];
  for (let i = file + 1; i < count && functions.length < MAX_FUNCTIONS; i++) {
    const at = i * ELF_SYMBOL_SIZE;
    const info = view.getUint8(at + 4);
    if (info >>> 4 !== STB_LOCAL || (info & 0xf) === STT_FILE) break;
    if ((info & 0xf) !== STT_FUNC) continue;
    functions.push(addressOf(view.getBigUint64(at + 8, true), view.getUint16(at + 6, true)));
  }
  return { name: decodeName(strtab, start, Math.max(start, endOfName(strtab, start))), functions };
}

function isNamed(strtab: Uint8Array, start: number, name: Uint8Array): boolean {
  if (strtab[start + name.length] !== 0) return false;
  for (let i = 0; i < name.length; i++) if (strtab[start + i] !== name[i]) return false;
  return true;
}
