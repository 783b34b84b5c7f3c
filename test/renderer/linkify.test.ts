import { expect, test } from 'vitest';
import { linkify } from '../../src-renderer/model/linkify.ts';

/** The links of a text, as `[text]`, among the rest: what the reader sees. */
const drawn = (text: string) =>
  linkify(text)
    .map((segment) =>
      segment.kind === 'text' ? segment.text : `[${segment.kind}:${segment.text}]`,
    )
    .join('');

test.each([
  [
    'RIP: 0010:demo_account+0x9/0x20 [oops_demo]',
    'RIP: 0010:[symbol:demo_account+0x9/0x20] [oops_demo]',
  ],
  [' ? __schedule+0x2cf/0xb60', ' ? [symbol:__schedule+0x2cf/0xb60]'],
  ['do_one.constprop.0+0x1/0x2', '[symbol:do_one.constprop.0+0x1/0x2]'],
  ['CR2: ffffffffc04dafdf x', 'CR2: [address:ffffffffc04dafdf] x'],
  ['at 0xffff8d7981df4800.', 'at [address:0xffff8d7981df4800].'],
])('%s', (text, expected) => {
  expect(drawn(text)).toBe(expected);
});

test.each([
  'address: 0000000000000010',
  'BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable',
  'R13: 000000001234abcd',
  'sha ffffffffc04dafdf0 is longer, ffffffffc04dafd is shorter',
  'name+0x12 without a size, 12+0x1/0x2',
  'xffffffffc04dafdf',
  'RAX: ffffffffffffffda',
])('no link is guessed in: %s', (text) => {
  expect(linkify(text)).toEqual([{ kind: 'text', text }]);
});

test('addresses are exact', () => {
  expect(linkify('ffffffff81000001')).toEqual([
    { kind: 'address', text: 'ffffffff81000001', address: 0xffffffff81000001n },
  ]);
});
