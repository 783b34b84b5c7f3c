import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createFolderSettings } from '../../../src-main/hosts/node/debuginfo-folders.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { openDebuginfoFolders } from '../../../src-main/io/debuginfo-search/folders-file.ts';

const roots = mkdtempSync(join(tmpdir(), 'oopscope-places-'));
process.once('exit', () => rmSync(roots, { recursive: true, force: true }));

/** An empty machine. */
function newRoot() {
  const root = mkdtempSync(join(roots, 'root-'));
  const cache = openCacheFolder({ folder: join(root, 'cache') });
  return { root, env: { HOME: root }, cache };
}

/**
 * The real engine, which finds debuginfo beside the dump and in folders that the test remembers:
 * what this machine has installed, cached or remembered changes no test.
 * @param settings file with the remembered folders
 */
export function realEngine(settings?: string): EngineService {
  const places = newRoot();
  const remembered = openDebuginfoFolders(settings ?? join(places.root, 'debuginfo.json'));
  return createEngineService(createEngineDeps({ ...places, folders: () => remembered.read() }));
}

/** What the host tells and changes of the folders that {@link realEngine} searches. */
export function realFolders(settings: string) {
  return createFolderSettings({ ...newRoot(), file: settings });
}
