import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';

/**
 * The real engine, which finds no debuginfo but beside the dump: what this machine has installed,
 * cached or remembered changes no test.
 */
export function realEngine(): EngineService {
  const root = mkdtempSync(join(tmpdir(), 'oopscope-places-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  const cache = openCacheFolder({ folder: join(root, 'cache') });
  return createEngineService(
    createEngineDeps({ root, env: { HOME: root }, cache, folders: () => [] }),
  );
}
