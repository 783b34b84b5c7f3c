/** Writes the table of ranks into docs/architecture.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ranksTable } from './rules/ranks.mjs';
import { root } from './set-up.mjs';

const file = `${root}/docs/architecture.md`;
const text = readFileSync(file, 'utf8');
const marked = /(<!-- ranks:start[^>]*-->\n)[\s\S]*?(<!-- ranks:end -->)/;
writeFileSync(
  file,
  text.replace(marked, (_, start, end) => `${String(start)}\n${ranksTable()}\n\n${String(end)}`),
);
