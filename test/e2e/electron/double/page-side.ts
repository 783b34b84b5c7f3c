/**
 * The page's half of the double: a script that runs before the page's own, with the `electron`
 * module as a sandboxed preload sees it, and the preload inside.
 */
export function pageSide(preload: string): string {
  return `(${half.toString()})((require, module, exports) => {
${preload}
});`;
}

interface Bindings {
  doubleHello(): Promise<void>;
  doubleSend(channel: string, args: unknown[]): Promise<void>;
  doublePort(id: number, message: unknown): Promise<void>;
  doublePortClose(id: number): Promise<void>;
  /** Paths of files that the test drops, by name: what webUtils knows in the real thing. */
  doublePaths: Record<string, string>;
  doubleReceive?: (kind: string, ids: number | number[], data: unknown) => void;
}

type Preload = (require: (name: string) => unknown, module: object, exports: object) => void;

/** Runs in the page: uses nothing from outside itself. */
function half(preload: Preload): void {
  const bindings = globalThis as unknown as Bindings;
  const listeners = new Map<
    string,
    ((event: { ports: MessagePort[] }, message: unknown) => void)[]
  >();
  const ports = new Map<number, MessagePort>();
  bindings.doublePaths = {};
  void bindings.doubleHello();

  const openPort = (id: number): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event: MessageEvent) => void bindings.doublePort(id, event.data);
    port1.addEventListener('close', () => void bindings.doublePortClose(id));
    ports.set(id, port1);
    return port2;
  };

  bindings.doubleReceive = (kind, ids, data) => {
    if (kind === 'port') ports.get(ids as number)?.postMessage(data);
    else if (kind === 'close') ports.get(ids as number)?.close();
    else {
      const { channel, message } = data as { channel: string; message: unknown };
      const event = { ports: (ids as number[]).map(openPort) };
      for (const listener of listeners.get(channel) ?? []) listener(event, message);
    }
  };

  const electron = {
    contextBridge: {
      exposeInMainWorld: (key: string, api: unknown) => {
        Object.defineProperty(globalThis, key, { value: Object.freeze(api), writable: false });
      },
    },
    ipcRenderer: {
      on: (channel: string, listener: (event: { ports: MessagePort[] }) => void) => {
        listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      },
      send: (channel: string, ...args: unknown[]) => void bindings.doubleSend(channel, args),
      sendSync: (channel: string, ...args: unknown[]): unknown => {
        const request = new XMLHttpRequest();
        request.open('POST', '/double-sync', false);
        request.send(JSON.stringify({ channel, args }));
        return JSON.parse(request.responseText);
      },
    },
    webUtils: { getPathForFile: (file: File) => bindings.doublePaths[file.name] ?? '' },
  };
  preload(
    (name) => {
      if (name !== 'electron') throw new Error(`a sandboxed preload cannot require ${name}`);
      return electron;
    },
    { exports: {} },
    {},
  );
}
