/**
 * What Electron's preload puts on `window[PRELOAD_KEY]`; in a browser there is nothing there.
 *
 * The bridge between the two worlds of the page copies slowly, so data does not cross it: after
 * `connect()` the window receives one `message` event from itself with `data === PORT_MESSAGE` and
 * `ports = [port]`. The port carries ClientMessage out and ServerMessage in, for EngineService and
 * HostService both, as the loopback host's socket does. Its `close` event says that the other side
 * is gone.
 */
export interface PreloadApi {
  /** Asks for the port; listen first. A second call (after a reload) gives a new one. */
  connect(): void;
  /** The path of a File that the user dropped, which may then be opened; undefined if it has none. */
  pathOfDroppedFile(file: unknown): string | undefined;
}

export const PRELOAD_KEY = 'oopscope';
export const PORT_MESSAGE = 'oopscope:port';
