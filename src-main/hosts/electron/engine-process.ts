/**
 * Entry of the engine's own process in Electron: whatever happens to the engine, the window stays
 * to say so. Ends when the main process kills it.
 */
import { serve } from '../../../src-shared/rpc/index.ts';
import { createWorkerEngine } from '../worker/worker-engine.ts';
import { parentPortTransport } from './transports.ts';

const engine = createWorkerEngine();
engine.prepare();
serve(engine, parentPortTransport(process.parentPort));
