import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The first `path` on the way up from this file: from the sources, from the bundle (out/main) and
 * from a packaged app the project's folder is above it.
 */
function findAbove(path: string): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, path);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

export function version(): string {
  const file = findAbove('package.json');
  if (file === undefined) return 'unknown';
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown';
}

/** Folder of the built window; the place where it would be when it is not built. */
export function rendererFolder(): string {
  return findAbove(join('out', 'renderer')) ?? join('out', 'renderer');
}

/** Electron's executable, where it was fetched. */
export function findElectronApp(): { readonly binary: string; readonly app: string } | undefined {
  const app = findAbove('package.json');
  if (app === undefined) return undefined;
  const names: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'Electron.app/Contents/MacOS/Electron',
    win32: 'electron.exe',
  };
  const dist =
    process.env['ELECTRON_OVERRIDE_DIST_PATH'] ??
    join(dirname(app), 'node_modules', 'electron', 'dist');
  const binary = join(dist, names[process.platform] ?? 'electron');
  const entry = join(dirname(app), 'out', 'main', 'main.js');
  return existsSync(binary) && existsSync(entry) ? { binary, app: dirname(app) } : undefined;
}
