import type { HostBridge } from '../../src-shared/contract/index.ts';
import { connectElectron, preloadApi } from './electron.ts';

/** Connects to whichever host this window runs in. */
export async function connectHost(): Promise<HostBridge> {
  const preload = preloadApi();
  if (preload !== undefined) return connectElectron(preload);
  const { connectLoopback } = await import('./loopback.ts');
  return connectLoopback();
}
