/** Loaded before a utility process's entry: gives it `process.parentPort` over Node's channel. */
import { EventEmitter } from 'node:events';

const port = Object.assign(new EventEmitter(), {
  postMessage: (message: object) => process.send?.(message),
});
process.on('message', (data) => port.emit('message', { data, ports: [] }));
process.on('disconnect', () => process.exit(0));
Object.assign(process, { parentPort: port });
