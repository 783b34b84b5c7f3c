import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createFolderSettings } from '../../../src-main/hosts/node/debuginfo-folders.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { openDebuginfoFolders } from '../../../src-main/io/debuginfo-search/folders-file.ts';

const root = mkdtempSync(join(tmpdir(), 'oopscope-places-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
const env = { HOME: root };

/**
 * The real engine, which finds debuginfo beside the dump and in folders that the test remembers:
 * what this machine has installed, cached or remembered changes no test.
 * @param settings file with the remembered folders; one of its own without
 */
export function realEngine(settings = join(root, 'none.json')): EngineService {
  const cache = openCacheFolder({ folder: join(root, 'cache') });
  const folders = openDebuginfoFolders(settings);
  return createEngineService(createEngineDeps({ root, env, cache, folders: () => folders.read() }));
}

/** What the host tells and changes of the folders that {@link realEngine} searches. */
export function realFolders(settings: string) {
  const cache = openCacheFolder({ folder: join(root, 'cache') });
  return createFolderSettings({ file: settings, root, env, cache });
}
