import type { ErrorInfo } from '../../../src-shared/contract/index.ts';

/** An error the caller is told as it stands, with its kind. Everything else thrown is a bug. */
export class ServiceError extends Error {
  readonly kind: ErrorInfo['kind'];
  constructor(kind: ErrorInfo['kind'], message: string) {
    super(message);
    this.name = 'ServiceError';
    this.kind = kind;
  }
}
