import type { HostService } from '../contract/host.ts';
import type { ClientMessage, ServerMessage, Transport } from '../contract/rpc.ts';
import type { CallOptions, EngineService } from '../contract/service.ts';
import { raiseCancelFlag, type CancelFlags } from './cancel.ts';
import { ENGINE_METHODS, HOST_METHODS, type MethodTable } from './methods.ts';
import { isErrorKind, RpcError } from './rpc-error.ts';

export type ClientTransport = Transport<ClientMessage, ServerMessage>;

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: RpcError) => void;
  readonly onProgress: ((value: unknown) => void) | undefined;
  /** Ends the listening to the caller's signal. */
  readonly release: () => void;
}

/** The calling side of a transport. Several services may share it; the ids are counted here. */
export class RpcConnection {
  readonly #transport: ClientTransport;
  readonly #flags: CancelFlags | undefined;
  readonly #pending = new Map<number, PendingCall>();
  readonly #goneHandlers = new Set<(why: string) => void>();
  #lastId = 0;
  #gone: string | undefined;

  /** @param flags memory shared with the dispatcher, where there is any: see cancel.ts */
  constructor(transport: ClientTransport, flags?: CancelFlags) {
    this.#transport = transport;
    this.#flags = flags;
    transport.onMessage((message) => this.#receive(message));
    transport.onClose((why) => this.#end(why));
  }

  /** Calls under way. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Calls `handler` once when the other side is gone; at once when it is gone already. */
  onGone(handler: (why: string) => void): () => void {
    if (this.#gone !== undefined) {
      handler(this.#gone);
      return () => undefined;
    }
    this.#goneHandlers.add(handler);
    return () => this.#goneHandlers.delete(handler);
  }

  close(): void {
    this.#transport.close();
    this.#end('the connection was closed');
  }

  /**
   * @throws RpcError what the other side answered; `cancelled` as soon as the signal is aborted,
   * without waiting for the other side; `gone` when the other side is gone
   */
  call(method: string, request: unknown, options?: CallOptions<unknown>): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(new RpcError('gone', this.#gone));
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(new RpcError('cancelled', 'cancelled'));
    this.#lastId = (this.#lastId % 0x7fff_fffe) + 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#pending.delete(id);
        if (this.#flags !== undefined) raiseCancelFlag(this.#flags, id);
        this.#transport.post({ type: 'cancel', id });
        reject(new RpcError('cancelled', 'cancelled'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const release = () => signal?.removeEventListener('abort', onAbort);
      this.#pending.set(id, { resolve, reject, onProgress: options?.onProgress, release });
      try {
        this.#transport.post({ type: 'call', id, method, request });
      } catch (error) {
        this.#pending.delete(id);
        release();
        reject(new RpcError('protocol', `the request cannot be sent: ${String(error)}`));
      }
    });
  }

  #receive(message: ServerMessage): void {
    const call = this.#pending.get(message.id);
    // Answers to cancelled calls arrive late and are nobody's.
    if (call === undefined) return;
    if (message.type === 'progress') {
      call.onProgress?.(message.value);
      return;
    }
    this.#pending.delete(message.id);
    call.release();
    if (message.type === 'result') {
      call.resolve(message.value);
    } else {
      const { kind, message: text } = message.error;
      call.reject(new RpcError(isErrorKind(kind) ? kind : 'internal', String(text)));
    }
  }

  #end(why: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = why;
    for (const call of this.#pending.values()) {
      call.release();
      call.reject(new RpcError('gone', why));
    }
    this.#pending.clear();
    for (const handler of this.#goneHandlers) handler(why);
    this.#goneHandlers.clear();
  }
}

/** A service whose methods call through `connection`; made from the table of its methods. */
export function clientOf<Service>(
  connection: RpcConnection,
  methods: MethodTable<Service>,
): Service {
  const service: Record<string, unknown> = {};
  for (const method of Object.keys(methods)) {
    service[method] = (request?: unknown, options?: CallOptions<unknown>) =>
      connection.call(method, request, options);
  }
  return service as Service;
}

/** The engine behind a transport. */
export function engineOf(connection: RpcConnection): EngineService {
  return clientOf(connection, ENGINE_METHODS);
}

export function hostOf(connection: RpcConnection): HostService {
  return clientOf(connection, HOST_METHODS);
}
