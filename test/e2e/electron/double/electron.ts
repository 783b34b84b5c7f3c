/**
 * A double of the `electron` module's main-process side, as far as the app uses it. Windows are
 * pages of a real Chromium, utility processes are real processes; what the app asked for is
 * recorded in state.ts.
 */
import { app as appEvents, DoubleWindow } from './browser-window.ts';
import { state, type MenuItem } from './state.ts';

export { ipcMain } from './ipc.ts';
export { MessageChannelMain } from './ports.ts';
export { utilityProcess } from './utility-process.ts';
export const BrowserWindow = DoubleWindow;

export const app = Object.assign(appEvents, {
  isPackaged: false,
  requestSingleInstanceLock: () => true,
  enableSandbox: () => {
    state().sandboxed = true;
  },
  whenReady: () => Promise.resolve(),
  getVersion: () => '0.0.0-double',
  quit: () => {
    state().quits++;
  },
});

export const protocol = {
  registerSchemesAsPrivileged: (schemes: unknown[]) => state().privilegedSchemes.push(...schemes),
  handle: (scheme: string, handler: (request: Request) => Response | Promise<Response>) => {
    state().protocols.set(scheme, handler);
  },
};

export const session = {
  defaultSession: {
    on: (event: string, handler: (event: { preventDefault(): void }) => void) => {
      state().sessionEvents.set(event, handler);
    },
    setPermissionRequestHandler: (
      handler: NonNullable<ReturnType<typeof state>['permissionRequest']>,
    ) => {
      state().permissionRequest = handler;
    },
    setPermissionCheckHandler: (
      handler: NonNullable<ReturnType<typeof state>['permissionCheck']>,
    ) => {
      state().permissionCheck = handler;
    },
    webRequest: {
      onBeforeRequest: (handler: NonNullable<ReturnType<typeof state>['beforeRequest']>) => {
        state().beforeRequest = handler;
      },
    },
  },
};

export const Menu = {
  buildFromTemplate: (template: MenuItem[]) => template,
  setApplicationMenu: (template: MenuItem[]) => {
    state().menu = template;
  },
};

export const dialog = {
  showOpenDialog: () =>
    Promise.resolve({
      canceled: state().dialogAnswer === undefined,
      filePaths: state().dialogAnswer ?? [],
    }),
};
