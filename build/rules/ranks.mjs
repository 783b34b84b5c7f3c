/**
 * The dependency rule, once. dependency-cruiser's configuration and the table in
 * docs/architecture.md are both made from this list.
 *
 * A folder may import itself and folders of a strictly lower rank. `only` narrows that to the
 * folders named. The order of the list is the order of the table.
 *
 * @typedef {object} Rank
 * @property {string} folder from the project's root; a single file for an entry point
 * @property {number} rank
 * @property {string} holds one line for docs/architecture.md
 * @property {string[]} [only] the only other folders it may import, of those of lower rank
 * @property {boolean} [node] may import `node:*`
 * @property {boolean} [electron] may import `electron`
 * @property {boolean} [packages] may import packages from npm
 */

/** @type {Rank[]} */
export const RANKS = [
  {
    folder: 'src-shared',
    rank: -1,
    holds: 'the contract: plain data and its types; imports nothing',
    only: [],
  },
  {
    folder: 'src-main/engine/base',
    rank: 0,
    holds: 'cursors, addresses, faults, interval maps, LRU; knows no kernel',
  },
  {
    folder: 'src-main/engine/arch',
    rank: 1,
    holds: 'facts of each CPU as tables: page-table geometry, registers, pt_regs, stacks',
  },
  {
    folder: 'src-main/engine/dump',
    rank: 1,
    holds: 'dump formats: bytes of a file to physical pages and notes',
  },
  {
    folder: 'src-main/engine/memory',
    rank: 2,
    holds: 'physical memory, page cache, search',
  },
  {
    folder: 'src-main/engine/debuginfo',
    rank: 2,
    holds: 'ELF, DWARF, BTF, ORC, kallsyms to tables; never reads dump memory by itself',
  },
  {
    folder: 'src-main/engine/translate',
    rank: 3,
    holds: 'virtual to physical by walking page tables; the walk is part of the answer',
  },
  {
    folder: 'src-main/engine/types',
    rank: 3,
    holds: 'type model, C declarations, layout, chain of type finders',
  },
  {
    folder: 'src-main/engine/program',
    rank: 4,
    holds: 'the waist: memory, translation, symbols, Object(type, address)',
  },
  {
    folder: 'src-main/engine/unwind',
    rank: 5,
    holds: 'ORC, DWARF CFI, frame pointer; each frame says what made it',
  },
  {
    folder: 'src-main/engine/kernel',
    rank: 5,
    holds: 'what kernel structures mean, one file a subsystem',
  },
  {
    folder: 'src-main/engine/commands',
    rank: 6,
    holds: 'one file a command: name, arguments, typed columns, rows; no formatting',
  },
  {
    folder: 'src-main/engine/diagnosis',
    rank: 6,
    holds: 'one file a hypothesis, giving findings with evidence',
  },
  {
    folder: 'src-main/engine/service',
    rank: 7,
    holds: 'EngineService: sessions, registry, streaming, progress, cancel',
  },
  {
    folder: 'src-main/render',
    rank: 8,
    holds: 'typed tables to text and JSON; knows no kernel',
    only: ['src-shared', 'src-main/engine/base'],
  },
  {
    folder: 'src-main/io',
    rank: 8,
    holds: 'files as ByteSource (mmap, pread), decompressors, debuginfo search, caches',
    node: true,
    packages: true,
  },
  {
    folder: 'src-main/casefile',
    rank: 8,
    holds: 'SQLite: annotations, bookmarks, findings, index cache',
    only: ['src-shared', 'src-main/engine/base'],
    node: true,
    packages: true,
  },
  {
    folder: 'src-main/hosts/node',
    rank: 9,
    holds: 'what all hosts need: the engine put together with its I/O, recent files, version',
    node: true,
    packages: true,
  },
  {
    folder: 'src-main/hosts/inprocess',
    rank: 9,
    holds: 'a transport inside one thread that clones every message, for tests',
  },
  {
    folder: 'src-main/hosts/worker',
    rank: 10,
    holds: 'the engine in a worker thread: session worker and its client',
    node: true,
    packages: true,
  },
  {
    folder: 'src-main/hosts/loopback',
    rank: 11,
    holds: 'the renderer bundle and a WebSocket on 127.0.0.1, with a token',
    node: true,
    packages: true,
  },
  {
    folder: 'src-main/hosts/electron',
    rank: 11,
    holds: 'window, preload, menu, dialogs, recent files',
    node: true,
    electron: true,
    packages: true,
  },
  {
    folder: 'src-main/hosts/cli',
    rank: 12,
    holds: 'the command line: text or JSON for terminals and scripts',
    node: true,
    packages: true,
  },
  {
    folder: 'src-main/main.ts',
    rank: 13,
    holds: "Electron's entry: wiring, no analysis",
    node: true,
    electron: true,
    packages: true,
  },
  {
    folder: 'src-renderer',
    rank: 0,
    holds: 'the Svelte 5 workbench; sees the contract only',
    only: ['src-shared'],
    packages: true,
  },
];

/** Which folders `row` may import besides itself. @param {Rank} row */
export function visibleFrom(row) {
  return RANKS.filter(
    (other) => other.rank < row.rank && (row.only === undefined || row.only.includes(other.folder)),
  );
}

/** The table of docs/architecture.md. */
export function ranksTable() {
  const lines = ['| rank | folder | holds | may also import |', '| ---: | --- | --- | --- |'];
  for (const row of RANKS) {
    const extras = [
      row.only && (row.only.length ? `of lower ranks only ${row.only.join(', ')}` : 'nothing'),
      row.node && '`node:*`',
      row.electron && '`electron`',
      row.packages && 'packages',
    ].filter(Boolean);
    lines.push(`| ${row.rank} | \`${row.folder}\` | ${row.holds} | ${extras.join('; ')} |`);
  }
  return lines.join('\n');
}
