import { resolve } from 'node:path';
import type { Block } from '../../../src-shared/contract/index.ts';
import { errorInfoOf } from '../../../src-shared/rpc/rpc-error.ts';
import { openCacheFolder } from '../../io/cache-folder.ts';
import { sizeText } from '../../render/units.ts';
import { createFolderSettings } from '../node/debuginfo-folders.ts';
import { writeBlocks } from './block-writer.ts';
import type { DebuginfoAction } from './debuginfo-arguments.ts';
import { cacheBlocks, folderBlocks } from './debuginfo-blocks.ts';
import { readCachedFiles } from './cached-files.ts';
import { EXIT } from './exit-codes.ts';
import type { Output } from './output.ts';

/** `oopscope debuginfo list|add|remove|clear`: what is set and kept for all dumps. */
export async function debuginfo(
  { action, folders, format }: DebuginfoAction,
  output: Output,
): Promise<number> {
  const line = ['debuginfo', action, ...folders].join(' ');
  const blocks: Block[] = [];
  try {
    for await (const block of ACTIONS[action](folders)) blocks.push(block);
    writeBlocks(format, line, output, blocks, undefined);
    return blocks.some(isError) ? EXIT.commandFailed : EXIT.ok;
  } catch (thrown) {
    const error = errorInfoOf(thrown);
    if (error.kind === 'internal') throw thrown;
    writeBlocks(format, line, output, blocks, error);
    return EXIT.commandFailed;
  }
}

const ACTIONS: Readonly<
  Record<DebuginfoAction['action'], (folders: readonly string[]) => AsyncGenerator<Block>>
> = {
  async *list() {
    const cache = openCacheFolder();
    yield* folderBlocks(await createFolderSettings().list({}));
    yield* cacheBlocks(await readCachedFiles(cache), cache);
  },
  async *add(folders) {
    for (const folder of folders) {
      const path = resolve(folder);
      await createFolderSettings().add({ path });
      yield said(`${path} is searched for debuginfo of every dump`);
    }
  },
  async *remove(folders) {
    const settings = createFolderSettings();
    for (const folder of folders) {
      const known = (await settings.list({})).folders.some(({ path }) => path === folder);
      const path = known ? folder : resolve(folder);
      await settings.remove({ path });
      yield said(`${path} is not searched any more`);
    }
  },
  async *clear() {
    const cache = openCacheFolder();
    const { files, bytes, problems } = await cache.clear();
    const what = files === 1 ? '1 file' : `${files} files`;
    yield said(`Removed ${what} (${sizeText(bytes)}) from ${cache.folder}`);
    for (const text of problems) yield { type: 'notice', severity: 'error', text };
  },
};

function said(line: string): Block {
  return { type: 'text', lines: [line] };
}

function isError(block: Block): boolean {
  return block.type === 'notice' && block.severity === 'error';
}
