import type { EngineService, SessionId } from '../../../src-shared/contract/index.ts';
import { RpcError } from '../../../src-shared/rpc/index.ts';

/**
 * The engine as one window sees it: only its own sessions, which end with it. A page that is
 * reloaded or closed leaves no dump open behind it.
 */
export function scopeSessions(
  engine: EngineService,
  onOpened?: (paths: readonly string[], release: string | undefined) => void,
): { readonly engine: EngineService; end(): void } {
  const own = new Set<SessionId>();
  let ended = false;
  const drop = (session: SessionId) => {
    engine.close({ session }).catch(() => undefined);
  };
  const check = <R extends { readonly session: SessionId }>(request: R): R => {
    if (own.has(request.session)) return request;
    throw new RpcError('gone', `no dump is open as '${request.session}'`);
  };
  return {
    engine: {
      async open(request, call) {
        const info = await engine.open(request, call);
        if (ended || call?.signal?.aborted) {
          drop(info.session);
          throw new RpcError('cancelled', 'the window is gone');
        }
        own.add(info.session);
        onOpened?.(request.paths, info.release);
        return info;
      },
      async close(request) {
        check(request);
        own.delete(request.session);
        await engine.close(request);
      },
      attachDebuginfo: async (request, call) => engine.attachDebuginfo(check(request), call),
      attachSources: async (request, call) => engine.attachSources(check(request), call),
      readSource: async (request) => engine.readSource(check(request)),
      run: async (request, call) => engine.run(check(request), call),
      readMemory: async (request) => engine.readMemory(check(request)),
      resolve: async (request) => engine.resolve(check(request)),
      complete: async (request) => engine.complete(check(request)),
      describe: async (request) => engine.describe(check(request)),
      identify: async (request, call) => engine.identify(check(request), call),
      regions: async (request) => engine.regions(check(request)),
      commands: () => engine.commands(),
    },
    end() {
      ended = true;
      for (const session of own) drop(session);
      own.clear();
    },
  };
}
