import type { CallOptions, EngineService } from '../../src-shared/contract/index.ts';
import { ENGINE_METHODS, RpcError } from '../../src-shared/rpc/index.ts';
import { makeVisible, visibleText } from '../../src-shared/text/visible.ts';

type Call = (request?: unknown, options?: CallOptions<unknown>) => Promise<unknown>;

/**
 * The engine with every string that comes from it made visible, answers, progress and errors:
 * names and messages of a dump may hold escape sequences, and characters that turn the direction of
 * the text around them. No view has to think of it, and none can forget; nor can the clipboard.
 */
export function visibleEngine(engine: EngineService): EngineService {
  const service: Record<string, Call> = {};
  for (const method of Object.keys(ENGINE_METHODS) as (keyof EngineService)[]) {
    const call = engine[method].bind(engine) as Call;
    service[method] = async (request, options) => {
      const onProgress = options?.onProgress;
      const shown = onProgress && {
        onProgress: (value: unknown) => onProgress(makeVisible(value)),
      };
      try {
        return makeVisible(await call(request, { ...options, ...shown }));
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        throw new RpcError(error.kind, visibleText(error.message));
      }
    };
  }
  return service as unknown as EngineService;
}
