import type { EngineService } from '../contract/service.ts';
import type { HostService } from '../contract/host.ts';
import {
  address,
  flag,
  integer,
  list,
  literal,
  nothing,
  record,
  text,
  union,
  type Shape,
} from './shape.ts';

/**
 * The one table of what may be called from the other side of a transport. The client proxy, the
 * dispatcher and the validation of requests are all made from it.
 */
export interface Method {
  /** What the request must look like. Also bounds its size: every text and list has a limit. */
  readonly request: Shape;
  /** The call reports progress before its result. */
  readonly progress: boolean;
}
export type MethodTable<Service> = Readonly<Record<keyof Service & string, Method>>;

const session = text(64);
const path = text(4096);
const paths = list(path, 1, 256);
const debuginfo = list(path, 0, 64);
/** `PREFIX=PATH` */
const sources = list(text(8192), 0, 64);
/** `uname -r` has 64 bytes at most; what a dump calls its release may be longer. */
const release = text(1024);
const pickFor = literal('dump', 'debuginfo', 'folder');
const space = union({
  kernel: record({ kind: literal('kernel') }),
  physical: record({ kind: literal('physical') }),
  user: record({ kind: literal('user'), task: address }),
});

export const ENGINE_METHODS: MethodTable<EngineService> = {
  open: {
    request: record({
      paths,
      'debuginfo?': debuginfo,
      'override?': debuginfo,
      'search?': flag,
      'sources?': sources,
    }),
    progress: true,
  },
  close: { request: record({ session }), progress: false },
  attachDebuginfo: {
    request: record({
      session,
      given: list(record({ path, 'override?': flag }), 0, 64),
      'search?': flag,
    }),
    progress: true,
  },
  attachSources: { request: record({ session, given: sources }), progress: true },
  readSource: {
    request: record({
      session,
      file: path,
      'first?': integer(1, 100_000_000),
      'count?': integer(1, 2000),
      'address?': address,
    }),
    progress: false,
  },
  run: {
    request: record({ session, line: text(16_384), 'streamed?': flag }),
    progress: true,
  },
  readMemory: {
    request: record({
      session,
      space,
      address,
      length: integer(0, 65_536),
    }),
    progress: false,
  },
  resolve: { request: record({ session, text: text(4096) }), progress: false },
  complete: {
    request: record({
      session,
      prefix: text(4096),
      limit: integer(1, 1000),
      'line?': text(16_384),
    }),
    progress: false,
  },
  describe: { request: record({ session, addresses: list(address, 0, 4096) }), progress: false },
  identify: { request: record({ session }), progress: true },
  regions: { request: record({ session, 'space?': space }), progress: false },
  commands: { request: nothing, progress: false },
};

export const HOST_METHODS: MethodTable<HostService> = {
  info: { request: nothing, progress: false },
  recentFiles: { request: nothing, progress: false },
  forgetRecent: { request: record({ 'paths?': list(path, 0, 256) }), progress: false },
  pickFiles: { request: record({ 'what?': pickFor }), progress: false },
  debuginfoFolders: { request: record({ 'release?': release }), progress: false },
  addDebuginfoFolder: { request: record({ path, 'release?': release }), progress: false },
  removeDebuginfoFolder: { request: record({ path, 'release?': release }), progress: false },
  watch: { request: record({ 'events?': nothing }), progress: true },
};
