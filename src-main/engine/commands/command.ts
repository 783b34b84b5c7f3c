import type { Block } from '../../../src-shared/contract/index.ts';
import type { CapabilityName } from '../program/program.ts';
import type { CommandContext } from './context.ts';

/**
 * One command of the command line: crash's name, arguments and meaning. Answers typed blocks; text is
 * made elsewhere. One file a command; commands do not know each other.
 */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line without full stop. */
  readonly summary: string;
  /** Argument grammar, without the name. */
  readonly usage: string;
  /** Paragraphs of help; lines as they are shown. */
  readonly help: readonly string[];
  /** Without these the command cannot answer. */
  readonly needs: readonly CapabilityName[];
  /** What has to be loaded first, because it is too large to be loaded always. */
  readonly uses?: readonly 'disassembler'[];
  /**
   * @throws UsageError when the arguments are wrong; FaultError when memory, types or symbols that it
   * cannot do without are missing; CancelledError
   */
  run(context: CommandContext, args: readonly string[]): Generator<Block>;
}

/** The command line is wrong; the message says how, without the command's name. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The user cancelled. */
export class CancelledError extends Error {
  constructor() {
    super('cancelled');
    this.name = 'CancelledError';
  }
}
