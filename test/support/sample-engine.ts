import { createEngineService } from '../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../src-main/hosts/node/engine-deps.ts';
import type { EngineService } from '../../src-shared/contract/index.ts';

/** An engine that has the sample dump open, without debuginfo. */
export async function openSample(): Promise<{
  readonly engine: EngineService;
  readonly session: string;
}> {
  const engine = createEngineService(createEngineDeps());
  const sample = new URL('../../build/sample/sample.kdump', import.meta.url).pathname;
  const { session } = await engine.open({ paths: [sample], search: false });
  return { engine, session };
}
