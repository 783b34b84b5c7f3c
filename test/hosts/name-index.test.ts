import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NameIndex } from '../../src-main/engine/debuginfo/dwarf/name-index.ts';
import { INDEX_NAME, readNameIndex } from '../../src-main/hosts/node/name-index.ts';
import { openCacheFolder } from '../../src-main/io/cache-folder.ts';
import { openDebugFile } from '../../src-main/io/debuginfo-search/open-debug-file.ts';
import { drawBuildIdNote, drawElfFile } from '../support/debuginfo/draw-elf.ts';
import { drawDwarf } from '../support/dwarf/draw-dwarf.ts';

const ID = '00112233445566778899aabbccddeeff00112233';
const never = new AbortController().signal;
const unit = (name: string): string => `
  unit version=5
  compile_unit name="${name}.c" language=0x1d {
    structure_type name/strp="${name}" byte_size=16 decl_line=10 {
    }
    structure_type name/strp="list_head" byte_size=16 decl_line=7 {
    }
  }
`;

let root: string;
let cacheFolder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'oopscope-names-'));
  cacheFolder = join(root, 'cache');
});
afterEach(() => rmSync(root, { recursive: true }));

const kept = (): string => join(cacheFolder, ID.slice(0, 2), ID.slice(2), INDEX_NAME);

function putVmlinux(names: readonly string[], file = 'vmlinux'): string {
  const { sections } = drawDwarf(names.map(unit).join('\n'));
  const path = join(root, file);
  const drawn = Object.entries(sections).map(([key, bytes]) => ({
    name: `.debug_${key}`,
    bytes: [...bytes],
  }));
  const note = { name: '.note', type: 7, bytes: drawBuildIdNote(ID) };
  writeFileSync(path, drawElfFile({ sections: [note, ...drawn] }));
  return path;
}

/** What a process of its own would do. */
async function readOnce(path: string, signal = never): Promise<NameIndex> {
  const cache = openCacheFolder({ folder: cacheFolder });
  const opened = await openDebugFile(path);
  try {
    const { dwarf, buildId } = opened;
    return await readNameIndex({ path, buildId, dwarf: dwarf!, folders: [] }, cache, signal);
  } finally {
    opened.close();
  }
}

const dataOf = ({ hashes, dies, kinds, unitOffsets }: NameIndex) => ({
  hashes: [...hashes],
  dies: [...dies],
  kinds: [...kinds],
  unitOffsets: [...unitOffsets],
});

describe('the index of names of a file', () => {
  it('is made by workers, kept, and the next time taken from the cache', async () => {
    const path = putVmlinux(['inode', 'dentry']);
    const made = await readOnce(path);
    // inode, dentry, and the list_head that both units define alike
    expect(made.hashes).toHaveLength(3);
    const file = readFileSync(kept());
    expect(dataOf(await readOnce(path))).toEqual(dataOf(made));
    expect(readFileSync(kept())).toEqual(file);
    expect(readdirSync(join(cacheFolder, 'parts'))).toEqual([]);
  });

  it('is made anew where the cache is damaged, cut, of an older layout or of another file', async () => {
    const path = putVmlinux(['inode', 'dentry']);
    const made = dataOf(await readOnce(path));
    const good = readFileSync(kept());
    const flipped = [0, 7, 9, 17, 25, 33, 41, good.length - 1].map((at) => {
      const bytes = Buffer.from(good);
      bytes[at]! ^= 0x10;
      return bytes;
    });
    await readOnce(putVmlinux(['super_block', 'file'], 'other'));
    const ofAnother = readFileSync(kept());
    expect(ofAnother).not.toEqual(good);
    for (const bad of [...flipped, good.subarray(0, 20), good.subarray(0, -1), ofAnother]) {
      writeFileSync(kept(), bad);
      expect(dataOf(await readOnce(path))).toEqual(made);
      expect(readFileSync(kept())).toEqual(good);
    }
  });

  it('of a file that only claims the build-id, with sections of the same sizes, is not taken for another', async () => {
    const claims = putVmlinux(['dnetry', 'inode'], 'made-up');
    const genuine = putVmlinux(['inode', 'dentry'], 'genuine');
    expect(readFileSync(claims).length).toBe(readFileSync(genuine).length);
    const wrong = dataOf(await readOnce(claims));
    rmSync(kept());
    const right = dataOf(await readOnce(genuine));
    expect(right).not.toEqual(wrong);
    rmSync(kept());
    await readOnce(claims);
    expect(dataOf(await readOnce(genuine))).toEqual(right);
  });

  it('made by several processes at once is the same for all', async () => {
    const path = putVmlinux(['inode', 'dentry']);
    const all = await Promise.all([1, 2, 3].map(() => readOnce(path)));
    const [first] = all.map(dataOf);
    for (const each of all) expect(dataOf(each)).toEqual(first);
    expect(readdirSync(join(cacheFolder, 'parts'))).toEqual([]);
    expect(dataOf(await readOnce(path))).toEqual(first);
  });

  it('a session that ends leaves nothing behind', async () => {
    const path = putVmlinux(['inode']);
    const end = new AbortController();
    const reading = readOnce(path, end.signal);
    end.abort(new Error('the dump was closed'));
    await expect(reading).rejects.toThrow('the dump was closed');
    expect(() => readFileSync(kept())).toThrow();
  });

  it('a cache that cannot be written costs nothing but time', async () => {
    const path = putVmlinux(['inode']);
    writeFileSync(cacheFolder, 'a file where the folder should be');
    expect((await readOnce(path)).hashes).toHaveLength(2);
  });
});
