import type {
  ClientMessage,
  ServerMessage,
  Transport,
} from '../../../src-shared/contract/index.ts';

/**
 * Two ends of a transport inside one thread. Every message is structured-cloned and delivered
 * later, so that a test over it fails where a real channel would: a function, a class instance or
 * a shared object in a message does not survive.
 */
export function pairedTransports(): {
  readonly client: Transport<ClientMessage, ServerMessage>;
  readonly server: Transport<ServerMessage, ClientMessage>;
} {
  const client = new End<ClientMessage, ServerMessage>();
  const server = new End<ServerMessage, ClientMessage>();
  client.other = server;
  server.other = client;
  return { client, server };
}

class End<Out, In> implements Transport<Out, In> {
  other: End<In, Out> | undefined;
  #onMessage: ((message: In) => void) | undefined;
  readonly #onClose: ((why: string) => void)[] = [];
  #open = true;

  post(message: Out): void {
    if (!this.#open) return;
    const copy = structuredClone(message);
    queueMicrotask(() => this.other?.deliver(copy));
  }

  onMessage(handler: (message: In) => void): void {
    this.#onMessage = handler;
  }

  onClose(handler: (why: string) => void): void {
    this.#onClose.push(handler);
  }

  close(): void {
    this.end('closed on this side');
    queueMicrotask(() => this.other?.end('closed by the other side'));
  }

  deliver(message: In): void {
    if (this.#open) this.#onMessage?.(message);
  }

  end(why: string): void {
    if (!this.#open) return;
    this.#open = false;
    for (const handler of this.#onClose) handler(why);
  }
}
