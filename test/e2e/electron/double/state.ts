import type { Browser } from 'playwright';
import type { DoubleWindow } from './browser-window.ts';

/** What the double of `electron` recorded of the app under test, and what the test tells it. */
export interface DoubleState {
  readonly browser: Browser;
  readonly windows: DoubleWindow[];
  readonly privilegedSchemes: unknown[];
  readonly protocols: Map<string, (request: Request) => Response | Promise<Response>>;
  /** Template of the application's menu, as last set. */
  menu: MenuItem[];
  /** What the open dialog will answer; undefined: the user cancels. */
  dialogAnswer: string[] | undefined;
  sandboxed: boolean;
  quits: number;
  permissionRequest: PermissionRequest | undefined;
  permissionCheck: ((contents: unknown, permission: string) => boolean) | undefined;
  beforeRequest: BeforeRequest | undefined;
  /** Handlers of events of the session, e.g. `will-download`. */
  readonly sessionEvents: Map<string, (event: { preventDefault(): void }) => void>;
  /** Processes of utilityProcess.fork that are alive. */
  readonly processes: Set<{ readonly pid: number | undefined; kill(): void }>;
}
export interface MenuItem {
  readonly label?: string;
  readonly id?: string;
  readonly role?: string;
  readonly submenu?: readonly MenuItem[];
  readonly click?: () => void;
}
type PermissionRequest = (
  contents: unknown,
  permission: string,
  answer: (granted: boolean) => void,
) => void;
type BeforeRequest = (
  details: { readonly url: string },
  answer: (response: { readonly cancel?: boolean }) => void,
) => void;

const holder = globalThis as { oopscopeElectronDouble?: DoubleState };

export function newState(browser: Browser): DoubleState {
  return (holder.oopscopeElectronDouble = {
    browser,
    windows: [],
    privilegedSchemes: [],
    protocols: new Map(),
    menu: [],
    dialogAnswer: undefined,
    sandboxed: false,
    quits: 0,
    permissionRequest: undefined,
    permissionCheck: undefined,
    beforeRequest: undefined,
    sessionEvents: new Map(),
    processes: new Set(),
  });
}

/** The running test's state; the app under test gets at it through `import 'electron'`. */
export function state(): DoubleState {
  if (!holder.oopscopeElectronDouble) throw new Error('no double of electron was set up');
  return holder.oopscopeElectronDouble;
}
