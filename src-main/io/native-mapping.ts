import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Exports of build/native/mmap.c. */
export interface NativeMapping {
  /** @throws Error with `code` (ENOENT, EACCES, ...) */
  open(path: string): { handle: number; size: number };
  /** @returns bytes copied, or -1 where the file cannot be read any more */
  read(
    handle: number,
    offset: number,
    target: Uint8Array,
    targetOffset: number,
    length: number,
  ): number;
  close(handle: number): void;
}

/** `null`: looked for and not there. */
let loaded: NativeMapping | null | undefined;

/**
 * The mmap addon, or `undefined` where it was not built for this platform. From the sources and
 * from the bundle (out/) it is found by walking up to the folder that has build/native/out; in
 * a packaged app it is in the resources. `OOPSCOPE_NO_MMAP=1` does without.
 */
export function findNativeMapping(): NativeMapping | undefined {
  if (process.env['OOPSCOPE_NO_MMAP'] === '1') return undefined;
  if (loaded === undefined) loaded = load() ?? null;
  return loaded ?? undefined;
}

function load(): NativeMapping | undefined {
  const path = candidates().find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  try {
    return createRequire(import.meta.url)(path) as NativeMapping;
  } catch {
    // Built for another C library or CPU: pread does the same work.
    return undefined;
  }
}

function candidates(): string[] {
  const name = `oopscope-mmap-${process.platform}-${process.arch}.node`;
  const found: string[] = [];
  const { resourcesPath } = process as { resourcesPath?: string };
  if (resourcesPath !== undefined) found.push(join(resourcesPath, 'native', name));
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    found.push(join(folder, 'build', 'native', 'out', name));
    const parent = dirname(folder);
    if (parent === folder) return found;
    folder = parent;
  }
}
