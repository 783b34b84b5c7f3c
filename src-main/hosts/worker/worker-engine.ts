import { totalmem } from 'node:os';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import type {
  CallOptions,
  EngineService,
  OpenProgress,
  OpenRequest,
  SessionId,
  SessionInfo,
} from '../../../src-shared/contract/index.ts';
import {
  createCancelFlags,
  ENGINE_METHODS,
  engineOf,
  RpcConnection,
  RpcError,
} from '../../../src-shared/rpc/index.ts';
import { debuginfoApart } from '../node/file-kind.ts';
import type { SessionWorkerData } from './serve-session.ts';
import { workerTransport, type WorkerEnd } from './worker-transport.ts';

export interface WorkerEngineOptions {
  /** The worker's entry. */
  readonly entry?: URL;
  /** JavaScript heap of one session, in MiB; typed arrays (page cache, tables) are not counted. */
  readonly heapMiB?: number;
  /** How many dumps may be open at a time. */
  readonly maxSessions?: number;
}

/** An engine whose every dump lives in a worker thread of its own. */
export interface WorkerEngine extends EngineService {
  /** Starts a worker ahead of need, so that the next `open` does not wait for its start. */
  prepare(): void;
  /** Ends all workers. */
  dispose(): Promise<void>;
}

interface Lane {
  readonly worker: Worker;
  readonly connection: RpcConnection;
  readonly engine: EngineService;
  /** For messages. */
  name: string;
  /** Closed on purpose. */
  closed: boolean;
  /** The id that the engine inside the worker gave. */
  inner: SessionId;
}

/** Sessions that are no longer there, with why, for those who still call them. */
const MAX_REMEMBERED_ENDS = 64;

/**
 * An {@link EngineService} for hosts: one worker thread a dump, calls routed by session. A worker
 * that dies (out of memory, an uncaught error) ends its own session with a sentence that says so;
 * the others go on. A cancelled `open` ends its worker at once.
 */
export function createWorkerEngine(options: WorkerEngineOptions = {}): WorkerEngine {
  const entry = options.entry ?? new URL('./session-worker.ts', import.meta.url);
  const heapMiB = options.heapMiB ?? defaultHeapMiB();
  const maxSessions = options.maxSessions ?? 16;
  const lanes = new Map<SessionId, Lane>();
  const ends = new Map<SessionId, string>();
  let spare: Lane | undefined;
  let opening = 0;
  let lastSession = 0;
  let disposed = false;

  function start(): Lane {
    if (disposed) throw new RpcError('gone', 'the host is closing');
    const flags = createCancelFlags();
    const data: SessionWorkerData = { oopscopeCancelFlags: flags };
    const worker = new Worker(entry, {
      name: 'oopscope-session',
      workerData: data,
      resourceLimits: {
        maxOldGenerationSizeMb: heapMiB,
        maxYoungGenerationSizeMb: 64,
        stackSizeMb: 8,
      },
    });
    const lane = { worker, name: '', closed: false, inner: '' } as {
      -readonly [K in keyof Lane]: Lane[K];
    };
    const transport = workerTransport(worker, (end) =>
      lane.closed ? `${lane.name} was closed` : endSentence(lane.name, end, heapMiB),
    );
    lane.connection = new RpcConnection(transport, flags);
    lane.engine = engineOf(lane.connection);
    lane.connection.onGone(() => {
      if (spare === lane) spare = undefined;
    });
    return lane;
  }

  function take(): Lane {
    const lane = spare ?? start();
    spare = undefined;
    return lane;
  }

  function remember(session: SessionId, why: string): void {
    lanes.delete(session);
    ends.set(session, why);
    for (const oldest of ends.keys()) {
      if (ends.size <= MAX_REMEMBERED_ENDS) break;
      ends.delete(oldest);
    }
  }

  async function open(
    request: OpenRequest,
    call?: CallOptions<OpenProgress>,
  ): Promise<SessionInfo> {
    if (lanes.size + opening >= maxSessions) {
      throw new RpcError('open', `${maxSessions} dumps are open already: close one first`);
    }
    opening++;
    const lane = take();
    lane.name = request.paths.map((path) => basename(path)).join(', ');
    try {
      const info = await lane.engine.open(debuginfoApart(request), call);
      lane.inner = info.session;
      const session = `dump-${++lastSession}`;
      lanes.set(session, lane);
      lane.connection.onGone((why) => remember(session, why));
      return { ...info, session };
    } catch (error) {
      void lane.worker.terminate();
      throw error;
    } finally {
      opening--;
    }
  }

  function laneOf(session: SessionId): Lane {
    const lane = lanes.get(session);
    if (lane !== undefined) return lane;
    throw new RpcError('gone', ends.get(session) ?? `no dump is open as '${session}'`);
  }

  async function close({ session }: { readonly session: SessionId }): Promise<void> {
    const lane = laneOf(session);
    lane.closed = true;
    lanes.delete(session);
    await lane.worker.terminate();
  }

  async function commands() {
    const lane = lanes.values().next().value ?? (spare ??= start());
    return lane.engine.commands();
  }

  /** Passes a call on to the session's worker, under the worker's own session id. */
  const routed =
    (method: keyof EngineService) =>
    async (request: { readonly session: SessionId }, call?: CallOptions<unknown>) => {
      const lane = laneOf(request.session);
      const answer = await lane.connection.call(method, { ...request, session: lane.inner }, call);
      return withSession(answer, request.session);
    };

  const service: Record<string, unknown> = { open, close, commands };
  for (const method of Object.keys(ENGINE_METHODS) as (keyof EngineService)[]) {
    service[method] ??= routed(method);
  }
  service['prepare'] = () => {
    if (!disposed) spare ??= start();
  };
  service['dispose'] = async () => {
    disposed = true;
    const workers = [...lanes.values(), ...(spare ? [spare] : [])].map((lane) => lane.worker);
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  return service as unknown as WorkerEngine;
}

/** An answer that tells of its session is given the id that the caller knows. */
function withSession(answer: unknown, session: SessionId): unknown {
  const tells = typeof answer === 'object' && answer !== null && 'session' in answer;
  return tells ? { ...answer, session } : answer;
}

/** Half of the machine's memory, from 1 to 4 GiB (what a heap with pointer compression can hold). */
function defaultHeapMiB(): number {
  const half = Math.floor(totalmem() / 2 / 1024 / 1024);
  return Math.min(4096, Math.max(1024, half));
}

function endSentence(name: string, end: WorkerEnd, heapMiB: number): string {
  const whose = name === '' ? 'The engine' : `The engine of ${name}`;
  const code = end.error !== undefined && 'code' in end.error ? end.error.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return `${whose} ran out of memory (limit ${heapMiB} MiB of heap); open the dump again`;
  }
  if (end.error !== undefined) {
    return `${whose} failed: ${end.error.message}; open the dump again`;
  }
  return `${whose} ended (code ${end.code})`;
}
