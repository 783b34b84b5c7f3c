import type { HostBridge } from '../../src-shared/contract/index.ts';
import { PORT_MESSAGE, PRELOAD_KEY, type PreloadApi } from '../../src-shared/contract/preload.ts';
import { portTransport, RpcConnection } from '../../src-shared/rpc/index.ts';
import { bridgeOver } from './bridge.ts';

/** What the preload put on the window; undefined in a browser. */
export function preloadApi(): PreloadApi | undefined {
  return (globalThis as unknown as Record<string, PreloadApi | undefined>)[PRELOAD_KEY];
}

/** Asks the preload for the port to the main process and connects over it. */
export async function connectElectron(api: PreloadApi): Promise<HostBridge> {
  const port = await new Promise<MessagePort>((resolve) => {
    const listen = (event: MessageEvent<unknown>) => {
      const [found] = event.ports;
      if (event.source !== window || event.data !== PORT_MESSAGE || found === undefined) return;
      removeEventListener('message', listen);
      resolve(found);
    };
    addEventListener('message', listen);
    api.connect();
  });
  return bridgeOver(new RpcConnection(portTransport(port)), {
    pathOfDroppedFile: (file) => api.pathOfDroppedFile(file),
  });
}
