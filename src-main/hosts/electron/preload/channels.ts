/** Names of the few messages between preload and main process; see channel.ts for their checks. */
export const CONNECT_CHANNEL = 'oopscope:connect';
export const PORT_CHANNEL = 'oopscope:port';
/** Synchronous: the path must be approved before the window can ask for it. */
export const DROP_CHANNEL = 'oopscope:drop';
