import { hostname } from 'node:os';
import type {
  DebuginfoInfo,
  HostEvent,
  HostInfo,
  HostService,
  PickFor,
} from '../../../src-shared/contract/index.ts';
import type { ApprovedPaths } from './approved-paths.ts';
import type { FolderSettings } from '../node/debuginfo-folders.ts';
import type { RecentFiles } from '../node/recent-files.ts';

/** What a window's host needs of the app. */
export interface WindowHostNeeds {
  readonly version: string;
  readonly recent: RecentFiles;
  readonly folders: FolderSettings;
  readonly approved: ApprovedPaths;
  /** Dumps to open at start. */
  readonly initial: readonly (readonly string[])[];
  /** Shows the open dialog; no paths when cancelled. */
  readonly pickFiles: (what: PickFor) => Promise<readonly string[]>;
  /** The list of recent files changed. */
  readonly onRecentChange: () => void;
}

/** The host as one window sees it. */
export class WindowHost {
  readonly approved: ApprovedPaths;
  readonly service: HostService;
  readonly #needs: WindowHostNeeds;
  readonly #watchers = new Set<(event: HostEvent) => void>();
  /** Events that came while no page was watching (the window is loading). */
  #early: HostEvent[] = [];

  constructor(needs: WindowHostNeeds) {
    this.#needs = needs;
    this.approved = needs.approved;
    this.approved.approve(needs.initial.flat());
    this.service = this.#makeService();
  }

  /** Tells the page what the user wants of it. Paths are approved with it. */
  send(event: HostEvent): void {
    if (event.type === 'open') this.approved.approve(event.paths);
    if (this.#watchers.size === 0) this.#early.push(event);
    for (const watcher of this.#watchers) watcher(event);
  }

  /** What the search itself came upon may be named: debuginfo to take, a package to open. */
  approveFound({ parts, steps }: DebuginfoInfo): void {
    this.approved.approve([...parts, ...steps].flatMap(({ path }) => path ?? []));
  }

  opened(paths: readonly string[], release: string | undefined): void {
    const openedAt = Date.now();
    this.#needs.recent.add({ paths, openedAt, ...(release !== undefined && { release }) });
    this.#needs.onRecentChange();
  }

  #makeService(): HostService {
    const { recent, folders, approved, pickFiles, onRecentChange } = this.#needs;
    return {
      info: () => Promise.resolve(this.#info()),
      recentFiles: () => {
        const list = recent.list();
        approved.approve(list.flatMap((entry) => entry.paths));
        return Promise.resolve(list);
      },
      forgetRecent: ({ paths }) => {
        recent.forget(paths);
        onRecentChange();
        return Promise.resolve();
      },
      pickFiles: async ({ what = 'dump' }) => {
        const paths = await pickFiles(what);
        approved.approve(paths);
        return paths;
      },
      debuginfoFolders: (request) => folders.list(request),
      // Every later search reads what is in it: which folder that is was the user's choice.
      addDebuginfoFolder: async (request) => {
        approved.check([request.path]);
        return folders.add(request);
      },
      removeDebuginfoFolder: (request) => folders.remove(request),
      watch: (_request, call) =>
        new Promise((resolve) => {
          const watcher = (event: HostEvent) => call?.onProgress?.(event);
          this.#watchers.add(watcher);
          for (const event of this.#early.splice(0)) watcher(event);
          call?.signal?.addEventListener('abort', () => {
            this.#watchers.delete(watcher);
            resolve();
          });
        }),
    };
  }

  #info(): HostInfo {
    return {
      host: 'electron',
      version: this.#needs.version,
      initial: this.#needs.initial,
      canOpenDialog: true,
      machineName: hostname(),
      platform: process.platform,
    };
  }
}
