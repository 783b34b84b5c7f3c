import { Menu, type MenuItemConstructorOptions } from 'electron';
import { basename } from 'node:path';
import type { MenuItemId, RecentFile } from '../../../src-shared/contract/index.ts';

export interface MenuActions {
  /** For what the window carries out. */
  readonly send: (item: MenuItemId) => void;
  readonly open: (paths: readonly string[]) => void;
  readonly forgetRecent: () => void;
}

/** The application's menu; made anew when the recent files change. */
export function buildMenu(
  recent: readonly RecentFile[],
  sample: string | undefined,
  developer: boolean,
  actions: MenuActions,
): Menu {
  const item = (label: string, id: MenuItemId, accelerator?: string) =>
    ({
      label,
      id,
      ...(accelerator && { accelerator }),
      click: () => {
        actions.send(id);
      },
    }) satisfies MenuItemConstructorOptions;
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        item('&Open Dump…', 'open', 'CmdOrCtrl+O'),
        { label: 'Open &Recent', submenu: recentItems(recent, actions) },
        ...(sample === undefined
          ? []
          : [
              {
                label: 'Open the &Sample Dump',
                id: 'sample',
                click: () => {
                  actions.open([sample]);
                },
              },
            ]),
        separator,
        item('Add &Debuginfo…', 'debuginfo', 'CmdOrCtrl+D'),
        item('&Close Dump', 'close', 'CmdOrCtrl+W'),
        { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Go',
      submenu: [
        item('&Back', 'back', 'Alt+Left'),
        item('&Forward', 'forward', 'Alt+Right'),
        separator,
        item('Go to &Address or Symbol…', 'go-to', 'CmdOrCtrl+G'),
        item('&Find…', 'find', 'CmdOrCtrl+F'),
        item('&Command Palette…', 'palette', 'CmdOrCtrl+Shift+P'),
      ],
    },
    {
      label: '&View',
      submenu: [
        item('Light or Dark &Theme', 'theme'),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(developer ? [separator, { role: 'toggleDevTools' } as const] : []),
      ],
    },
    { label: '&Help', submenu: [item('&About Oopscope', 'about')] },
  ];
  return Menu.buildFromTemplate(template);
}

function recentItems(
  recent: readonly RecentFile[],
  actions: MenuActions,
): MenuItemConstructorOptions[] {
  if (recent.length === 0) return [{ label: 'None yet', enabled: false }];
  return [
    ...recent.map(({ paths, release }) => ({
      label: `${paths.map((path) => basename(path)).join(' + ')}${release ? ` (${release})` : ''}`,
      click: () => {
        actions.open(paths);
      },
    })),
    { type: 'separator' },
    {
      label: 'Forget These',
      click: () => {
        actions.forgetRecent();
      },
    },
  ];
}
