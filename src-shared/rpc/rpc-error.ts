import type { ErrorInfo } from '../contract/service.ts';

/** A failed call, with its kind: what a client's promise rejects with. */
export class RpcError extends Error {
  readonly kind: ErrorInfo['kind'];
  constructor(kind: ErrorInfo['kind'], message: string) {
    super(message);
    this.name = 'RpcError';
    this.kind = kind;
  }
  get info(): ErrorInfo {
    return { kind: this.kind, message: this.message };
  }
}

const KINDS: Readonly<Record<ErrorInfo['kind'], true>> = {
  usage: true,
  fault: true,
  cancelled: true,
  open: true,
  internal: true,
  protocol: true,
  gone: true,
};

export function isErrorKind(value: unknown): value is ErrorInfo['kind'] {
  return typeof value === 'string' && Object.hasOwn(KINDS, value);
}

/**
 * What to tell the other side of anything thrown. An error that carries a known `kind` keeps it;
 * the engine's FaultError is a `fault`, an AbortError `cancelled`; all else is a bug: `internal`.
 */
export function errorInfoOf(thrown: unknown): ErrorInfo {
  if (!(thrown instanceof Error)) return { kind: 'internal', message: String(thrown) };
  if ('kind' in thrown && isErrorKind(thrown.kind)) {
    return { kind: thrown.kind, message: thrown.message };
  }
  if (thrown.name === 'AbortError') return { kind: 'cancelled', message: thrown.message };
  if (thrown.name === 'FaultError') return { kind: 'fault', message: thrown.message };
  return { kind: 'internal', message: `${thrown.name}: ${thrown.message}` };
}
