import { UsageError } from './command.ts';

/** Options and operands of a command line, as getopt(3) reads them. */
export class Options {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];

  constructor(values: ReadonlyMap<string, readonly string[]>, operands: readonly string[]) {
    this.#values = values;
    this.operands = operands;
  }

  has(option: string): boolean {
    return this.#values.has(option);
  }

  /** How often it was given. */
  count(option: string): number {
    return this.#values.get(option)?.length ?? 0;
  }

  /** The last value given. */
  value(option: string): string | undefined {
    return this.#values.get(option)?.at(-1);
  }

  /** All values given, in order. */
  values(option: string): readonly string[] {
    return this.#values.get(option) ?? [];
  }

  /** The options of `choices` that were given. @throws UsageError when more than one was */
  atMostOne(choices: string): string | undefined {
    const given = [...choices].filter((option) => this.has(option));
    if (given.length > 1) {
      throw new UsageError(
        `${given.map((option) => `-${option}`).join(' and ')} exclude each other`,
      );
    }
    return given[0];
  }
}

/**
 * Reads options by getopt's grammar: letters, `:` after one that takes a value (`-n5` or `-n 5`),
 * several letters in one word, options anywhere between operands, `--` ends them. Words of `long`
 * (e.g. `64` of `-64`) are options as a whole.
 * @throws UsageError for an unknown option or a missing value
 */
export function parseOptions(
  args: readonly string[],
  spec: string,
  long: readonly string[] = [],
): Options {
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  const add = (option: string, value: string): void => {
    const known = values.get(option);
    if (known === undefined) values.set(option, [value]);
    else known.push(value);
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!/^-[A-Za-z0-9]/.test(word)) {
      operands.push(word);
      continue;
    }
    const whole = word.slice(1);
    if (long.includes(whole)) {
      add(whole, '');
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      const place = letter === ':' ? -1 : spec.indexOf(letter);
      if (place < 0) throw new UsageError(`unknown option: -${letter}`);
      if (spec[place + 1] !== ':') {
        add(letter, '');
        continue;
      }
      const rest = word.slice(at + 1);
      const value = rest === '' ? args[++i] : rest;
      if (value === undefined) throw new UsageError(`option -${letter} needs a value`);
      add(letter, value);
      break;
    }
  }
  return new Options(values, operands);
}
