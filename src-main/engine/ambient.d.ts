/**
 * The engine sees no DOM and no Node. What stands here exists in every JavaScript host it runs in:
 * decoding of the strings of a dump, and cancellation. Nothing else of the platform, on purpose.
 */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: ArrayBufferLike | ArrayBufferView, options?: { stream?: boolean }): string;
}
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
/** The contract's cancellation; see src-shared/ambient.d.ts. */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
declare const AbortController: {
  new (): { readonly signal: AbortSignal; abort(reason?: unknown): void };
};
