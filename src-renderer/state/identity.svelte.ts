import type { EngineService, FileIdentity, SessionId } from '../../src-shared/contract/index.ts';
import { errorInfoOf } from './errors.ts';

/** Size, time and SHA-256 of the dump's files; reading all of them takes its time. */
export class IdentityModel {
  files = $state.raw<readonly FileIdentity[]>([]);
  running = $state(false);
  /** 0..1 of the file being read. */
  fraction = $state(0);
  problem = $state<string | undefined>();
  #abort: AbortController | undefined;

  async start(engine: EngineService, session: SessionId): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.problem = undefined;
    this.#abort = new AbortController();
    try {
      this.files = await engine.identify(
        { session },
        {
          signal: this.#abort.signal,
          onProgress: ({ done, total }) => {
            this.fraction = total > 0 ? done / total : 0;
          },
        },
      );
    } catch (reason) {
      const error = errorInfoOf(reason);
      this.problem = error.kind === 'cancelled' ? undefined : error.message;
    } finally {
      this.running = false;
    }
  }

  stop(): void {
    this.#abort?.abort();
  }
}
