import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface StaticFile {
  readonly type: string;
  read(): Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/**
 * The files that may be served, by the exact path of the URL: what lies in the built renderer's
 * folder when the server starts, of known types, no links. A request is looked up here and never
 * joined to a path.
 * @throws Error when the renderer is not built
 */
export function listStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  const visit = (directory: string, url: string) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      const type = TYPES[extname(entry.name)];
      if (entry.isDirectory()) visit(path, `${url}${entry.name}/`);
      else if (entry.isFile() && type !== undefined) {
        files.set(`${url}${entry.name}`, { type, read: () => readFileSync(path) });
      }
    }
  };
  try {
    visit(folder, '/');
  } catch {
    // Said below.
  }
  const index = files.get('/index.html');
  if (index === undefined) {
    throw new Error(`the window is not built (no ${join(folder, 'index.html')}): npm run build`);
  }
  files.set('/', index);
  return files;
}
