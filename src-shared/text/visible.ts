/**
 * Text of a dump made safe to show: control characters (escape sequences among them), and
 * characters that change the direction or the look of what follows or are not seen at all, become
 * `\xNN` or `\u{N}`. Tabs and line ends stay.
 */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/**
 * The same characters in the text of a JSON document as JSON's own escapes: what it is read as stays
 * the same.
 */
export function visibleJson(json: string): string {
  return json.replace(HIDDEN, (character) =>
    Array.from({ length: character.length }, (_, i) => {
      return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/**
 * C0, DEL, C1 (Cc); bidirectional and other characters that are not seen, tags among them (Cf);
 * line separators (Zl, Zp); lone surrogates (Cs); letters drawn as nothing.
 */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/**
 * {@link visibleText} of every string in a message, in place: of arrays and plain objects, at any
 * depth. Keys are ours and stay.
 * @returns the same value; for a string the visible one
 */
export function makeVisible<T>(value: T): T {
  return visited(value) as T;
}

function visited(value: unknown): unknown {
  if (typeof value === 'string') return visibleText(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    const member = holder[key];
    const shown = visited(member);
    if (shown !== member) holder[key] = shown;
  }
  return value;
}
