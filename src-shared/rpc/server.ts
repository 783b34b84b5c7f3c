import type { HostService } from '../contract/host.ts';
import type { ClientMessage, ServerMessage, Transport } from '../contract/rpc.ts';
import type { CallOptions, EngineService } from '../contract/service.ts';
import { CallSignal, type CancelFlags } from './cancel.ts';
import { ENGINE_METHODS, HOST_METHODS, type Method, type MethodTable } from './methods.ts';
import { errorInfoOf, RpcError } from './rpc-error.ts';

export type ServerTransport = Transport<ServerMessage, ClientMessage>;

/** Calls one client may have under way; more are refused. */
export const MAX_CALLS = 256;

type Handler = (request: unknown, options: CallOptions<unknown>) => Promise<unknown>;

export interface ServeOptions {
  readonly host?: HostService;
  readonly flags?: CancelFlags;
}

/**
 * Answers the calls that arrive over `transport`. Every message is checked before anything is done
 * with it: a call that is not in the table or whose request has the wrong shape is refused with
 * `protocol`; a message that is no call at all ends the transport. When the transport closes, what
 * is under way is cancelled.
 */
export function serve(
  engine: EngineService,
  transport: ServerTransport,
  options: ServeOptions = {},
): void {
  const handlers = new Map<string, { method: Method; handler: Handler }>();
  register(handlers, ENGINE_METHODS, engine);
  if (options.host !== undefined) register(handlers, HOST_METHODS, options.host);

  const running = new Map<number, CallSignal>();
  let open = true;

  const post = (message: ServerMessage) => {
    if (open) transport.post(message);
  };

  const answer = (id: number, thrown: unknown) =>
    post({ type: 'error', id, error: errorInfoOf(thrown) });

  async function dispatch(id: number, name: string, request: unknown): Promise<void> {
    const found = handlers.get(name);
    if (found === undefined) throw new RpcError('protocol', `unknown method '${name}'`);
    const problem = found.method.request(request, 'request');
    if (problem !== undefined) throw new RpcError('protocol', `${name}: ${problem}`);
    if (running.size >= MAX_CALLS) throw new RpcError('protocol', 'too many calls under way');

    const signal = new CallSignal(id, options.flags);
    running.set(id, signal);
    try {
      const onProgress = found.method.progress
        ? (value: unknown) => {
            if (!signal.aborted) post({ type: 'progress', id, value });
          }
        : undefined;
      const value = await found.handler(request, {
        signal: signal as unknown as AbortSignal,
        ...(onProgress && { onProgress }),
      });
      post({ type: 'result', id, value });
    } finally {
      running.delete(id);
    }
  }

  transport.onMessage((message: unknown) => {
    const problem = messageProblem(message);
    if (problem !== undefined) {
      open = false;
      transport.close();
      cancelAll(running);
      return;
    }
    const sound = message as ClientMessage;
    if (sound.type === 'cancel') {
      running.get(sound.id)?.cancel();
      return;
    }
    if (running.has(sound.id)) {
      answer(sound.id, new RpcError('protocol', `call ${sound.id} is under way already`));
      return;
    }
    dispatch(sound.id, sound.method, sound.request).catch((error: unknown) => {
      answer(sound.id, error);
    });
  });

  transport.onClose(() => {
    open = false;
    cancelAll(running);
  });
}

function cancelAll(running: ReadonlyMap<number, CallSignal>): void {
  for (const signal of running.values()) signal.cancel();
}

function register<Service>(
  handlers: Map<string, { method: Method; handler: Handler }>,
  methods: MethodTable<Service>,
  service: Service,
): void {
  for (const [name, method] of Object.entries<Method>(methods)) {
    const call = service[name as keyof Service] as Handler;
    handlers.set(name, {
      method,
      handler: (request, options) => call.call(service, request, options),
    });
  }
}

/** What is wrong with a message as such, whatever it calls. */
export function messageProblem(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null) return 'not an object';
  const { type, id, method } = message as Record<string, unknown>;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > 0x7fff_ffff) {
    return 'no call id';
  }
  if (type === 'cancel') return undefined;
  if (type !== 'call') return 'neither call nor cancel';
  return typeof method === 'string' && method.length <= 64 ? undefined : 'no method';
}
