/**
 * Text of the dump made safe for a terminal: control characters (escape sequences among them),
 * and characters that change the direction or the look of what follows, are shown as `\xNN` or
 * `\u{N}`. Nothing a dump holds reaches a terminal unescaped.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** C0 but tab, DEL, C1; bidirectional controls, line separators, BOM, lone surrogates. */
const UNSAFE =
  /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
