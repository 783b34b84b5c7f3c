import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBtf } from '../../../src-main/engine/debuginfo/btf.ts';
import { BtfTypeFinder } from '../../../src-main/engine/types/btf-type-finder.ts';
import { BuiltInTypeFinder } from '../../../src-main/engine/types/built-in.ts';
import { declarationOf } from '../../../src-main/engine/types/declaration.ts';
import { definitionText } from '../../../src-main/engine/types/definition.ts';
import { TypeFinderChain } from '../../../src-main/engine/types/finder-chain.ts';
import { sizeOf } from '../../../src-main/engine/types/layout.ts';
import { parseTypeName } from '../../../src-main/engine/types/type-name.ts';
import { drawBtf } from '../../support/debuginfo/draw-btf.ts';

const KERNEL = `
  INT unsigned~long size=8
  STRUCT file size=232 { f_flags:1@0 }
  TYPEDEF atomic_t ->4
  STRUCT size=4 { counter:5@0 }
  INT int size=4 signed
  TYPEDEF pid_t ->5
  ENUM pid_type size=4 { PIDTYPE_PID=0 PIDTYPE_MAX=4 }
  ENUM size=4 { LOW=0 HIGH=5 TOP=6 }
  STRUCT holder size=40 { e:8@0 in:10@64 n:11@128 fa:15@192 tail:16@320 }
  STRUCT size=8 { lo:5@0 hi:5@32 }
  PTR ->12
  CONST ->13
  PTR ->14
  CONST ->2
  ARRAY ->11 n=2
  ARRAY ->5 n=0
`;

const chain = new TypeFinderChain([
  new BtfTypeFinder(parseBtf(drawBtf(KERNEL), 'BTF')),
  new BuiltInTypeFinder(),
]);
const parsed = (text: string): string => {
  const type = parseTypeName(chain, text);
  return type === undefined ? '-' : declarationOf(type);
};

describe('C type names', () => {
  it.each([
    ['struct file', 'struct file'],
    ['struct file *', 'struct file *'],
    ['struct file*', 'struct file *'],
    ['const struct file *const *', 'const struct file * const *'],
    ['unsigned long', 'unsigned long'],
    ['long unsigned int', 'unsigned long'],
    ['unsigned', 'unsigned int'],
    ['long long', 'long long'],
    ['short int unsigned', 'unsigned short'],
    ['u64[4]', 'u64 [4]'],
    ['char [2][3]', 'char [2][3]'],
    ['char *[8]', 'char *[8]'],
    ['char (*)[8]', 'char (*)[8]'],
    ['void (*)(struct file *, int)', 'void (*)(struct file *, int)'],
    ['int (*[2])(void)', 'int (*[2])(void)'],
    ['void (*(*)(int))(char)', 'void (*(*)(int))(char)'],
    ['int (*)(const char *, ...)', 'int (*)(const char *, ...)'],
    ['atomic_t', 'atomic_t'],
    ['enum pid_type', 'enum pid_type'],
    ['bool', 'bool'],
    ['void *', 'void *'],
  ])('%s', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  it.each([
    '',
    'struct',
    'struct nosuch',
    'nosuch_t',
    'long char',
    'unsigned signed',
    'int x',
    'int [',
    'int (',
    '*',
    'struct file {',
    'int [-1]',
    '((',
  ])('%j is none', (text) => {
    expect(parsed(text)).toBe('-');
  });

  it('has the sizes of C', () => {
    const size = (text: string) => sizeOf(parseTypeName(chain, text)!);
    expect(size('char [2][3]')).toBe(6);
    expect(size('struct file [0x2]')).toBe(464);
    expect(size('char (*)[8]')).toBe(8);
    expect(size('__int128')).toBe(16);
    expect(() => size('void')).toThrow('unknown type: size of void');
  });

  it('any text parses or does not, quickly', () => {
    const word = fc.constantFrom(
      'struct',
      'file',
      '*',
      '(',
      ')',
      '[',
      ']',
      'int',
      'const',
      ',',
      '3',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        parsed(words.join(' '));
      }),
      { seed: 4, numRuns: 500 },
    );
    expect(parsed(`${'('.repeat(400)}int`)).toBe('-');
    expect(parsed(`int ${'*'.repeat(900)}`)).toBe('-');
  });
});

describe('definitions', () => {
  const text = (name: string) => definitionText(parseTypeName(chain, name)!);
  it('of structs, with anonymous parts defined in place', () => {
    expect(text('struct holder')).toBe(
      [
        'struct holder {',
        '    enum {LOW, HIGH = 5, TOP} e;',
        '    struct {',
        '        int lo;',
        '        int hi;',
        '    } in;',
        '    const struct file * const *n;',
        '    const struct file * const *fa[2];',
        '    int tail[];',
        '}',
        'SIZE: 40',
      ].join('\n'),
    );
  });
  it('of typedefs and enums', () => {
    expect(text('atomic_t')).toBe('typedef struct {\n    int counter;\n} atomic_t;\nSIZE: 4');
    expect(text('pid_t')).toBe('typedef int pid_t;\nSIZE: 4');
    expect(text('enum pid_type')).toBe('enum pid_type {\n  PIDTYPE_PID = 0\n  PIDTYPE_MAX = 4\n};');
  });
  it('gives members of a named anonymous struct an offset only where their name alone has it', () => {
    expect(definitionText(parseTypeName(chain, 'struct holder')!, { offsets: true })).toContain(
      ['       struct {', '           int lo;', '           int hi;', '   [8] } in;'].join('\n'),
    );
  });
});

describe('the chain of finders', () => {
  it('asks in order, prefers complete types, and says whom it asked', () => {
    const forward = new BtfTypeFinder(parseBtf(drawBtf('FWD file'), 'BTF:first'));
    const both = new TypeFinderChain([forward]);
    expect(both.typeNamed('struct', 'file')).toMatchObject({ incomplete: true });
    both.add(new BtfTypeFinder(parseBtf(drawBtf(KERNEL), 'BTF')));
    expect(both.typeNamed('struct', 'file')).toMatchObject({ incomplete: false, origin: 'BTF' });
    both.add(new BuiltInTypeFinder(), 'BTF');
    expect(both.finderNames).toEqual(['BTF:first', 'built-in', 'BTF']);
    expect(() => both.typeNamed('struct', 'nosuch')).toThrow(
      'unknown type: struct nosuch (asked BTF:first, built-in, BTF)',
    );
  });
});
