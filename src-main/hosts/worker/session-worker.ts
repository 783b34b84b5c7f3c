/** Entry of a session's worker thread: the engine of one dump. */
import { createEngineService } from '../../engine/service/engine-service.ts';
import { createEngineDeps } from '../node/engine-deps.ts';
import { removeFetch } from '../node/without-fetch.ts';
import { serveSession } from './serve-session.ts';

removeFetch();
serveSession(createEngineService(createEngineDeps()));
