import type { MessagePort, Worker } from 'node:worker_threads';
import type {
  ClientMessage,
  ServerMessage,
  Transport,
} from '../../../src-shared/contract/index.ts';

/** The host's end of a session worker. `describeEnd` turns an exit into a sentence. */
export function workerTransport(
  worker: Worker,
  describeEnd: (cause: WorkerEnd) => string,
): Transport<ClientMessage, ServerMessage> {
  const handlers: ((why: string) => void)[] = [];
  let error: Error | undefined;
  let ended = false;
  const end = (cause: WorkerEnd) => {
    if (ended) return;
    ended = true;
    const why = describeEnd(cause);
    for (const handler of handlers) handler(why);
  };
  // `error` comes before `exit`; the exit is what says that the worker is gone.
  worker.on('error', (thrown) => {
    error = thrown instanceof Error ? thrown : new Error(String(thrown));
  });
  worker.on('messageerror', (thrown) => {
    error = thrown;
    void worker.terminate();
  });
  worker.on('exit', (code) => end({ code, error }));
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (handler) => worker.on('message', handler),
    onClose: (handler) => handlers.push(handler),
    close: () => void worker.terminate(),
  };
}

export interface WorkerEnd {
  readonly code: number;
  /** What the worker died of, when it did not end by itself. */
  readonly error: Error | undefined;
}

/** The session worker's own end. */
export function parentTransport(port: MessagePort): Transport<ServerMessage, ClientMessage> {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (handler) => port.on('message', handler),
    onClose: (handler) => port.on('close', () => handler('the host is gone')),
    close: () => port.close(),
  };
}
