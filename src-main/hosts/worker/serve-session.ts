import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { serve, type CancelFlags } from '../../../src-shared/rpc/index.ts';
import { parentTransport } from './worker-transport.ts';

/** What the host gives a session worker at its start. */
export interface SessionWorkerData {
  readonly oopscopeCancelFlags: CancelFlags;
}

/** Serves an engine to the host that started this worker thread. */
export function serveSession(engine: EngineService): void {
  if (isMainThread || parentPort === null) {
    throw new Error('this file runs as a worker thread of Oopscope');
  }
  const { oopscopeCancelFlags } = workerData as SessionWorkerData;
  serve(engine, parentTransport(parentPort), { flags: oopscopeCancelFlags });
}
