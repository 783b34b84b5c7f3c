import type { Absent, EngineService, SourceText } from '../../src-shared/contract/index.ts';
import { errorInfoOf } from './errors.ts';

interface SourceRequest {
  readonly session: string;
  readonly file: string;
  readonly first: number;
  readonly count: number;
}
/** Not every engine has sources to read. */
type SourceEngine = EngineService & {
  readonly readSource?: (request: SourceRequest) => Promise<SourceText | Absent>;
};

/** Lines of a source file, or why they are not to be had. */
export async function readSource(
  engine: SourceEngine,
  request: SourceRequest,
): Promise<SourceText | Absent> {
  if (!engine.readSource) return { absent: 'unknown', why: 'This engine reads no source files.' };
  try {
    return await engine.readSource(request);
  } catch (reason) {
    return { absent: 'unknown', why: errorInfoOf(reason).message };
  }
}
