import type {
  AttachDebuginfoRequest,
  CallOptions,
  EngineService,
  OpenProgress,
  OpenRequest,
  SessionId,
} from '../../../src-shared/contract/index.ts';
import { FaultError } from '../base/fault.ts';
import { listCommands } from '../commands/registry.ts';
import { openDump } from '../dump/open-dump.ts';
import { OpenError } from '../dump/open-error.ts';
import { describeAddress } from '../kernel/address-owner.ts';
import { readMemoryRange } from '../kernel/memory-range.ts';
import { virtualRegions } from '../kernel/virtual-regions.ts';
import { readKernelIdentity } from '../program/build-identity.ts';
import { openProgram } from '../program/open.ts';
import type { Program } from '../program/program.ts';
import type { SourceTree } from '../program/source-tree.ts';
import { attachDebuginfo, attachGiven } from './attach-debuginfo.ts';
import { completionsOf } from './completion.ts';
import { lineCompletions } from './line-completion.ts';
import { commandInfoOf } from './command-info.ts';
import type { EngineDeps } from './engine-deps.ts';
import { withNames } from './names.ts';
import { resolveText } from './resolution.ts';
import { ServiceError } from './service-error.ts';
import { Session, type Attached } from './session.ts';
import { sessionInfoOf } from './session-info.ts';

/** Largest `readMemory` answer. */
const MAX_MEMORY = 64 * 1024;
/** Most addresses one `describe` call takes. */
const MAX_ADDRESSES = 10_000;

/** The engine behind every host: sessions by id, each with its program. */
export function createEngineService(deps: EngineDeps): EngineService {
  const sessions = new Map<SessionId, Session>();
  let opened = 0;

  const sessionOf = ({ session }: { readonly session: SessionId }): Session => {
    const found = sessions.get(session);
    if (found === undefined) throw new ServiceError('usage', `no session ${session} is open`);
    return found;
  };

  return {
    async open(request, call) {
      const session = await openSession(deps, request, String(++opened), call);
      sessions.set(session.info.session, session);
      return session.info;
    },
    async close(request) {
      const session = sessionOf(request);
      sessions.delete(session.info.session);
      deps.closeSources(session.sources);
      session.close();
    },
    async attachDebuginfo(request, call) {
      const session = sessionOf(request);
      return session.attach(() => reopen(deps, session, request, call));
    },
    async attachSources(request, call) {
      const session = sessionOf(request);
      return session.attachSources(() => openTree(deps, session.program, request.given, call));
    },
    async readSource(request) {
      return sessionOf(request).readSource(request);
    },
    async run(request, call) {
      const session = sessionOf(request);
      const onBlock = request.streamed === true ? call?.onProgress : undefined;
      return session.run(request.line, deps, onBlock, call?.signal);
    },
    async readMemory(request) {
      const { program } = sessionOf(request);
      if (request.length < 0 || request.length > MAX_MEMORY) {
        throw new ServiceError('usage', `a range of ${request.length} bytes is too long`);
      }
      return readMemoryRange(program, request.space, request.address, request.length);
    },
    async resolve(request) {
      return sessionOf(request).ask((program) => resolveText(program, request.text));
    },
    async complete(request) {
      const { prefix, limit, line } = request;
      return sessionOf(request).ask((program) =>
        line === undefined
          ? completionsOf(program, prefix, limit)
          : lineCompletions(program, line, limit),
      );
    },
    async describe(request) {
      const addresses = request.addresses.slice(0, MAX_ADDRESSES);
      return sessionOf(request).ask((program) =>
        addresses.map((address) => describeAddress(program, address)),
      );
    },
    async identify(request, call) {
      const session = sessionOf(request);
      const onProgress = call?.onProgress ?? (() => undefined);
      return deps.identify(session.paths, onProgress, call?.signal);
    },
    async regions(request) {
      return sessionOf(request).ask((program) => virtualRegions(program, request.space));
    },
    async commands() {
      return listCommands().map(commandInfoOf);
    },
  };
}

async function openSession(
  deps: EngineDeps,
  request: OpenRequest,
  id: SessionId,
  call: CallOptions<OpenProgress> | undefined,
): Promise<Session> {
  const started = deps.now();
  const report = call?.onProgress ?? (() => undefined);
  const checkCancelled = () => {
    if (call?.signal?.aborted === true) throw new ServiceError('cancelled', 'cancelled');
  };
  report({ phase: 'file', text: 'Opening the file' });
  const codecs = await deps.codecs();
  const sources = openFiles(deps, request.paths);
  try {
    checkCancelled();
    const image = openDump(sources, codecs);
    const bare = openProgram(image, (phase, text) => {
      checkCancelled();
      report({ phase, text });
    });
    const debuginfo = await attachDebuginfo(deps, bare, request, call);
    const { program } = debuginfo;
    const info = await withNames(debuginfo.names, () =>
      sessionInfoOf(id, program, deps.now() - started, debuginfo),
    );
    const tree = await openTree(deps, program, request.sources ?? [], call).catch((error) => {
      debuginfo.close();
      throw error;
    });
    return new Session({ info, program, debuginfo }, sources, request.paths, tree);
  } catch (error) {
    deps.closeSources(sources);
    throw openErrorOf(error);
  }
}

/** @throws ServiceError `cancelled` */
async function openTree(
  deps: EngineDeps,
  program: Program,
  given: readonly string[],
  call: CallOptions<OpenProgress> | undefined,
): Promise<SourceTree | undefined> {
  if (given.length === 0) return undefined;
  const report = call?.onProgress ?? (() => undefined);
  report({ phase: 'sources', text: 'Opening source text' });
  const { release, banner } = readKernelIdentity(program);
  const onProgress = (text: string, fraction: number) =>
    report({ phase: 'sources', text, fraction });
  const signal = call?.signal;
  let tree: SourceTree | undefined;
  try {
    tree = await deps.openSourceTree({ given, release, banner, onProgress, signal });
    signal?.throwIfAborted();
    return tree;
  } catch (error) {
    tree?.close();
    throw signal?.aborted === true ? new ServiceError('cancelled', 'cancelled') : error;
  }
}

/**
 * The same dump with other debuginfo: a program made anew has nothing of the old one's types and
 * caches in it, and until it is whole the old one answers.
 */
async function reopen(
  deps: EngineDeps,
  { info: before, program: old, paths }: Session,
  request: AttachDebuginfoRequest,
  call: CallOptions<OpenProgress> | undefined,
): Promise<Attached> {
  const bare = openProgram(old.image);
  const debuginfo = await attachGiven(deps, bare, { ...request, paths }, call);
  const { program } = debuginfo;
  if (call?.signal?.aborted === true) {
    debuginfo.close();
    throw new ServiceError('cancelled', 'cancelled');
  }
  const info = await withNames(debuginfo.names, () =>
    sessionInfoOf(before.session, program, before.openedInMs, debuginfo),
  );
  return { info, program, debuginfo };
}

function openFiles(deps: EngineDeps, paths: readonly string[]) {
  if (paths.length === 0) throw new ServiceError('usage', 'no file given');
  try {
    return deps.openSources(paths);
  } catch (error) {
    throw openErrorOf(error);
  }
}

/** What the file makes impossible is told; bugs go on. */
function openErrorOf(error: unknown): unknown {
  if (error instanceof OpenError || error instanceof FaultError) {
    return new ServiceError('open', error.message);
  }
  return error;
}
