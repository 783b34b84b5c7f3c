import { createHash, timingSafeEqual } from 'node:crypto';

/** WebSocket subprotocols: the one spoken, and the one that carries the token. */
export const PROTOCOL = 'oopscope.v1';
export const TOKEN_PREFIX = 'oopscope.token.';

/**
 * Names under which this machine reaches itself. The port is free, so that an SSH tunnel with
 * another port at its near end works; the name is not, so a page that makes its own host name
 * resolve to 127.0.0.1 (DNS rebinding) is refused.
 */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

/** A `Host` header that names this machine's loopback, else undefined. */
export function loopbackHost(header: string | undefined): string | undefined {
  return header !== undefined && LOOPBACK_HOST.test(header) ? header : undefined;
}

/** Whether the page that opens the socket was served under the very `Host` it now calls. */
export function isOwnOrigin(origin: string | undefined, host: string): boolean {
  return origin === `http://${host}`;
}

/** Compares in a time that does not depend on where the two differ, whatever their lengths. */
export function tokenMatches(offered: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(offered), digest(token));
}

/** The token among the subprotocols that a WebSocket client offers. */
export function offeredToken(header: string | undefined): string {
  const protocols = (header ?? '').split(',').map((name) => name.trim());
  if (!protocols.includes(PROTOCOL)) return '';
  const found = protocols.find((name) => name.startsWith(TOKEN_PREFIX));
  return found?.slice(TOKEN_PREFIX.length) ?? '';
}
