/** First instruction: bytes above copy literals at once. */
const FIRST_LITERAL = 17;
/** State after literals of any instruction but a short one (0-3 is their count). */
const AFTER_LITERALS = 4;

/**
 * Decompresses one LZO1X stream that must give exactly `target.length` bytes and end where the
 * source ends. Never reads or writes outside its arrays; time is linear in both.
 * @returns false when the data is damaged or of another length
 * @source stream layout: Linux Documentation/staging/lzo.rst
 */
export function decompressLzo1x(source: Uint8Array, target: Uint8Array): boolean {
  const sourceEnd = source.length;
  const targetEnd = target.length;
  let from = 0;
  let to = 0;
  let state = 0;
  if (sourceEnd < 3) return false;

  const first = source[0] as number;
  if (first > FIRST_LITERAL) {
    const literals = first - FIRST_LITERAL;
    from = 1;
    if (from + literals > sourceEnd || literals > targetEnd) return false;
    while (to < literals) target[to++] = source[from++] as number;
    state = literals < AFTER_LITERALS ? literals : AFTER_LITERALS;
  }

  while (from < sourceEnd) {
    const code = source[from++] as number;
    let length: number;
    let distance: number;
    let literals: number;
    if (code >= 64) {
      if (from >= sourceEnd) return false;
      length = code >= 128 ? 5 + ((code >> 5) & 3) : 3 + ((code >> 5) & 1);
      distance = ((source[from++] as number) << 3) + ((code >> 2) & 7) + 1;
      literals = code & 3;
    } else if (code >= 16) {
      const mask = code >= 32 ? 31 : 7;
      length = code & mask;
      if (length === 0) {
        length = mask;
        while (from < sourceEnd && source[from] === 0) {
          length += 255;
          from++;
          if (length > targetEnd) return false;
        }
        if (from >= sourceEnd) return false;
        length += source[from++] as number;
      }
      length += 2;
      if (from + 2 > sourceEnd) return false;
      const low = source[from++] as number;
      const high = source[from++] as number;
      distance = (low | (high << 8)) >> 2;
      literals = low & 3;
      if (code >= 32) {
        distance += 1;
      } else {
        distance += 16384 + ((code & 8) << 11);
        // Distance 16384 is the end mark.
        if (distance === 16384) return length === 3 && from === sourceEnd && to === targetEnd;
      }
    } else if (state === 0) {
      length = code;
      if (length === 0) {
        length = 15;
        while (from < sourceEnd && source[from] === 0) {
          length += 255;
          from++;
          if (length > targetEnd) return false;
        }
        if (from >= sourceEnd) return false;
        length += source[from++] as number;
      }
      length += 3;
      if (from + length > sourceEnd || to + length > targetEnd) return false;
      const end = to + length;
      while (to < end) target[to++] = source[from++] as number;
      state = AFTER_LITERALS;
      continue;
    } else {
      if (from >= sourceEnd) return false;
      const high = source[from++] as number;
      distance = (high << 2) + (code >> 2) + 1;
      length = 2;
      if (state === AFTER_LITERALS) {
        distance += 2048;
        length = 3;
      }
      literals = code & 3;
    }

    if (distance > to || to + length > targetEnd) return false;
    const end = to + length;
    for (let back = to - distance; to < end;) target[to++] = target[back++] as number;
    if (from + literals > sourceEnd || to + literals > targetEnd) return false;
    for (let i = 0; i < literals; i++) target[to++] = source[from++] as number;
    state = literals;
  }
  return false;
}
