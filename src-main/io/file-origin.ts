import { statSync } from 'node:fs';

/**
 * Which file on this machine it is: device, inode, time of its birth, size. A build-id is only what
 * a file says of itself, so what was made from one file's content is kept for that file alone: a
 * made-up vmlinux with a known build-id must not answer for the genuine one later. The time of
 * change is no part of it: the cache sets it at every use.
 * @throws Error with `code`
 */
export function fileOriginOf(path: string): string {
  const { dev, ino, birthtimeNs, size } = statSync(path, { bigint: true });
  return [dev, ino, birthtimeNs, size].join(':');
}
