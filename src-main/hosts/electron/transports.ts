import type { MessagePortMain, ParentPort, UtilityProcess } from 'electron';
import type { Transport } from '../../../src-shared/contract/index.ts';

/** Over the main process's end of a MessageChannelMain. */
export function mainPortTransport<Out, In>(port: MessagePortMain): Transport<Out, In> {
  return {
    post: (message) => {
      port.postMessage(message);
    },
    onMessage: (handler) => {
      port.on('message', (event) => {
        handler(event.data as In);
      });
      port.start();
    },
    onClose: (handler) => {
      port.once('close', () => {
        handler('the window is gone');
      });
    },
    close: () => {
      port.close();
    },
  };
}

/** From the main process to a utility process. */
export function utilityProcessTransport<Out, In>(child: UtilityProcess): Transport<Out, In> {
  return {
    post: (message) => {
      child.postMessage(message);
    },
    onMessage: (handler) => {
      child.on('message', handler);
    },
    onClose: (handler) => {
      child.once('exit', (code) => {
        handler(`the engine's process ended (code ${String(code)})`);
      });
    },
    close: () => {
      child.kill();
    },
  };
}

/** From inside a utility process to the main process, which ends it by killing it. */
export function parentPortTransport<Out, In>(port: ParentPort): Transport<Out, In> {
  return {
    post: (message) => {
      port.postMessage(message);
    },
    onMessage: (handler) => {
      port.on('message', (event) => {
        handler(event.data as In);
      });
    },
    onClose: () => undefined,
    close: () => undefined,
  };
}
