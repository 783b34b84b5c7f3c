import { serveSession } from '../../src-main/hosts/worker/serve-session.ts';
import { fakeEngine } from './fake-engine.ts';

serveSession(fakeEngine());
