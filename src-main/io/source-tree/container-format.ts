/**
 * A container keeps many text files so that one can be read without the others: the files' bytes,
 * one behind the other, cut into blocks of {@link BLOCK} bytes, each a zstd frame; then the index, a
 * zstd frame of {@link ContainerIndex} as JSON; then the trailer.
 *
 * | trailer | bytes | holds                               |
 * | ------- | ----: | ----------------------------------- |
 * | 0       |     8 | offset of the index, little-endian  |
 * | 8       |     4 | its compressed length               |
 * | 12      |     4 | its length                          |
 * | 16      |     8 | {@link MAGIC}                       |
 */
export const MAGIC = 'OOPSRC01';
export const TRAILER = 24;
/** Small enough to be read for one file, large enough to compress as a whole does. */
export const BLOCK = 256 * 1024;
/** A kernel has 60 000 files; their paths take 3 MB. */
export const MAX_INDEX = 64 * 2 ** 20;

export interface ContainerIndex {
  /** Compressed length of each block. */
  readonly blocks: readonly number[];
  /** Path and length of each file, in the order of their bytes. */
  readonly files: readonly (readonly [string, number])[];
}
