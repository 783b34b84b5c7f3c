import { CliUsageError } from './exit-codes.ts';

export type OutputFormat = 'text' | 'json' | 'csv' | 'markdown';

const FORMATS: readonly OutputFormat[] = ['text', 'json', 'csv', 'markdown'];

/** The arguments, one after the other. */
export class ArgumentReader {
  readonly #args: readonly string[];
  #at = 0;
  constructor(args: readonly string[]) {
    this.#args = args;
  }
  next(): string | undefined {
    return this.#args[this.#at++];
  }
  /** What is left, which ends the reading. */
  rest(): string[] {
    const rest = this.#args.slice(this.#at);
    this.#at = this.#args.length;
    return rest;
  }
  valueOf(option: string): string {
    const value = this.next();
    if (value === undefined) throw new CliUsageError(`${option} needs a value`);
    return value;
  }
}

/** @throws CliUsageError */
export function formatOf(text: string): OutputFormat {
  const format = FORMATS.find((each) => each === text);
  if (format === undefined) throw new CliUsageError(`--format is one of ${FORMATS.join(', ')}`);
  return format;
}
