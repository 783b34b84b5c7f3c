/**
 * Text of the dump made safe for a terminal: control characters (escape sequences among them),
 * and characters that change the direction or the look of what follows, are shown as `\xNN` or
 * `\u{N}`. Nothing a dump holds reaches a terminal unescaped.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/**
 * C0 but tab, DEL, C1 (Cc); bidirectional and other characters that are not seen, tags among them
 * (Cf); line separators (Zl, Zp); lone surrogates (Cs); letters drawn as nothing.
 */
const UNSAFE = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
