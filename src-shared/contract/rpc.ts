import type { ErrorInfo } from './service.ts';

/** Messages between a client proxy and a dispatcher; the same over every transport. */
export type ClientMessage =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: string;
      readonly request: unknown;
    }
  | { readonly type: 'cancel'; readonly id: number };

export type ServerMessage =
  | { readonly type: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorInfo };

/** Carries messages, whole and in order; knows nothing of their content. */
export interface Transport<Out, In> {
  post(message: Out): void;
  onMessage(handler: (message: In) => void): void;
  /** Called once when the other side is gone. */
  onClose(handler: (why: string) => void): void;
  close(): void;
}
