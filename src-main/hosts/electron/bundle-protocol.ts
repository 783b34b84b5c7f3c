import { listStaticFiles } from '../node/static-files.ts';

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

/** Answers `app://oopscope/…` from the folder of the renderer's bundle, and nothing else. */
export function bundleHandler(folder: string): (request: Request) => Response {
  const files = listStaticFiles(folder);
  return (request) => {
    if (request.method !== 'GET') return new Response(null, { status: 405 });
    const file = isAppUrl(request.url) ? files.get(new URL(request.url).pathname) : undefined;
    if (!file) return new Response(null, { status: 404 });
    return new Response(new Uint8Array(file.read()), {
      headers: {
        'content-type': file.type,
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      },
    });
  };
}
