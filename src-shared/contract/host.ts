import type {
  DebuginfoFolderList,
  DebuginfoFolderRequest,
  DebuginfoFoldersRequest,
} from './folders.ts';
import type { CallOptions, EngineService } from './service.ts';

/**
 * What the window knows of the host it runs in. Electron's preload and the loopback page both give
 * the window one {@link HostBridge}; the window never asks which of them it is, only what it can do.
 */
export interface HostBridge {
  readonly engine: EngineService;
  info(): Promise<HostInfo>;
  /**
   * The host's open dialog. Resolves to no paths when the user cancels; several paths make a split
   * set. Left out where `HostInfo.canOpenDialog` is false: the window then offers a path field.
   */
  pickFiles?(what?: PickFor): Promise<readonly string[]>;
  /**
   * The path of a file dropped on the window (a DOM `File`), where the host may know it; undefined
   * when it has none. Left out in a browser, which hides paths.
   */
  pathOfDroppedFile?(file: unknown): string | undefined;
  /** Newest first, at most 20. */
  recentFiles(): Promise<readonly RecentFile[]>;
  /** Forgets one entry, or all when `paths` is undefined. */
  forgetRecent(paths?: readonly string[]): Promise<void>;
  /** Where debuginfo is looked for, with the folders that the user had remembered. */
  debuginfoFolders(request: DebuginfoFoldersRequest): Promise<DebuginfoFolderList>;
  /** Remembers one more. In Electron only what the dialog gave or was dropped. */
  addDebuginfoFolder(request: DebuginfoFolderRequest): Promise<DebuginfoFolderList>;
  removeDebuginfoFolder(request: DebuginfoFolderRequest): Promise<DebuginfoFolderList>;
  /**
   * Called when the host wants a dump opened after start: menu, file association, second instance.
   * @returns a function that ends the subscription
   */
  onOpenRequest(handler: (paths: readonly string[]) => void): () => void;
  /** Called for menu items the window carries out, e.g. `palette`, `back`, `forward`, `find`. */
  onMenu(handler: (item: MenuItemId) => void): () => void;
  /**
   * Called once when the host is gone (server ended, engine process died): nothing answers any
   * more. Calls under way are rejected by themselves.
   */
  onGone(handler: (why: string) => void): () => void;
  /** The title of the window (native title bar, browser tab). */
  setTitle(title: string): void;
}

export interface HostInfo {
  readonly host: 'electron' | 'loopback';
  /** Version of Oopscope. */
  readonly version: string;
  /**
   * Dumps to open at start, given on the command line: each entry is one dump, its paths a split
   * set. Most often none or one.
   */
  readonly initial: readonly (readonly string[])[];
  readonly canOpenDialog: boolean;
  /** Where paths are resolved, e.g. `this computer` or the server's host name. */
  readonly machineName: string;
  /** `linux`, `darwin`, `win32`: for the names of keys. */
  readonly platform: string;
}

export interface RecentFile {
  readonly paths: readonly string[];
  /** Kernel release of the dump, when it opened. */
  readonly release?: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
}

export type MenuItemId =
  | 'open'
  | 'debuginfo'
  | 'close'
  | 'palette'
  | 'go-to'
  | 'back'
  | 'forward'
  | 'find'
  | 'about'
  | 'theme';

/**
 * The part of a host that travels over a transport beside the engine, with the same messages and
 * the same rules: `HostBridge` is made from these calls.
 */
export interface HostService {
  info(): Promise<HostInfo>;
  recentFiles(): Promise<readonly RecentFile[]>;
  forgetRecent(request: { readonly paths?: readonly string[] }): Promise<void>;
  pickFiles(request: PickRequest): Promise<readonly string[]>;
  debuginfoFolders(request: DebuginfoFoldersRequest): Promise<DebuginfoFolderList>;
  addDebuginfoFolder(request: DebuginfoFolderRequest): Promise<DebuginfoFolderList>;
  removeDebuginfoFolder(request: DebuginfoFolderRequest): Promise<DebuginfoFolderList>;
  /** Ends only when cancelled: streams what the host wants of the window. */
  watch(request: WatchRequest, call?: CallOptions<HostEvent>): Promise<void>;
}
export type PickFor = 'dump' | 'debuginfo' | 'folder';
export interface PickRequest {
  /** What is asked for (default `dump`); `folder`: one with debuginfo. */
  readonly what?: PickFor;
}
export interface WatchRequest {
  /** Nothing to ask today. */
  readonly events?: undefined;
}

export type HostEvent =
  | { readonly type: 'open'; readonly paths: readonly string[] }
  | { readonly type: 'menu'; readonly item: MenuItemId };
