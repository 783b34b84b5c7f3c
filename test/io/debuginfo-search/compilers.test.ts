import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DwarfDebugInfo } from '../../../src-main/engine/debuginfo/dwarf/debug-info.ts';
import { DwarfTypeFinder } from '../../../src-main/engine/types/dwarf-type-finder.ts';
import { declarationOf } from '../../../src-main/engine/types/declaration.ts';
import { definitionText } from '../../../src-main/engine/types/definition.ts';
import { openDebugFile } from '../../../src-main/io/debuginfo-search/open-debug-file.ts';

/** What compilers, objcopy and dwz make of one source; binutils' addr2line says the lines. */
const SOURCE = `
struct node { struct node *next; int id : 5; unsigned flags : 3; char name[16]; };
union u { int i; char c[4]; };
enum e { A, B = 5 };
typedef struct { int x, y; } point_t;
struct big { struct node n; union u un; enum e en; point_t p[2][3];
  int (*fn)(const char *, ...); volatile unsigned long *v; int flex[]; };
struct big *gbig;
static int counter = 3;
point_t origin;
static inline int add(int a, int b) { return a * 3 + b + counter++; }
__attribute__((noinline, used)) int work(struct node *n, int k) {
  int r = 0;
  for (int i = 0; i < k; i++) { r += add(n->id, i); n = n->next; }
  return r;
}
int main(int argc, char **argv) { return work(0, argc) + origin.x + (gbig ? gbig->un.i : 0); }
`;
const has = (tool: string): boolean => spawnSync('which', [tool]).status === 0;
/** The same code; of what binutils 2.40 cannot follow (type units of DWARF 5, dwz) the lines are its. */
const PLAIN = 'gcc -O2 -g a.c -o plain';
const UNKNOWN_TO_BINUTILS = new Set([
  'type units, DWARF 5',
  'dwz with an alternative file',
  'dwz, DWARF 5',
]);
/** Tools, then the shell that makes \`out\` of \`a.c\`. */
const WAYS: Readonly<Record<string, readonly [tools: string, make: string]>> = {
  'gcc, DWARF 2': ['gcc', 'gcc -O2 -gdwarf-2 a.c -o out'],
  'gcc, DWARF 3': ['gcc', 'gcc -O2 -gdwarf-3 a.c -o out'],
  'gcc, DWARF 4': ['gcc', 'gcc -O2 -gdwarf-4 a.c -o out'],
  'gcc, DWARF 5': ['gcc', 'gcc -O2 -gdwarf-5 a.c -o out'],
  'type units, DWARF 4': ['gcc', 'gcc -O2 -gdwarf-4 -fdebug-types-section a.c -o out'],
  'type units, DWARF 5': ['gcc', 'gcc -O2 -gdwarf-5 -fdebug-types-section a.c -o out'],
  'sections compressed': ['gcc', 'gcc -O2 -g -gz=zlib a.c -o out'],
  LTO: ['gcc', 'gcc -O2 -g -flto a.c -o out'],
  'debuginfo split off': ['gcc objcopy', 'gcc -O2 -g a.c -o x && objcopy --only-keep-debug x out'],
  'dwz with an alternative file': [
    'gcc dwz',
    'gcc -O2 -gdwarf-4 a.c -o out && cp out y && dwz -m alt.debug out y',
  ],
  'dwz, DWARF 5': [
    'gcc dwz',
    'gcc -O2 -gdwarf-5 a.c -o out && cp out y && dwz -5 -m alt5.debug out y',
  ],
  'clang, DWARF 4': ['clang', 'clang -O2 -gdwarf-4 a.c -o out'],
  'clang, DWARF 5': ['clang', 'clang -O2 -gdwarf-5 a.c -o out'],
};

const root = mkdtempSync(join(tmpdir(), 'oopscope-compilers-'));
beforeAll(() => writeFileSync(join(root, 'a.c'), SOURCE));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each(Object.entries(WAYS))('%s', (name, [tools, make]) => {
  const missing = [...tools.split(' '), 'addr2line'].filter((tool) => !has(tool));
  if (missing.length > 0) console.log(`${name}: skipped, ${missing.join(', ')} is not installed`);

  test.skipIf(missing.length > 0)('types and lines', async () => {
    const made = spawnSync('sh', ['-c', `rm -f out && ${make}`], { cwd: root, encoding: 'utf8' });
    expect(made.stderr).toBe('');
    const file = await openDebugFile(join(root, 'out'));
    try {
      const info = new DwarfDebugInfo(file.dwarf!);
      const finder = new DwarfTypeFinder(info.file);
      const node = finder.findType('struct', 'node')!;
      expect(definitionText(node, { offsets: true })).toMatch(
        /\[8\] int id : 5;\n.*\[8\] unsigned int flags : 3;\n.*\[9\] char name\[16\];\n}\nSIZE: 32$/,
      );
      const big = definitionText(finder.findType('struct', 'big')!);
      expect(big).toContain('point_t p[2][3];\n    int (*fn)(const char *, ...);\n');
      expect(big).toContain('volatile unsigned long *v;\n    int flex[];\n}\nSIZE: 104');
      expect(definitionText(finder.findType('enum', 'e')!)).toContain('B = 5');
      expect(definitionText(finder.findType('union', 'u')!)).toContain('SIZE: 4');
      expect(declarationOf(finder.findVariableType('gbig')!, 'gbig')).toBe('struct big *gbig');
      const work = finder.findFunctionType('work')!;
      expect(declarationOf(work, 'work')).toBe('int work(struct node *, int)');

      const symbols = [...(file.readSymbols()?.iterate({}) ?? [])];
      const start = symbols.find((symbol) => symbol.name === 'work')!.address;
      const addresses = Array.from({ length: 24 }, (_, i) => start + BigInt(i));
      const isPlain = UNKNOWN_TO_BINUTILS.has(name);
      if (isPlain) spawnSync('sh', ['-c', PLAIN], { cwd: root });
      const theirs = addr2line(addresses, isPlain ? 'plain' : 'out');
      const ours = addresses.map((address) => {
        const { scopes = [], sources = [] } = info.findLocation(address) ?? {};
        return scopes.map(({ name: scope }, i) => `${scope} ${sources[i]?.line ?? 0}`).join(' < ');
      });
      expect(ours).toEqual(theirs);
    } finally {
      file.close();
    }
  });
});

describe.each(['-gdwarf-4', '-gdwarf-5'])('split DWARF, %s', (version) => {
  test.skipIf(!has('gcc'))('says which files hold the rest', async () => {
    const make = `gcc -O2 ${version} -gsplit-dwarf a.c -o split`;
    expect(spawnSync('sh', ['-c', make], { cwd: root }).status).toBe(0);
    const file = await openDebugFile(join(root, 'split'));
    expect(file.warnings).toEqual([
      expect.stringMatching(
        /split was built with -gsplit-dwarf .* \.dwo files \(split-a\.dwo, …\)/,
      ),
    ]);
    const info = new DwarfDebugInfo(file.dwarf!);
    expect(new DwarfTypeFinder(info.file).findType('struct', 'node')).toBeUndefined();
    file.close();
  });

  test.skipIf(!has('gcc'))('nothing is said of a file that is whole', async () => {
    expect(
      spawnSync('sh', ['-c', `gcc -O2 -g ${version} a.c -o whole`], { cwd: root }).status,
    ).toBe(0);
    const file = await openDebugFile(join(root, 'whole'));
    expect(file.warnings).toEqual([]);
    file.close();
  });
});

/** `add 11 < work 14`: each function with its line, the innermost first. */
function addr2line(addresses: readonly bigint[], file: string): string[] {
  return addresses.map((address) => {
    const args = ['-i', '-f', '-e', file, `0x${address.toString(16)}`];
    const lines = spawnSync('addr2line', args, { cwd: root, encoding: 'utf8' }).stdout.split('\n');
    const pairs: string[] = [];
    for (let i = 0; i + 1 < lines.length; i += 2) {
      pairs.push(`${lines[i]} ${/:(\d+)/.exec(lines[i + 1]!)?.[1] ?? '0'}`);
    }
    return pairs.join(' < ');
  });
}
