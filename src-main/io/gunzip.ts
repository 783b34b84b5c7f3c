import { gunzipSync } from 'node:zlib';

/** Unpacks gzip; undefined when it is damaged or gives more than `limit` bytes. */
export function gunzip(source: Uint8Array, limit: number): Uint8Array | undefined {
  try {
    return gunzipSync(source, { maxOutputLength: limit });
  } catch {
    return undefined;
  }
}
