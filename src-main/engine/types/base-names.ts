/**
 * Spellings of C's base types. GCC writes `long unsigned int` into debug information, clang
 * `unsigned long`, people either, and gdb 11+ (so crash 9) prints the short one.
 */

const INT_WORDS = new Set([
  'char',
  'short',
  'int',
  'long',
  'signed',
  'unsigned',
  '__int128',
  '__signed__',
  '__signed',
  '_Bool',
  'float',
  'double',
  'void',
]);

/** True for a word that can be part of a base type's name. */
export function isBaseWord(word: string): boolean {
  return INT_WORDS.has(word);
}

/**
 * The short spelling (`unsigned long`, `short`, `signed char`), as gdb prints it.
 * Undefined when the words are no C base type, e.g. `long char`.
 */
export function shortBaseName(words: readonly string[]): string | undefined {
  const count = (word: string): number => words.filter((w) => w === word).length;
  if (!words.every(isBaseWord) || words.length === 0) return undefined;
  const unsigned = count('unsigned');
  const signed = count('signed') + count('__signed') + count('__signed__');
  const long = count('long');
  const short = count('short');
  const int = count('int');
  const others = words.filter((w) => ['_Bool', 'float', 'void'].includes(w)).length;
  if (others > 0) return words.length === 1 ? words[0]! : undefined;
  if (unsigned + signed > 1 || int > 1 || short > 1 || long > 2) return undefined;
  const prefix = unsigned > 0 ? 'unsigned ' : '';
  if (count('double') > 0) {
    if (unsigned + signed + int + short > 0 || long > 1) return undefined;
    return long > 0 ? 'long double' : 'double';
  }
  if (count('char') > 0) {
    if (count('char') + short + long + int > 1) return undefined;
    return signed > 0 ? 'signed char' : `${prefix}char`;
  }
  if (count('__int128') > 0) return short + long + int > 0 ? undefined : `${prefix}__int128`;
  if (short > 0) return long > 0 ? undefined : `${prefix}short`;
  if (long > 0) return `${prefix}${long > 1 ? 'long long' : 'long'}`;
  return `${prefix}int`;
}

/** A base type's name for people: the short spelling, or the name as it is. */
export function displayBaseName(name: string): string {
  return shortBaseName(name.split(' ')) ?? name;
}

/** Spellings to ask type finders for, GCC's first. */
export function baseNameSpellings(short: string): readonly string[] {
  const match = /^(unsigned )?(short|int|long long|long|__int128)$/.exec(short);
  if (match === null) return [short];
  const [, unsigned = '', size = ''] = match;
  if (size === 'int') return [short];
  if (size === '__int128') return unsigned === '' ? [short] : ['__int128 unsigned', short];
  return [`${size} ${unsigned}int`, short, `${unsigned}${size} int`];
}
