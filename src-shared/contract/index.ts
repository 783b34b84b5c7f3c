export type * from './block.ts';
export type * from './code.ts';
export type * from './entries.ts';
export type * from './frame.ts';
export type * from './host.ts';
export type * from './rpc.ts';
export type * from './service.ts';
export * from './cell.ts';
export * from './preload.ts';
