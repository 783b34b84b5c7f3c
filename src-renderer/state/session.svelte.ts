import type {
  AddressInfo,
  AddressRegion,
  Block,
  CallOptions,
  CommandInfo,
  Completion,
  EngineService,
  MemorySpace,
  Resolution,
  RunResult,
  SessionInfo,
} from '../../src-shared/contract/index.ts';
import { errorInfoOf } from './errors.ts';
import { IdentityModel } from './identity.svelte.ts';
import { MemoryReader } from './memory-reader.svelte.ts';
import {
  ConsoleModel,
  LogModel,
  MemoryModel,
  ModulesModel,
  StackModel,
  TasksModel,
  TypesModel,
} from './views.svelte.ts';

const MOST_RESULTS = 300;

/** One open dump. Answers are kept: the dump does not change under us. */
export class DumpSession {
  readonly engine: EngineService;
  readonly info: SessionInfo;
  readonly tasks: TasksModel;
  readonly stack: StackModel;
  readonly log: LogModel;
  readonly memory: MemoryModel;
  readonly types: TypesModel;
  readonly modules: ModulesModel;
  readonly console: ConsoleModel;
  readonly identity: IdentityModel;
  readonly #results = new Map<string, Promise<RunResult>>();
  readonly #described = new Map<bigint, Promise<AddressInfo | undefined>>();
  readonly #regions = new Map<string, Promise<readonly AddressRegion[]>>();
  #asked: { address: bigint; answer: (info: AddressInfo | undefined) => void }[] = [];
  #reader: MemoryReader | undefined;
  #commands: Promise<readonly CommandInfo[]> | undefined;

  /** @param before the same dump with other debuginfo: what views remember stays, answers do not */
  constructor(engine: EngineService, info: SessionInfo, before?: DumpSession) {
    this.engine = engine;
    this.info = info;
    this.tasks = before?.tasks ?? new TasksModel();
    this.stack = before?.stack ?? new StackModel();
    this.log = before?.log ?? new LogModel();
    this.memory = before?.memory ?? new MemoryModel();
    this.types = before?.types ?? new TypesModel();
    this.modules = before?.modules ?? new ModulesModel();
    this.console = before?.console ?? new ConsoleModel();
    this.identity = before?.identity ?? new IdentityModel();
  }

  /** A command's answer; a failed call becomes an answer with an error, so views have one way. */
  run(line: string): Promise<RunResult> {
    let result = this.#results.get(line);
    if (!result) {
      result = this.#call(line);
      this.#results.set(line, result);
      for (const oldest of this.#results.keys()) {
        if (this.#results.size <= MOST_RESULTS) break;
        this.#results.delete(oldest);
      }
    }
    return result;
  }

  /** The same, not kept: of objects there may be many, and each may be large. */
  once(line: string): Promise<RunResult> {
    return this.#call(line);
  }

  /** A command as the console runs it: streamed, cancellable, not kept. */
  async stream(line: string, call: CallOptions<Block>): Promise<RunResult> {
    return this.engine.run({ session: this.info.session, line, streamed: true }, call);
  }

  async #call(line: string): Promise<RunResult> {
    try {
      return this.#withoutOverride(await this.engine.run({ session: this.info.session, line }));
    } catch (reason) {
      this.#results.delete(line);
      return { blocks: [], error: errorInfoOf(reason) };
    }
  }

  /** The banner over every view says it: once is enough for each of their parts. */
  #withoutOverride(result: RunResult): RunResult {
    const { override } = this.info.debuginfo;
    if (override === undefined) return result;
    const blocks = result.blocks.filter(
      (block) => block.type !== 'notice' || block.text !== override,
    );
    return { ...result, blocks };
  }

  /** What is at an address. Questions of one moment travel together. */
  describe(address: bigint): Promise<AddressInfo | undefined> {
    let known = this.#described.get(address);
    if (!known) {
      if (this.#described.size > 5000) this.#described.clear();
      known = new Promise((answer) => {
        if (this.#asked.length === 0) setTimeout(() => void this.#askAll(), 10);
        this.#asked.push({ address, answer });
      });
      this.#described.set(address, known);
    }
    return known;
  }

  async #askAll(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    try {
      const answers = await this.engine.describe({
        session: this.info.session,
        addresses: asked.map(({ address }) => address),
      });
      for (const [index, { answer }] of asked.entries()) answer(answers[index]);
    } catch {
      // A tooltip that cannot be had is no tooltip; the next question may succeed.
      for (const { address, answer } of asked) {
        this.#described.delete(address);
        answer(undefined);
      }
    }
  }

  async resolve(text: string): Promise<Resolution> {
    try {
      return await this.engine.resolve({ session: this.info.session, text });
    } catch (reason) {
      return { kind: 'none', why: errorInfoOf(reason).message };
    }
  }

  /** @param line of the console, with the prefix as its last word: only what can stand there */
  async complete(prefix: string, limit: number, line?: string): Promise<readonly Completion[]> {
    const { session } = this.info;
    try {
      return await this.engine.complete({
        session,
        prefix,
        limit,
        ...(line !== undefined && { line }),
      });
    } catch {
      return [];
    }
  }

  /** Regions worth scrolling through; none when the engine has no answer for the space. */
  regions(space: MemorySpace): Promise<readonly AddressRegion[]> {
    const key = space.kind === 'user' ? space.task.toString(16) : space.kind;
    let known = this.#regions.get(key);
    if (!known) {
      known = this.engine.regions({ session: this.info.session, space }).catch(() => []);
      this.#regions.set(key, known);
    }
    return known;
  }

  commands(): Promise<readonly CommandInfo[]> {
    this.#commands ??= this.engine.commands().catch(() => []);
    return this.#commands;
  }

  reader(space: MemorySpace): MemoryReader {
    const same =
      this.#reader?.space.kind === space.kind &&
      (space.kind !== 'user' ||
        (this.#reader.space.kind === 'user' && this.#reader.space.task === space.task));
    if (!this.#reader || !same)
      this.#reader = new MemoryReader(this.engine, this.info.session, space);
    return this.#reader;
  }
}
