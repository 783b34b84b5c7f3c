import type {
  CallOptions,
  GivenDebuginfo,
  OpenProgress,
  SessionInfo,
} from '../../src-shared/contract/index.ts';
import { namedOutcome, withGiven, withoutRefused } from '../model/debuginfo.ts';
import { foundInFolder } from '../model/folders.ts';
import { plural } from '../model/format.ts';
import { errorInfoOf } from './errors.ts';
import type { DumpSession } from './session.svelte.ts';

/** Whose dump it is, and who takes what it has become. */
interface Owner {
  readonly session: DumpSession | undefined;
  replaceSession(from: DumpSession, info: SessionInfo): boolean;
}

/** The debuginfo sheet: what it shows of a call under way, and what came of the last one. */
export class DebuginfoModel {
  open = $state(false);
  running = $state(false);
  /** What is under way is the reading of source text. */
  readingSources = $state(false);
  text = $state('');
  /** 0..1, where it can be said. */
  fraction = $state<number | undefined>();
  problem = $state<string | undefined>();
  /** What came of it, in a sentence. */
  outcome = $state('');
  /** Said above the field for a path, e.g. that a browser hides where a dropped file lies. */
  hint = $state('');
  readonly #owner: Owner;
  #abort: AbortController | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Without a dump, what is set for all of them. */
  show(hint = ''): void {
    this.hint = hint;
    this.open = true;
  }

  /** For another dump. */
  reset(): void {
    this.cancel();
    this.open = false;
    this.problem = undefined;
    this.outcome = '';
    this.hint = '';
  }

  cancel(): void {
    this.#abort?.abort();
  }

  /** One more file, folder or package beside what was named. */
  async use(paths: readonly string[], override = false): Promise<void> {
    const info = this.#owner.session?.info.debuginfo;
    if (!info || paths.length === 0) return;
    const more = paths.map((path) => (override ? { path, override } : { path }));
    const before = withoutRefused(info);
    await this.attach(withGiven(before, more), info.searched, before);
  }

  async drop(path: string): Promise<void> {
    const info = this.#owner.session?.info.debuginfo;
    if (!info) return;
    await this.attach(
      info.given.filter((given) => given.path !== path),
      info.searched,
    );
  }

  /** @param before of those given, what had been named; of the others it is told what came */
  async attach(given: readonly GivenDebuginfo[], search: boolean, before = given): Promise<void> {
    const { session } = this.#owner;
    if (!session) return;
    const known = new Set(before.map(({ path }) => path));
    const request = { session: session.info.session, given: [...given], search };
    await this.#run(
      'Looking for debuginfo',
      (call) => session.engine.attachDebuginfo(request, call),
      ({ debuginfo }) => {
        // By the host's names: it knows where `~` is.
        const named = debuginfo.given.map(({ path }) => path);
        const fresh = named.filter((path) => !known.has(path));
        return namedOutcome(debuginfo, fresh);
      },
    );
  }

  /** Searches again, for what a folder has that is remembered now. */
  async searchFolder(folder: string): Promise<void> {
    const { session } = this.#owner;
    if (!session) {
      this.outcome = `${folder} is searched for every dump that is opened`;
      return;
    }
    const { given } = session.info.debuginfo;
    const request = { session: session.info.session, given: [...given], search: true };
    await this.#run(
      `Searching ${folder}`,
      (call) => session.engine.attachDebuginfo(request, call),
      ({ debuginfo }) => foundInFolder(debuginfo, folder),
      'Cancelled; the folder is remembered, what is in use is as it was.',
    );
  }

  /** @param given all places of source text from now on, each `PATH` or `PREFIX=PATH` */
  async attachSources(given: readonly string[]): Promise<void> {
    const { session } = this.#owner;
    if (!session) return;
    const request = { session: session.info.session, given: [...given] };
    this.readingSources = !this.running && given.length > 0;
    await this.#run(
      'Opening the sources',
      (call) => session.engine.attachSources(request, call),
      ({ sources }) => {
        const bad = sources.filter(({ ok }) => !ok).length;
        return bad > 0
          ? `${plural(bad, 'place')} of sources cannot be used`
          : `Sources: ${plural(sources.length, 'place')} in use`;
      },
    );
  }

  /** A call that makes the session another one; what was before stays when it fails. */
  async #run(
    what: string,
    call: (options: CallOptions<OpenProgress>) => Promise<SessionInfo>,
    outcomeOf: (info: SessionInfo) => string,
    cancelled = 'Cancelled; everything is as it was.',
  ): Promise<void> {
    const { session } = this.#owner;
    if (!session || this.running) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.running = true;
    this.text = what;
    this.fraction = undefined;
    this.problem = undefined;
    this.outcome = '';
    try {
      const info = await call({
        signal: abort.signal,
        onProgress: ({ text, fraction }) => {
          this.text = text;
          this.fraction = fraction;
        },
      });
      if (this.#owner.replaceSession(session, info)) this.outcome = outcomeOf(info);
    } catch (reason) {
      const error = errorInfoOf(reason);
      if (error.kind === 'cancelled') this.outcome = cancelled;
      else this.problem = error.message;
    } finally {
      this.running = false;
      this.readingSources = false;
    }
  }
}
