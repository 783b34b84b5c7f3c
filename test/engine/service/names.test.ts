import { describe, expect, it } from 'vitest';
import { DwarfFile } from '../../../src-main/engine/debuginfo/dwarf/dwarf-file.ts';
import {
  parseNameIndex,
  serializeNameIndex,
} from '../../../src-main/engine/debuginfo/dwarf/name-index-file.ts';
import { buildNameIndex } from '../../../src-main/engine/debuginfo/dwarf/name-index.ts';
import { NamesOnDemand, withNames } from '../../../src-main/engine/service/names.ts';
import { DwarfTypeFinder, NamesNeeded } from '../../../src-main/engine/types/dwarf-type-finder.ts';
import { drawDwarf, sectionsOf } from '../../support/dwarf/draw-dwarf.ts';

const SECTIONS = sectionsOf(
  drawDwarf(`
  unit version=5
  compile_unit name="a.c" language=0x1d {
    structure_type name/strp="inode" byte_size=600 decl_line=1 {
    }
    structure_type name/strp="dentry" byte_size=192 decl_line=9 {
    }
  }
`).sections,
);
const finderOf = (): DwarfTypeFinder => new DwarfTypeFinder(new DwarfFile(SECTIONS));
const indexOf = () => buildNameIndex(new DwarfFile(SECTIONS));

describe('names on demand', () => {
  it('a look-up waits for the index, which is read once', async () => {
    const finder = finderOf();
    let reads = 0;
    const names = new NamesOnDemand(finder, () => {
      reads++;
      return Promise.resolve(indexOf());
    });
    expect(() => finder.findType('struct', 'inode')).toThrow(NamesNeeded);
    const sizes = await Promise.all(
      ['inode', 'dentry'].map((name) => withNames(names, () => finder.findType('struct', name))),
    );
    expect(sizes).toMatchObject([{ size: 600 }, { size: 192 }]);
    expect(reads).toBe(1);
  });

  it('is not read when nothing is looked up', () => {
    let reads = 0;
    new NamesOnDemand(finderOf(), () => {
      reads++;
      return Promise.resolve(indexOf());
    }).close();
    expect(reads).toBe(0);
  });

  it.each([
    ['no worker starts', () => Promise.reject(new Error('no threads left'))],
    ['the index is of another file', () => Promise.resolve({ ...indexOf(), infoSize: 1 })],
  ])('where %s the file is read at once', async (_, read) => {
    const finder = finderOf();
    const names = new NamesOnDemand(finder, read);
    expect(await withNames(names, () => finder.findType('struct', 'inode'))).toMatchObject({
      size: 600,
    });
  });

  it('the end of the session ends the reading', async () => {
    const names = new NamesOnDemand(
      finderOf(),
      (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error()))),
    );
    const ready = names.ready();
    names.close();
    await expect(ready).resolves.toBeUndefined();
  });
});

describe('an index that is wrong though its checksum is right', () => {
  it('finds nothing rather than another thing', () => {
    const index = indexOf();
    const swapped = { ...index, dies: index.dies.slice().reverse() };
    const finder = finderOf();
    expect(finder.useIndex(parseNameIndex(serializeNameIndex(swapped, 'id'), 'id'))).toBe(true);
    expect(finder.findType('struct', 'inode')).toBeUndefined();
  });

  it.each([
    ['hashes out of order', { hashes: indexOf().hashes.slice().reverse() }],
    ['DIEs beyond .debug_info', { dies: indexOf().dies.map(() => 1e9) }],
    ['no such kind', { kinds: indexOf().kinds.map(() => 77) }],
    ['units out of order', { unitOffsets: Float64Array.of(5, 0) }],
    ['an offset that is no number', { dies: indexOf().dies.map(() => NaN) }],
  ])('%s: it is refused', (_, change) => {
    const bytes = serializeNameIndex({ ...indexOf(), ...change }, 'id');
    expect(() => parseNameIndex(bytes, 'id')).toThrow(/index of DWARF names/);
  });
});
