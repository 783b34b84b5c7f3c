/** More than the largest compressed block of bzip2 (900 kB that do not compress). */
const LOW_WATER = 1_200_000;

/** Bits, most significant first, from a stream of pieces. */
export class BitReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer = new Uint8Array(0);
  #position = 0;
  #ended = false;
  /** Bits read ahead, in the low end. */
  #held = 0;
  #heldCount = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Makes sure that a whole block can be read without waiting. */
  async fill(): Promise<void> {
    if (this.#ended || this.#buffer.length - this.#position >= LOW_WATER) return;
    const pieces: Uint8Array[] = [this.#buffer.subarray(this.#position)];
    let size = this.#buffer.length - this.#position;
    while (size < LOW_WATER) {
      const { done, value } = await this.#chunks.next();
      if (done === true) {
        this.#ended = true;
        break;
      }
      pieces.push(value);
      size += value.length;
    }
    this.#buffer = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      this.#buffer.set(piece, at);
      at += piece.length;
    }
    this.#position = 0;
  }

  /** @param count up to 24 @throws Error at the end of the data */
  read(count: number): number {
    while (this.#heldCount < count) {
      if (this.#position >= this.#buffer.length) throw new Error('it ends too early');
      this.#held = ((this.#held << 8) | this.#buffer[this.#position++]!) & 0x7fffffff;
      this.#heldCount += 8;
    }
    this.#heldCount -= count;
    return (this.#held >>> this.#heldCount) & ((1 << count) - 1);
  }

  /** To the next whole byte. */
  align(): void {
    this.#heldCount -= this.#heldCount % 8;
  }

  /** True when no whole byte is left. */
  async atEnd(): Promise<boolean> {
    await this.fill();
    return this.#heldCount < 8 && this.#position >= this.#buffer.length;
  }
}
