import { EventEmitter } from 'node:events';

/** One end of a MessageChannelMain: clones what it carries and delivers it later. */
export class MessagePortMain extends EventEmitter {
  other: MessagePortMain | undefined;
  #queue: unknown[] = [];
  #started = false;
  #closed = false;

  postMessage(message: unknown): void {
    const copy = structuredClone(message);
    queueMicrotask(() => this.other?.deliver(copy));
  }

  start(): void {
    this.#started = true;
    for (const data of this.#queue.splice(0)) this.emit('message', { data, ports: [] });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    queueMicrotask(() => {
      this.emit('close');
      this.other?.close();
    });
  }

  deliver(data: unknown): void {
    if (this.#closed) return;
    if (this.#started) this.emit('message', { data, ports: [] });
    else this.#queue.push(data);
  }
}

export class MessageChannelMain {
  readonly port1 = new MessagePortMain();
  readonly port2 = new MessagePortMain();
  constructor() {
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}
