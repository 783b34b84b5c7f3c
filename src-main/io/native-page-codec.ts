import { loadNativeAddon } from './native-addon.ts';

/** Decompresses `sourceLength` bytes of `source`; true when they gave exactly the target's bytes. */
type Decompress = (source: Uint8Array, sourceLength: number, target: Uint8Array) => boolean;

/** Exports of build/native/page-codec.c; those whose library the host does not export are missing. */
export interface NativePageCodec {
  readonly zstd?: Decompress;
  readonly zlib?: Decompress;
}

/** What the addon can do; nothing where it was not built or `OOPSCOPE_NO_CODEC=1` does without. */
export function findNativePageCodec(): NativePageCodec {
  if (process.env['OOPSCOPE_NO_CODEC'] === '1') return {};
  return (loadNativeAddon('page-codec') as NativePageCodec | undefined) ?? {};
}
