import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { startLoopback, type Loopback } from '../../../src-main/hosts/loopback/server.ts';
import { createRecentFiles } from '../../../src-main/hosts/node/recent-files.ts';
import { realEngine } from './engine.ts';

export const root = join(import.meta.dirname, '..', '..', '..');
export const SAMPLE = join(root, 'build', 'sample', 'sample.kdump');

export interface ServedWindow {
  readonly url: string;
  close(): Promise<void>;
}

/** The loopback host over the built window, with an engine of this process or another one. */
export async function serveWindow(
  options: { readonly dump?: string; readonly engine?: EngineService } = {},
): Promise<ServedWindow> {
  const folder = mkdtempSync(join(tmpdir(), 'oopscope-e2e-'));
  const host: Loopback = await startLoopback({
    engine: options.engine ?? realEngine(),
    rendererFolder: process.env['OOPSCOPE_RENDERER'] ?? join(root, 'out', 'renderer'),
    version: '0.0.0-test',
    recent: createRecentFiles(join(folder, 'recent.json')),
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
