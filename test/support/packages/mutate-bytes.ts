/** Numbers below `limit`, the same for a seed on every machine. */
export function seededNumbers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % limit;
  };
}

/** One to four damages: bits, bytes, fields of the largest numbers, holes, repeats, a missing end. */
export function mutatedBytes(bytes: Uint8Array, random: (limit: number) => number): Uint8Array {
  let out: Uint8Array = Uint8Array.from(bytes);
  for (let left = 1 + random(4); left > 0; left--) {
    const at = random(out.length);
    // Headers are at the start: half of the damage goes there.
    const place = random(2) === 0 ? at : at % Math.min(out.length, 700);
    const length = 1 + random(24);
    switch (random(7)) {
      case 0:
        out[place]! ^= 1 << random(8);
        break;
      case 1:
        out[place] = random(256);
        break;
      case 2:
        out.fill([0xff, 0x00, 0x37, 0x66, 0x80][random(5)]!, place, place + length);
        break;
      case 3:
        for (let i = place; i < Math.min(out.length, place + length); i++) out[i] = random(256);
        break;
      case 4:
        out = spliced(out, place, place + length, new Uint8Array(0));
        break;
      case 5:
        out = spliced(out, place, place, out.subarray(at, at + 512));
        break;
      default:
        if (random(3) === 0) out = out.subarray(0, Math.max(1, at));
    }
  }
  return out;
}

function spliced(bytes: Uint8Array, from: number, to: number, between: Uint8Array): Uint8Array {
  const [head, tail] = [bytes.subarray(0, from), bytes.subarray(to)];
  const out = new Uint8Array(head.length + between.length + tail.length);
  out.set(head);
  out.set(between, head.length);
  out.set(tail, head.length + between.length);
  return out.length === 0 ? Uint8Array.of(0) : out;
}
