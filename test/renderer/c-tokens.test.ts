import { describe, expect, test } from 'vitest';
import { tokenizeC } from '../../src-renderer/model/c-tokens.ts';

/** `kind:text` of all that is not plain. */
const coloured = (...lines: string[]) =>
  tokenizeC(lines).map((tokens) =>
    tokens.filter(({ kind }) => kind !== 'text').map(({ kind, text }) => `${kind}:${text}`),
  );

describe('C source in colours', () => {
  test('keywords, numbers, strings and characters', () => {
    expect(coloured(`\treturn printk("a\\"b%d /* no */", 0x1fUL, x2, 3.5f, '\\'');`)).toEqual([
      [
        'keyword:return',
        'string:"a\\"b%d /* no */"',
        'number:0x1fUL',
        'number:3.5f',
        `string:'\\''`,
      ],
    ]);
  });

  test('comments of one and of several lines', () => {
    expect(
      coloured('int a; /* one */ int b; // rest "x"', 'x /* begins', ' * if', 'ends */ if'),
    ).toEqual([
      ['keyword:int', 'comment:/* one */', 'keyword:int', 'comment:// rest "x"'],
      ['comment:/* begins'],
      ['comment: * if'],
      ['comment:ends */', 'keyword:if'],
    ]);
    expect(coloured('/*/ if', '*/ if')).toEqual([['comment:/*/ if'], ['comment:*/', 'keyword:if']]);
  });

  test('text that begins inside of a comment', () => {
    expect(coloured(' * while waiting', ' */', 'while (1) /* here */')).toEqual([
      ['comment: * while waiting'],
      ['comment: */'],
      ['keyword:while', 'number:1', 'comment:/* here */'],
    ]);
  });

  test('directives, and what they include', () => {
    expect(coloured('#include <linux/if.h>', '# ifdef CONFIG_X', '#include "a.h"')).toEqual([
      ['directive:#include', 'string:<linux/if.h>'],
      ['directive:# ifdef'],
      ['directive:#include', 'string:"a.h"'],
    ]);
  });

  test('the pieces of a line are the line, whatever it is', () => {
    const lines = [
      '"never closed \\',
      "'",
      '/*',
      '*/*/',
      '#include <',
      '<b>&amp;',
      '\u0000 \\',
      '',
    ];
    expect(tokenizeC(lines).map((tokens) => tokens.map(({ text }) => text).join(''))).toEqual(
      lines,
    );
  });

  test('a line of a million pieces is few elements, and whole', () => {
    const line = '"a"b'.repeat(250_000);
    const [tokens = []] = tokenizeC([line]);
    expect(tokens.length).toBeLessThan(1100);
    expect(tokens.map(({ text }) => text).join('')).toBe(line);
  });
});
