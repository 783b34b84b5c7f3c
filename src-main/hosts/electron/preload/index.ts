/**
 * The only code between the sandboxed window and the main process. It hands over one MessagePort
 * and knows nothing of what travels on it.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import {
  PORT_MESSAGE,
  PRELOAD_KEY,
  type PreloadApi,
} from '../../../../src-shared/contract/preload.ts';
import { CONNECT_CHANNEL, DROP_CHANNEL, PORT_CHANNEL } from './channels.ts';

ipcRenderer.on(PORT_CHANNEL, (event) => {
  const [port] = event.ports;
  // The page's own origin, not '*': nobody else may have the port.
  if (port) window.postMessage(PORT_MESSAGE, window.location.origin, [port]);
});

const api: PreloadApi = {
  connect: () => {
    ipcRenderer.send(CONNECT_CHANNEL);
  },
  pathOfDroppedFile: (file) => {
    // Empty for a File that a script made: only the user's own files have a path.
    const path = file instanceof File ? webUtils.getPathForFile(file) : '';
    if (!path) return undefined;
    return ipcRenderer.sendSync(DROP_CHANNEL, path) === true ? path : undefined;
  },
};
contextBridge.exposeInMainWorld(PRELOAD_KEY, api);
