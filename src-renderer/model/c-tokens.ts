/** C source as coloured pieces. A view of text, no parser: macros and types are plain text. */
type TokenKind = 'text' | 'comment' | 'string' | 'number' | 'keyword' | 'directive';
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const KEYWORDS = new Set(
  (
    'auto bool break case char const continue default do double else enum extern false float for ' +
    'goto if inline int long register restrict return short signed sizeof static struct switch true ' +
    'typedef typeof union unsigned void volatile while NULL _Alignof _Atomic _Bool _Generic ' +
    '_Static_assert __asm__ asm __attribute__ __typeof__'
  ).split(' '),
);

/** Each becomes an element: the rest of a longer line, which nobody wrote, is plain text. */
const MAX_TOKENS = 1000;

// Each alternative is linear: lines are hostile, too. A string or character ends with its line.
const PATTERN =
  /\/\/.*|\/\*|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|(?<![\w.])\d[\w.]*|[A-Za-z_]\w*|^\s*#\s*\w+/g;

/**
 * The pieces of each line; together they are the line. Text may begin in the middle of a file, even
 * inside of a comment.
 */
export function tokenizeC(lines: readonly string[]): readonly (readonly Token[])[] {
  let inComment = beginsInComment(lines);
  return lines.map((line) => {
    const tokens: Token[] = [];
    const push = (kind: TokenKind, from: number, to: number) => {
      const last = tokens.at(-1);
      if (last?.kind === kind && kind === 'text')
        tokens[tokens.length - 1] = { kind, text: last.text + line.slice(from, to) };
      else if (to > from) tokens.push({ kind, text: line.slice(from, to) });
    };
    let at = 0;
    let included = false;
    while (at < line.length && tokens.length < MAX_TOKENS) {
      if (inComment) {
        const close = line.indexOf('*/', at);
        const end = close < 0 ? line.length : close + 2;
        push('comment', at, end);
        inComment = close < 0;
        at = end;
        continue;
      }
      PATTERN.lastIndex = at;
      const match = PATTERN.exec(line);
      if (!match) break;
      const [word] = match;
      if (included && line.startsWith('<', at)) {
        const close = line.indexOf('>', at);
        push('string', at, close < 0 ? line.length : close + 1);
        at = close < 0 ? line.length : close + 1;
        included = false;
        continue;
      }
      push('text', at, match.index);
      at = match.index;
      if (word === '/*') {
        // A comment that closes must not close with its own star: /*/ is open.
        const close = line.indexOf('*/', at + 2);
        const end = close < 0 ? line.length : close + 2;
        push('comment', at, end);
        inComment = close < 0;
        at = end;
        continue;
      }
      const kind = kindOf(word);
      push(kind, at, at + word.length);
      at += word.length;
      if (kind === 'directive' && word.endsWith('include')) {
        const gap = /^\s*/.exec(line.slice(at))?.[0].length ?? 0;
        push('text', at, at + gap);
        at += gap;
        included = true;
      }
    }
    push('text', at, line.length);
    return tokens;
  });
}

function kindOf(word: string): TokenKind {
  if (word.startsWith('//')) return 'comment';
  if (word.startsWith('"') || word.startsWith("'")) return 'string';
  if (/^\d/.test(word)) return 'number';
  if (/^\s*#/.test(word)) return 'directive';
  return KEYWORDS.has(word) ? 'keyword' : 'text';
}

/** The first mark of a comment is the end of one. */
function beginsInComment(lines: readonly string[]): boolean {
  for (const line of lines) {
    const open = line.indexOf('/*');
    const close = line.indexOf('*/');
    if (open < 0 && close < 0) continue;
    return close >= 0 && (open < 0 || close < open);
  }
  return false;
}
