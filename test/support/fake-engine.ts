import type {
  Block,
  CallOptions,
  DebuginfoInfo,
  EngineService,
  MemoryRequest,
  RunRequest,
} from '../../src-shared/contract/index.ts';
import { RpcError } from '../../src-shared/rpc/index.ts';

/**
 * An engine that answers from nothing, for tests of the front doors. Its commands:
 * `echo TEXT`, `stream N`, `spin` (computes without a pause until cancelled), `wait` (until
 * cancelled), `usage`, `bug`, `die` (uncaught error in its thread), `oom`, `quit`.
 */
export function fakeEngine(): EngineService & { readonly opened: string[] } {
  let count = 0;
  const opened: string[] = [];
  const sessions = new Set<string>();
  const need = (session: string) => {
    if (!sessions.has(session)) throw new RpcError('gone', `no session ${session}`);
  };
  return {
    opened,
    async open({ paths }, call) {
      call?.onProgress?.({ phase: 'file', text: 'reading', fraction: 0 });
      if (paths[0]?.includes('damaged')) throw new RpcError('open', `${paths[0]}: not a dump`);
      if (paths[0]?.includes('slow')) await untilAborted(call);
      const session = `s${++count}`;
      sessions.add(session);
      opened.push(...paths);
      return {
        session,
        files: paths,
        format: 'fake',
        release: '6.1.0-fake',
        machine: 'x86_64',
        openedInMs: 1,
        capabilities: [],
        decisions: [],
        warnings: [],
        debuginfo: noDebuginfo(),
        sources: [],
      };
    },
    async close({ session }) {
      need(session);
      sessions.delete(session);
    },
    async attachDebuginfo({ session, given }, call) {
      need(session);
      if (given[0]?.path.includes('slow')) await untilAborted(call);
      return {
        session,
        files: [],
        format: 'fake',
        release: '6.1.0-fake',
        machine: 'x86_64',
        openedInMs: 1,
        capabilities: [],
        decisions: [],
        warnings: [],
        debuginfo: { ...noDebuginfo(), given },
        sources: [],
      };
    },
    async attachSources({ session, given }, call) {
      need(session);
      if (given[0]?.includes('slow')) await untilAborted(call);
      return {
        session,
        files: [],
        format: 'fake',
        release: '6.1.0-fake',
        machine: 'x86_64',
        openedInMs: 1,
        capabilities: [],
        decisions: [],
        warnings: [],
        debuginfo: noDebuginfo(),
        sources: given.map((path) => ({ path, how: 'folder', ok: true })),
      };
    },
    async readSource({ session, file, first = 1 }) {
      need(session);
      const lines = [`line ${first} of ${file}`];
      return { file, path: file, first, lines, count: 9999, check: 'unverified' };
    },
    async run({ session, line, streamed }: RunRequest, call?: CallOptions<Block>) {
      need(session);
      const [word = '', ...rest] = line.split(' ');
      const blocks: Block[] = [];
      const give = (block: Block) => {
        if (streamed) call?.onProgress?.(block);
        else blocks.push(block);
      };
      switch (word) {
        case 'echo':
          give({ type: 'text', lines: [rest.join(' ')] });
          break;
        case 'stream':
          for (let i = 0; i < Number(rest[0]); i++) give({ type: 'text', lines: [`line ${i}`] });
          break;
        case 'spin':
          for (let i = 0; ; i++) if (i % 1000 === 0) call?.signal?.throwIfAborted();
        // falls through: never reached
        case 'wait':
          await untilAborted(call);
          break;
        case 'usage':
          return { blocks, error: { kind: 'usage', message: 'no such option' } };
        case 'bug':
          throw new TypeError('x is not a function');
        case 'die':
          setTimeout(() => {
            throw new Error('the engine fell over');
          }, 0);
          await new Promise(() => undefined);
          break;
        case 'oom': {
          const hoard: unknown[] = [];
          for (;;) hoard.push(new Array(1000).fill({ n: Math.random() }));
        }
        // falls through: never reached
        case 'quit':
          process.exit(3);
      }
      return { blocks };
    },
    async readMemory({ session, space, address, length }: MemoryRequest) {
      need(session);
      return {
        space,
        address,
        length,
        bytes: Uint8Array.from({ length }, (_, i) => Number((address + BigInt(i)) & 0xffn)),
        spans: [{ offset: 0, length, state: 'present' }],
        owners: [],
      };
    },
    async resolve({ session, text }) {
      need(session);
      return { kind: 'none', why: `nothing is called ${text}` };
    },
    async complete() {
      return [];
    },
    async describe({ session, addresses }) {
      need(session);
      return addresses.map((address) => ({ address, kind: 'none', label: '' }));
    },
    async identify() {
      return [];
    },
    async regions() {
      return [];
    },
    async commands() {
      return [{ name: 'echo', summary: 'says it again', usage: 'echo TEXT', help: [] }];
    },
  };
}

/** A session that was searched for and has none. */
export function noDebuginfo(): DebuginfoInfo {
  return {
    wanted: { release: '6.1.0-fake', buildId: undefined },
    given: [],
    searched: true,
    parts: [],
    steps: [],
    stepsLeftOut: 0,
    missingModules: [],
    moduleCount: 0,
    advice: [],
    types: 'nobody',
    override: undefined,
    tookMs: 0,
  };
}

function untilAborted(call: CallOptions<never> | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(new RpcError('cancelled', 'cancelled'));
    if (call?.signal?.aborted) stop();
    call?.signal?.addEventListener('abort', stop, { once: true });
  });
}
