import { EventEmitter } from 'node:events';

/** ipcMain: the windows of the double emit on it what their pages send. */
export const ipcMain = new EventEmitter();
