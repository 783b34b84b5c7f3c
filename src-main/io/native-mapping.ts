import { loadNativeAddon } from './native-addon.ts';

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

/** The mmap addon, where it was built. `OOPSCOPE_NO_MMAP=1` does without: pread does its work. */
export function findNativeMapping(): NativeMapping | undefined {
  if (process.env['OOPSCOPE_NO_MMAP'] === '1') return undefined;
  if (loaded === undefined) loaded = (loadNativeAddon('mmap') as NativeMapping | undefined) ?? null;
  return loaded ?? undefined;
}
