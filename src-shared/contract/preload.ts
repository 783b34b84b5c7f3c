/**
 * What Electron's preload puts on `window[PRELOAD_KEY]`; in a browser there is nothing there.
 *
 * The bridge between the two worlds of the page copies slowly, so data does not cross it: after
 * `connect()` the window receives one `message` event from itself with `data === PORTS_MESSAGE` and
 * `ports = [engine, host]`. Each port carries ClientMessage out and ServerMessage in: the first
 * to an EngineService in a process of its own, the second to the HostService of the main process.
 * A port's `close` event says that its other side is gone.
 */
export interface PreloadApi {
  /** Asks for the ports; listen first. A second call (after a reload) gives new ones. */
  connect(): void;
  /** The path of a File that was dropped by the user, which the engine may then open. */
  pathOfDroppedFile(file: unknown): string | undefined;
}

export const PRELOAD_KEY = 'oopscope';
export const PORTS_MESSAGE = 'oopscope:ports';
