export * from './cancel.ts';
export * from './client.ts';
export * from './message-codec.ts';
export * from './methods.ts';
export * from './port-transport.ts';
export * from './rpc-error.ts';
export * from './server.ts';
