/**
 * Messages as bytes, for transports that carry bytes (WebSocket). The packing itself is msgpackr's:
 * each side hands in its own instance, because src-shared imports no package.
 */
export interface MessageCodec {
  encode(message: unknown): Uint8Array<ArrayBuffer>;
  /** @throws Error when the bytes are no message */
  decode(bytes: Uint8Array): unknown;
}

/** As much of msgpackr's `Packr` as is needed here. */
export interface PackerLike {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

/**
 * Options for `new Packr(...)`, the same on both sides. Plain maps rather than records: nothing
 * that a peer sends defines a structure or becomes code. Integers that were bigint come back as
 * bigint; typed arrays and undefined stay what they are.
 */
export const PACKER_OPTIONS = {
  useRecords: false,
  mapsAsObjects: true,
  moreTypes: true,
  int64AsType: 'bigint',
  useBigIntExtension: true,
  encodeUndefinedAsNil: false,
} as const;

export function createMessageCodec(packer: PackerLike): MessageCodec {
  return {
    // A copy: msgpackr reuses its buffer.
    encode: (message) => new Uint8Array(packer.pack(message)),
    decode: (bytes) => plainBytes(packer.unpack(bytes)),
  };
}

/** On Node msgpackr gives a Buffer for bytes; the contract says Uint8Array. */
function plainBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    return value.constructor === Uint8Array ? value : new Uint8Array(value);
  }
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (typeof value[i] === 'object') value[i] = plainBytes(value[i]);
    }
    return value;
  }
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    if (typeof members[name] === 'object') members[name] = plainBytes(members[name]);
  }
  return value;
}
