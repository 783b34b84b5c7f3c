/**
 * Finds what is certain enough to be a link in free text (kernel log, notices): 16-digit kernel
 * addresses, and `symbol+0x12/0x34` as the kernel prints code addresses. Nothing else is guessed.
 */
export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'address'; readonly text: string; readonly address: bigint }
  | {
      readonly kind: 'symbol';
      readonly text: string;
      readonly name: string;
      readonly offset: number;
    };

// A kernel address has its upper 16 bits set; smaller numbers of 16 digits may be anything, and the
// last 4096 are error numbers.
const PATTERN =
  /(?<![\w.])(?:0x)?(ffff(?!f{9})[0-9a-f]{12})(?![\w])|(?<![\w.])([A-Za-z_][\w.]{0,127})\+0x([0-9a-f]{1,8})\/0x[0-9a-f]{1,8}(?!\w)/g;

export function linkify(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(PATTERN)) {
    if (match.index > end) segments.push({ kind: 'text', text: text.slice(end, match.index) });
    const [whole, address, name, offset] = match;
    if (address !== undefined) {
      segments.push({ kind: 'address', text: whole, address: BigInt(`0x${address}`) });
    } else if (name !== undefined && offset !== undefined) {
      segments.push({ kind: 'symbol', text: whole, name, offset: Number.parseInt(offset, 16) });
    }
    end = match.index + whole.length;
  }
  if (end < text.length) segments.push({ kind: 'text', text: text.slice(end) });
  return segments;
}
