import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

export const APP_SCHEME = 'app';
const APP_HOST = 'oopscope';
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/index.html`;

/** True for addresses of our own bundle; `URL.origin` is opaque for a scheme of one's own. */
export function isAppUrl(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed?.protocol === `${APP_SCHEME}:` && parsed.host === APP_HOST;
}

/** Nothing but the bundle: no other origin, no inline script, no eval but WebAssembly. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** Answers `app://oopscope/…` from the folder of the renderer's bundle, and nothing else. */
export function bundleHandler(folder: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const refuse = (status: number) => new Response(null, { status });
    if (request.method !== 'GET') return refuse(405);
    if (!isAppUrl(request.url)) return refuse(404);
    let path: string;
    try {
      path = normalize(join(folder, decodeURIComponent(new URL(request.url).pathname)));
    } catch {
      // A malformed %-sequence names no file.
      return refuse(400);
    }
    const type = TYPES[extname(path)];
    if (!path.startsWith(folder + sep) || path.includes('\0') || !type) return refuse(404);
    try {
      return new Response(new Uint8Array(await readFile(path)), {
        headers: {
          'content-type': type,
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-opener-policy': 'same-origin',
        },
      });
    } catch {
      return refuse(404);
    }
  };
}
