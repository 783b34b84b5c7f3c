import type { Transport } from '../contract/rpc.ts';

/** As much of a `MessagePort` (DOM or Node) as is needed here. */
export interface MessagePortLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
  start?(): void;
  close(): void;
}

/** Messages by structured clone over a MessagePort. Begins to receive at once. */
export function portTransport<Out, In>(port: MessagePortLike): Transport<Out, In> {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (handler) => {
      port.addEventListener('message', (event) => handler(event.data as In));
      port.start?.();
    },
    onClose: (handler) => port.addEventListener('close', () => handler('the other side is gone')),
    close: () => port.close(),
  };
}
