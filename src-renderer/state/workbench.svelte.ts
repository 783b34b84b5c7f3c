import { createContext } from 'svelte';
import type {
  ErrorInfo,
  HostBridge,
  HostInfo,
  MenuItemId,
  OpenProgress,
  OpenRequest,
  RecentFile,
  SessionInfo,
} from '../../src-shared/contract/index.ts';
import { baseName } from '../model/format.ts';
import type { Location } from '../model/location.ts';
import { copyText } from './clipboard.ts';
import { FoldersModel } from './debuginfo-folders.svelte.ts';
import { DebuginfoModel } from './debuginfo.svelte.ts';
import { errorInfoOf } from './errors.ts';
import { forgetOpen, keepOpen, keepSession, keptOpen } from './kept-open.ts';
import { Navigator } from './navigator.svelte.ts';
import { DumpSession } from './session.svelte.ts';
import { Theme } from './theme.svelte.ts';

export interface OpenStep {
  readonly phase: OpenProgress['phase'];
  readonly text: string;
  readonly fraction: number | undefined;
  /** Milliseconds after the opening began. */
  readonly at: number;
}

export type Phase =
  | { readonly kind: 'start' }
  | { readonly kind: 'opening'; readonly paths: readonly string[]; readonly cancel: () => void }
  | { readonly kind: 'failed'; readonly paths: readonly string[]; readonly error: ErrorInfo }
  | { readonly kind: 'ready'; readonly session: DumpSession };

/** The window as a whole: the host it runs in, the dump that is open, where it looks. */
export class Workbench {
  readonly bridge: HostBridge;
  readonly navigator = new Navigator();
  readonly theme = new Theme();
  host = $state.raw<HostInfo | undefined>();
  recent = $state.raw<readonly RecentFile[]>([]);
  phase = $state.raw<Phase>({ kind: 'start' });
  /** What opening has said so far; stays for the screen that tells why it failed. */
  steps = $state.raw<readonly OpenStep[]>([]);
  gone = $state<string | undefined>();
  palette = $state<'closed' | 'palette' | 'go-to'>('closed');
  help = $state(false);
  readonly debuginfo = new DebuginfoModel(this);
  readonly folders = new FoldersModel(this);
  /** Short confirmation, e.g. what was copied; read out politely. */
  said = $state('');
  /** The view's own filter or search field, for `/` and Ctrl+F. */
  focusFilter: (() => void) | undefined;
  #sayTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(bridge: HostBridge) {
    this.bridge = bridge;
  }

  /** Connects to the host. @returns a function that ends it */
  start(): () => void {
    const ends = [
      this.navigator.start(),
      this.bridge.onOpenRequest((paths) => void this.open(paths)),
      this.bridge.onMenu((item) => {
        this.menu(item);
      }),
      this.bridge.onGone((why) => {
        this.gone = why;
      }),
    ];
    void this.#greet();
    return () => {
      for (const end of ends) end();
    };
  }

  async #greet(): Promise<void> {
    try {
      this.host = await this.bridge.info();
      await this.refreshRecent();
      if (this.phase.kind !== 'start') return;
      const kept = keptOpen();
      const first = this.host.initial[0];
      if (kept) await this.#open(kept, true);
      else if (first?.length) await this.open(first);
    } catch (reason) {
      this.gone ??= errorInfoOf(reason).message;
    }
  }

  async refreshRecent(): Promise<void> {
    this.recent = await this.bridge.recentFiles().catch(() => []);
  }

  async forget(paths?: readonly string[]): Promise<void> {
    await this.bridge.forgetRecent(paths).catch(() => undefined);
    await this.refreshRecent();
  }

  async pick(): Promise<void> {
    const paths = (await this.bridge.pickFiles?.()) ?? [];
    if (paths.length) await this.open(paths);
  }

  async open(paths: readonly string[]): Promise<void> {
    await this.#open({ paths });
  }

  /** @param again the window was reloaded: it looks where it did, and its history is still there */
  async #open(request: OpenRequest, again = false): Promise<void> {
    const { paths } = request;
    if (this.phase.kind === 'opening') this.phase.cancel();
    await this.close();
    const abort = new AbortController();
    const opening: Phase = {
      kind: 'opening',
      paths,
      cancel: () => {
        abort.abort();
        if (this.phase !== opening) return;
        forgetOpen();
        this.phase = { kind: 'start' };
      },
    };
    this.phase = opening;
    keepOpen(request);
    this.steps = [];
    const began = performance.now();
    try {
      const info = await this.bridge.engine.open(request, {
        signal: abort.signal,
        onProgress: ({ phase, text, fraction }) => {
          if (this.phase !== opening) return;
          const step = { phase, text, fraction, at: performance.now() - began };
          const before = this.steps.filter((known) => known.phase !== phase);
          this.steps = [...before, step];
        },
      });
      if (this.phase !== opening) {
        await this.bridge.engine.close({ session: info.session }).catch(() => undefined);
        return;
      }
      const session = new DumpSession(this.bridge.engine, info);
      this.phase = { kind: 'ready', session };
      keepSession(info);
      if (!again) this.navigator.reset();
      this.bridge.setTitle(`${baseName(paths[0] ?? '')} – Oopscope`);
      await this.refreshRecent();
    } catch (reason) {
      if (this.phase !== opening) return;
      forgetOpen();
      const error = errorInfoOf(reason);
      this.phase =
        error.kind === 'cancelled' ? { kind: 'start' } : { kind: 'failed', paths, error };
    }
  }

  /**
   * The dump that is open has other debuginfo now: views ask anew, and stay where they are.
   * @returns false when another dump was opened in the meantime
   */
  replaceSession(from: DumpSession, info: SessionInfo): boolean {
    if (this.session !== from) return false;
    this.phase = {
      kind: 'ready',
      session: new DumpSession(this.bridge.engine, info, from),
    };
    keepSession(info);
    return true;
  }

  async close(): Promise<void> {
    const { phase } = this;
    this.debuginfo.reset();
    forgetOpen();
    this.phase = { kind: 'start' };
    this.bridge.setTitle('Oopscope');
    if (phase.kind === 'ready')
      await this.bridge.engine
        .close({ session: phase.session.info.session })
        .catch(() => undefined);
  }

  get session(): DumpSession | undefined {
    return this.phase.kind === 'ready' ? this.phase.session : undefined;
  }

  go(location: Location): void {
    this.navigator.go(location);
  }

  /** Runs a command where the user can see it. */
  inConsole(line: string): void {
    const session = this.session;
    if (!session) return;
    session.console.open = true;
    session.console.submit(line, session);
  }

  say(text: string): void {
    clearTimeout(this.#sayTimer);
    this.said = text;
    this.#sayTimer = setTimeout(() => {
      this.said = '';
    }, 2500);
  }

  async copy(text: string, what: string): Promise<void> {
    this.say((await copyText(text)) ? `Copied ${what}` : 'The clipboard is not available here');
  }

  /** Copies what the engine answered: that its debuginfo is of another build goes with it. */
  async copyAnswer(text: string, what: string): Promise<void> {
    const override = this.session?.info.debuginfo.override;
    const said = override === undefined || text.includes(override);
    await this.copy(said ? text : `warning: ${override}\n${text}`, what);
  }

  menu(item: MenuItemId): void {
    switch (item) {
      case 'open':
        if (this.bridge.pickFiles && this.host?.canOpenDialog) void this.pick();
        else void this.close();
        break;
      case 'debuginfo':
        this.debuginfo.show();
        break;
      case 'close':
        void this.close();
        break;
      case 'palette':
        if (this.session) this.palette = 'palette';
        break;
      case 'go-to':
        if (this.session) this.palette = 'go-to';
        break;
      case 'back':
        this.navigator.back();
        break;
      case 'forward':
        this.navigator.forward();
        break;
      case 'find':
        this.focusFilter?.();
        break;
      case 'about':
        this.help = true;
        break;
      case 'theme':
        this.theme.toggle();
        break;
    }
  }
}

export const [getWorkbench, setWorkbench] = createContext<Workbench>();
export const [getSession, setSession] = createContext<DumpSession>();
