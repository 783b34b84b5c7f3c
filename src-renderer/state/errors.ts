import type { ErrorInfo } from '../../src-shared/contract/index.ts';

const KINDS: readonly ErrorInfo['kind'][] = ['usage', 'fault', 'cancelled', 'open', 'internal'];

/** What a rejected call says, whatever carried it. */
export function errorInfoOf(reason: unknown): ErrorInfo {
  if (typeof reason === 'object' && reason !== null) {
    if ('info' in reason && typeof reason.info === 'object') return errorInfoOf(reason.info);
    const message = 'message' in reason ? String(reason.message) : 'unknown error';
    const kind = 'kind' in reason ? KINDS.find((known) => known === reason.kind) : undefined;
    const aborted = 'name' in reason && reason.name === 'AbortError';
    return { kind: kind ?? (aborted ? 'cancelled' : 'internal'), message };
  }
  return { kind: 'internal', message: String(reason) };
}
