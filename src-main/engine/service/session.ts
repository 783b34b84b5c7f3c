import type {
  Absent,
  Block,
  ErrorInfo,
  RunResult,
  SessionInfo,
  SourceRequest,
  SourceText,
} from '../../../src-shared/contract/index.ts';
import type { Disassembler } from '../arch/disassembler.ts';
import type { ByteSource } from '../base/byte-source.ts';
import { FaultError } from '../base/fault.ts';
import { CancelledError, UsageError } from '../commands/command.ts';
import { CommandSession, createContext } from '../commands/context.ts';
import { findCommand } from '../commands/registry.ts';
import { findShorthand } from '../commands/shorthand.ts';
import type { Gunzip } from '../kernel/ikconfig.ts';
import { findTasks } from '../kernel/tasks.ts';
import type { Program } from '../program/program.ts';
import { readSource } from '../program/source-text.ts';
import type { SourceTree } from '../program/source-tree.ts';
import type { AttachedDebuginfo } from './attach-debuginfo.ts';
import { withNames, type Names } from './names.ts';
import { HeldTree } from './held-tree.ts';
import { refuseShell, splitCommandLine } from './command-line.ts';

/** How long a command may hold the thread before waiting messages are let in, in milliseconds. */
const SLICE_MS = 40;

/** Time, turns and what is loaded late, from the host. */
export interface Clock {
  now(): number;
  pause(): Promise<void>;
  disassembler?(): Promise<Disassembler>;
  readonly gunzip?: Gunzip;
}

export interface Attached {
  readonly info: Omit<SessionInfo, 'sources'>;
  readonly program: Program;
  readonly debuginfo: AttachedDebuginfo;
}

/** What answers come from; made anew when debuginfo is attached or let go. */
interface SessionState extends Attached {
  readonly commands: CommandSession;
  /** Commands under way: the files stay open for them. */
  runs: number;
}

/** One opened dump: its program, its files, and what its user has chosen. */
export class Session {
  readonly sources: readonly ByteSource[];
  readonly paths: readonly string[];
  #state: SessionState;
  #tree: HeldTree | undefined;
  /** The attaching under way; the next one waits for it. */
  #attaching: Promise<unknown> = Promise.resolve();

  constructor(
    attached: Attached,
    sources: readonly ByteSource[],
    paths: readonly string[],
    tree: SourceTree | undefined,
  ) {
    this.#state = { ...attached, commands: new CommandSession(), runs: 0 };
    this.#tree = tree && new HeldTree(tree);
    this.sources = sources;
    this.paths = paths;
  }

  get info(): SessionInfo {
    const { places = [], problems = [] } = this.#tree?.tree ?? {};
    const { info } = this.#state;
    return { ...info, warnings: [...info.warnings, ...problems], sources: places };
  }

  get program(): Program {
    return this.#state.program;
  }

  /** One after the other: `make` gives what the session answers from afterwards. */
  attach(make: () => Promise<Attached>): Promise<SessionInfo> {
    const attached = this.#attaching.then(async () => {
      const made = await make();
      const old = this.#state;
      const commands = new CommandSession();
      // Values that `p` kept are of the old types; the task that was chosen is still that task.
      const chosen = old.commands.chosenTask;
      if (chosen !== undefined) {
        const { tasks } = await withNames(made.debuginfo.names, () => findTasks(made.program));
        const same = tasks.find(({ address }) => address === chosen.address);
        if (same !== undefined) commands.select(same);
      }
      this.#state = { ...made, commands, runs: 0 };
      if (old.runs === 0) old.debuginfo.close();
      return this.info;
    });
    this.#attaching = attached.catch(() => undefined);
    return attached;
  }

  /** Source text is read from there from now on; commands under way keep what they have. */
  attachSources(make: () => Promise<SourceTree | undefined>): Promise<SessionInfo> {
    const attached = this.#attaching.then(async () => {
      const tree = await make();
      this.#tree?.drop();
      this.#tree = tree && new HeldTree(tree);
      return this.info;
    });
    this.#attaching = attached.catch(() => undefined);
    return attached;
  }

  readSource(request: SourceRequest): SourceText | Absent {
    return readSource(this.program, this.#tree?.tree, request);
  }

  /** An answer that may need the kernel's index of names, which then is waited for. */
  ask<T>(answer: (program: Program) => T): Promise<T> {
    const { program, debuginfo } = this.#state;
    return withNames(debuginfo.names, () => answer(program));
  }

  close(): void {
    this.#state.debuginfo.close();
    this.#tree?.drop();
  }

  /**
   * Runs one command line. Blocks made before a failure are kept; the failure is part of the
   * answer. @throws only for bugs
   * @param onBlock takes the blocks; without it they are in the result
   */
  async run(
    line: string,
    clock: Clock,
    onBlock: ((block: Block) => void) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RunResult> {
    const blocks: Block[] = [];
    let told = 0;
    const tell = (block: Block): void => {
      told++;
      if (onBlock === undefined) blocks.push(block);
      else onBlock(block);
    };
    const state = this.#state;
    state.runs++;
    const tree = this.#tree;
    const release = tree?.hold();
    try {
      const { override } = state.info.debuginfo;
      if (override !== undefined) {
        tell({ type: 'notice', severity: 'warning', text: override });
      }
      const [name, ...args] = splitCommandLine(line);
      if (name === undefined) throw new UsageError('no command given');
      const names = untilAborted(state.debuginfo.names, signal);
      const meant =
        findCommand(name) === undefined
          ? await withNames(names, () => findShorthand(state.program, [name, ...args]))
          : { command: name, args };
      const command = meant && findCommand(meant.command);
      if (meant === undefined || command === undefined) {
        throw new UsageError(`${name}: no such command; \`help\` lists them`);
      }
      refuseShell(command.name, meant.args);
      const cancelled = () => signal?.aborted === true;
      const disassembler = command.uses?.includes('disassembler')
        ? await clock.disassembler?.()
        : undefined;
      const before = told;
      await withNames(names, async () => {
        const context = createContext(state.program, {
          session: state.commands,
          cancelled,
          ...(disassembler && { disassembler }),
          ...(clock.gunzip && { gunzip: clock.gunzip }),
          ...(tree && { sources: tree.tree }),
        });
        let sliceEnd = clock.now() + SLICE_MS;
        let made = before;
        for (const block of command.run(context, meant.args)) {
          // A command that had to wait for names begins again: what it said before is not said twice.
          if (++made <= told) continue;
          tell(block);
          if (cancelled()) throw new CancelledError();
          if (clock.now() < sliceEnd) continue;
          await clock.pause();
          sliceEnd = clock.now() + SLICE_MS;
        }
      });
      return { blocks };
    } catch (error) {
      const info = expectedErrorOf(error);
      if (info === undefined) throw error;
      return { blocks, error: info };
    } finally {
      state.runs--;
      release?.();
      if (state.runs === 0 && state !== this.#state) state.debuginfo.close();
    }
  }
}

/** Waiting ends when the command is cancelled; the index is made all the same, for the next one. */
function untilAborted(
  names: Names | undefined,
  signal: AbortSignal | undefined,
): Names | undefined {
  if (names === undefined || signal === undefined) return names;
  return {
    ready: () =>
      new Promise((resolve, reject) => {
        const abort = (): void => reject(new CancelledError());
        if (signal.aborted) abort();
        signal.addEventListener('abort', abort, { once: true });
        void names.ready().then(() => {
          signal.removeEventListener('abort', abort);
          resolve();
        });
      }),
  };
}

/** Undefined for a bug. */
function expectedErrorOf(error: unknown): ErrorInfo | undefined {
  if (error instanceof UsageError) return { kind: 'usage', message: error.message };
  if (error instanceof CancelledError) return { kind: 'cancelled', message: 'cancelled' };
  if (error instanceof FaultError) return { kind: 'fault', message: error.message };
  return undefined;
}
