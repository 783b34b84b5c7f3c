import type { ByteSource, Decompressors } from '../base/byte-source.ts';
import type { DumpFormat, DumpImage } from './dump-image.ts';
import { elfFormat } from './elf/elf-format.ts';
import { FlattenedSource, isFlattened } from './flattened/flattened-source.ts';
import { foreignFormatError } from './foreign-formats.ts';
import { kdumpFormat } from './kdump/kdump-format.ts';
import { OpenError, parsingHeaders } from './open-error.ts';

/** In the order they are asked. */
export const DUMP_FORMATS: readonly DumpFormat[] = [kdumpFormat, elfFormat];

/**
 * Opens a dump of one file, or of the files of a split set in any order; each may be flattened.
 * Reads headers and notes only: the time does not depend on the size of the machine.
 * @throws OpenError, a sentence for the user; FaultError `io` only from the file system itself
 */
export function openDump(sources: readonly ByteSource[], codecs: Decompressors): DumpImage {
  const [first] = sources;
  if (first === undefined) throw new OpenError('empty', '(nothing)', 'no file given.');
  for (const source of sources) {
    if (source.size === 0) throw foreignFormatError(source);
  }
  const rearranged = sources.map((source) =>
    parsingHeaders(source, () => (isFlattened(source) ? new FlattenedSource(source) : source)),
  );
  for (const format of DUMP_FORMATS) {
    const probe = parsingHeaders(first, () => format.open(rearranged, codecs));
    if (probe.match === 'damaged') throw probe.error;
    if (probe.match === 'yes') return checkMachine(probe.image, first);
  }
  const inner = rearranged[0] ?? first;
  if (inner !== first) {
    throw new OpenError(
      'damaged',
      first.name,
      'is a flattened dump, but what it holds is neither kdump-compressed nor ELF (or its first records are lost).',
    );
  }
  throw foreignFormatError(first);
}

function checkMachine(image: DumpImage, source: ByteSource): DumpImage {
  if (image.machine === 'x86_64') return image;
  throw new OpenError(
    'unsupported',
    source.name,
    `is a dump of a ${JSON.stringify(image.machine)} machine; only x86_64 is read.`,
  );
}
