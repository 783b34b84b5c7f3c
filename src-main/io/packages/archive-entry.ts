/** A file in an archive. Links, folders and devices are not given out. */
export interface ArchiveEntry {
  /** As the archive writes it, e.g. `./usr/lib/debug/boot/vmlinux-6.1.0`. Never joined to a folder. */
  readonly path: string;
  readonly size: number;
  /** To be asked for before the next entry, once; what is not read is skipped. */
  content(): AsyncGenerator<Uint8Array>;
}

/** A path longer than this is damage (PATH_MAX). */
export const MAX_PATH = 4096;
/** A kernel's debuginfo package has some 10 000. */
export const MAX_ENTRIES = 1_000_000;
