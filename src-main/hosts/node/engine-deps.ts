import type { Disassembler } from '../../engine/arch/disassembler.ts';
import type { Decompressors } from '../../engine/base/byte-source.ts';
import type { EngineDeps } from '../../engine/service/engine-deps.ts';
import type { FileSource } from '../../io/file-source.ts';
import { openCacheFolder } from '../../io/cache-folder.ts';
import { createDecompressors } from '../../io/decompressors.ts';
import { createDisassembler } from '../../io/disassembler.ts';
import { identifyFile } from '../../io/file-identity.ts';
import { gunzip } from '../../io/gunzip.ts';
import { openByteSource } from '../../io/open-byte-source.ts';
import { pause } from '../../io/pause.ts';
import type { DebuginfoPlaces } from './debuginfo.ts';

/** The engine's world under Node: files by mapping or pread, codecs in wasm. */
export function createEngineDeps(places?: DebuginfoPlaces): EngineDeps {
  let codecs: Promise<Decompressors> | undefined;
  let disassembler: Promise<Disassembler> | undefined;
  const opened = new WeakSet<object>();
  return {
    openSources(paths) {
      const sources: FileSource[] = [];
      try {
        for (const path of paths) sources.push(openByteSource(path));
      } catch (error) {
        for (const source of sources) source.close();
        throw error;
      }
      for (const source of sources) opened.add(source);
      return sources;
    },
    closeSources(sources) {
      for (const source of sources) if (opened.delete(source)) (source as FileSource).close();
    },
    codecs() {
      codecs ??= createDecompressors();
      return codecs;
    },
    async findDebuginfo(wanted) {
      // Its search and unpacking load after the dump is there.
      const { openDebuginfo } = await import('./debuginfo.ts');
      return openDebuginfo(wanted, places);
    },
    async openSourceTree(wanted) {
      const { openSourceTree } = await import('../../io/source-tree/open-source-tree.ts');
      return openSourceTree({ ...wanted, cache: places?.cache ?? openCacheFolder() });
    },
    disassembler() {
      disassembler ??= createDisassembler();
      return disassembler;
    },
    gunzip,
    async identify(paths, onProgress, signal) {
      const identities = [];
      for (const path of paths) {
        const identity = await identifyFile(path, {
          onProgress: (done, total) => onProgress({ file: path, done, total }),
          ...(signal && { signal }),
        });
        identities.push({ path, ...identity });
      }
      return identities;
    },
    now: () => Number(process.hrtime.bigint()) / 1e6,
    pause,
  };
}
