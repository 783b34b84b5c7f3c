import type {
  Block,
  ErrorInfo,
  RunResult,
  SessionInfo,
} from '../../../src-shared/contract/index.ts';
import type { Disassembler } from '../arch/disassembler.ts';
import type { ByteSource } from '../base/byte-source.ts';
import { FaultError } from '../base/fault.ts';
import { CancelledError, UsageError } from '../commands/command.ts';
import { CommandSession, createContext } from '../commands/context.ts';
import { findCommand } from '../commands/registry.ts';
import type { Program } from '../program/program.ts';
import { refuseShell, splitCommandLine } from './command-line.ts';
import type { FoundDebuginfo } from './engine-deps.ts';

/** How long a command may hold the thread before waiting messages are let in, in milliseconds. */
const SLICE_MS = 40;

/** Time, turns and what is loaded late, from the host. */
export interface Clock {
  now(): number;
  pause(): Promise<void>;
  disassembler?(): Promise<Disassembler>;
}

/** One opened dump: its program, its files, and what its user has chosen. */
export class Session {
  readonly info: SessionInfo;
  readonly program: Program;
  readonly sources: readonly ByteSource[];
  readonly paths: readonly string[];
  readonly debuginfo: FoundDebuginfo | undefined;
  readonly #commands = new CommandSession();

  constructor(
    info: SessionInfo,
    program: Program,
    sources: readonly ByteSource[],
    paths: readonly string[],
    debuginfo: FoundDebuginfo | undefined,
  ) {
    this.info = info;
    this.program = program;
    this.sources = sources;
    this.paths = paths;
    this.debuginfo = debuginfo;
  }

  /**
   * Runs one command line. Blocks made before a failure are kept; the failure is part of the
   * answer. @throws only for bugs
   */
  async run(
    line: string,
    clock: Clock,
    onBlock: (block: Block) => void,
    signal: AbortSignal | undefined,
  ): Promise<RunResult> {
    const blocks: Block[] = [];
    try {
      const [name, ...args] = splitCommandLine(line);
      if (name === undefined) throw new UsageError('no command given');
      const command = findCommand(name);
      if (command === undefined) {
        throw new UsageError(`${name}: no such command; \`help\` lists them`);
      }
      refuseShell(name, args);
      const cancelled = () => signal?.aborted === true;
      const disassembler = command.uses?.includes('disassembler')
        ? await clock.disassembler?.()
        : undefined;
      const context = createContext(this.program, {
        session: this.#commands,
        cancelled,
        ...(disassembler && { disassembler }),
      });
      let sliceEnd = clock.now() + SLICE_MS;
      for (const block of command.run(context, args)) {
        blocks.push(block);
        onBlock(block);
        if (cancelled()) throw new CancelledError();
        if (clock.now() < sliceEnd) continue;
        await clock.pause();
        sliceEnd = clock.now() + SLICE_MS;
      }
      return { blocks };
    } catch (error) {
      const info = expectedErrorOf(error);
      if (info === undefined) throw error;
      return { blocks, error: info };
    }
  }
}

/** Undefined for a bug. */
function expectedErrorOf(error: unknown): ErrorInfo | undefined {
  if (error instanceof UsageError) return { kind: 'usage', message: error.message };
  if (error instanceof CancelledError) return { kind: 'cancelled', message: 'cancelled' };
  if (error instanceof FaultError) return { kind: 'fault', message: error.message };
  return undefined;
}
