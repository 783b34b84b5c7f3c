import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './set-up.mjs';

/** Said wherever the binary would be wanted. */
export const NO_ELECTRON = 'no Electron binary here (npx install-electron fetches it)';

/** Electron's executable where it was fetched; asking its package would fetch it. */
export function findElectron(): string | undefined {
  const names: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'Electron.app/Contents/MacOS/Electron',
    win32: 'electron.exe',
  };
  const dist =
    process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(root, 'node_modules', 'electron', 'dist');
  const path = join(dist, names[process.platform] ?? 'electron');
  return existsSync(path) ? path : undefined;
}
