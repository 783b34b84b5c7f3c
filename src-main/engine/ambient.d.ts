/**
 * The engine sees no DOM and no Node. These two exist in every JavaScript host it runs in, and
 * decode the strings of a dump; nothing else of the platform is declared here, on purpose.
 */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: ArrayBufferLike | ArrayBufferView, options?: { stream?: boolean }): string;
}
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
