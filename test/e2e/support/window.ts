import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { startLoopback, type Loopback } from '../../../src-main/hosts/loopback/server.ts';
import { createRecentFiles } from '../../../src-main/hosts/node/recent-files.ts';
import { realEngine, realFolders } from './engine.ts';

export const root = join(import.meta.dirname, '..', '..', '..');
export const SAMPLE = join(root, 'build', 'sample', 'sample.kdump');

export interface ServedWindow {
  readonly url: string;
  close(): Promise<void>;
}

/** The loopback host over the built window, with an engine of this process or another one. */
export async function serveWindow(
  options: {
    readonly dump?: string;
    readonly engine?: EngineService;
    /** File with the remembered folders. */
    readonly settings?: string;
  } = {},
): Promise<ServedWindow> {
  const folder = mkdtempSync(join(tmpdir(), 'oopscope-e2e-'));
  const settings = options.settings ?? join(folder, 'debuginfo.json');
  const host: Loopback = await startLoopback({
    engine: options.engine ?? realEngine(settings),
    rendererFolder: process.env['OOPSCOPE_RENDERER'] ?? join(root, 'out', 'renderer'),
    version: '0.0.0-test',
    recent: createRecentFiles(join(folder, 'recent.json')),
    folders: realFolders(settings),
    ...(options.dump !== undefined && { initial: [[options.dump]] }),
  });
  return {
    url: host.url,
    close: async () => {
      await host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
