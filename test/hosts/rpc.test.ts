import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type {
  Block,
  ClientMessage,
  EngineService,
  ServerMessage,
  Transport,
} from '../../src-shared/contract/index.ts';
import {
  CallSignal,
  createCancelFlags,
  engineOf,
  raiseCancelFlag,
  RpcConnection,
  serve,
  MAX_CALLS,
} from '../../src-shared/rpc/index.ts';
import { pairedTransports } from '../../src-main/hosts/inprocess/paired-transport.ts';
import { fakeEngine } from '../support/fake-engine.ts';

function connected(engine: EngineService = fakeEngine()) {
  const { client, server } = pairedTransports();
  serve(engine, server);
  const connection = new RpcConnection(client);
  return { connection, engine: engineOf(connection), server, client };
}

/** A dispatcher without a client: what it answers to raw messages. */
function raw(engine: EngineService = fakeEngine()) {
  const answers: ServerMessage[] = [];
  let deliver: (message: ClientMessage) => void = () => undefined;
  let closed = false;
  const transport: Transport<ServerMessage, ClientMessage> = {
    post: (message) => answers.push(message),
    onMessage: (handler) => (deliver = handler),
    onClose: () => undefined,
    close: () => (closed = true),
  };
  serve(engine, transport);
  const send = async (message: unknown) => {
    deliver(message as ClientMessage);
    await new Promise((resolve) => setTimeout(resolve, 0));
    return answers.at(-1);
  };
  return { send, answers, isClosed: () => closed };
}

describe('a client and a dispatcher', () => {
  it('carry requests, results and addresses unchanged', async () => {
    const { engine } = connected();
    const { session } = await engine.open({ paths: ['a', 'b'] });
    const range = await engine.readMemory({
      session,
      space: { kind: 'kernel' },
      address: 0xffff_ffff_8100_00fen,
      length: 3,
    });
    expect(range.address).toBe(0xffff_ffff_8100_00fen);
    expect(range.bytes).toEqual(new Uint8Array([0xfe, 0xff, 0x00]));
  });

  it('stream progress in order, before the result', async () => {
    const { engine } = connected();
    const { session } = await engine.open({ paths: ['a'] });
    const seen: Block[] = [];
    const onProgress = (block: Block) => seen.push(block);
    const whole = await engine.run({ session, line: 'stream 3' }, { onProgress });
    expect([whole.blocks.length, seen.length]).toEqual([3, 0]);
    const { blocks } = await engine.run(
      { session, line: 'stream 3', streamed: true },
      { onProgress },
    );
    expect([seen, blocks]).toEqual([whole.blocks, []]);
  });

  it('keep the kind of an error, and call everything else a bug', async () => {
    const { engine } = connected();
    await expect(engine.open({ paths: ['damaged'] })).rejects.toMatchObject({
      kind: 'open',
      message: 'damaged: not a dump',
    });
    const { session } = await engine.open({ paths: ['a'] });
    await expect(engine.run({ session, line: 'bug' })).rejects.toMatchObject({
      kind: 'internal',
      message: 'TypeError: x is not a function',
    });
    await expect(engine.run({ session: 'other', line: 'echo' })).rejects.toMatchObject({
      kind: 'gone',
    });
  });

  it('cancel: the caller is told at once, the engine by its signal', async () => {
    const { engine, connection } = connected();
    const { session } = await engine.open({ paths: ['a'] });
    const controller = new AbortController();
    const call = engine.run({ session, line: 'wait' }, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    expect(connection.pending).toBe(0);
    await expect(engine.run({ session, line: 'echo on' })).resolves.toMatchObject({
      blocks: [{ lines: ['on'] }],
    });
    const aborted = AbortSignal.abort();
    await expect(engine.run({ session, line: 'wait' }, { signal: aborted })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });

  it('reject what is under way when the other side goes, and all later calls', async () => {
    const { engine, server, connection } = connected();
    const gone = vi.fn();
    connection.onGone(gone);
    const { session } = await engine.open({ paths: ['a'] });
    const call = engine.run({ session, line: 'wait' });
    server.close();
    await expect(call).rejects.toMatchObject({ kind: 'gone' });
    expect(gone).toHaveBeenCalledOnce();
    await expect(engine.commands()).rejects.toMatchObject({ kind: 'gone' });
  });

  it('cancel in the engine what a vanished client asked for', async () => {
    const engine = fakeEngine();
    const ended = vi.fn();
    const run = engine.run.bind(engine);
    engine.run = (request, call) => run(request, call).catch(ended) as never;
    const { engine: client, connection } = connected(engine);
    const { session } = await client.open({ paths: ['a'] });
    client.run({ session, line: 'wait' }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 0));
    connection.close();
    await vi.waitFor(() => expect(ended).toHaveBeenCalled());
  });
});

describe('the dispatcher refuses', () => {
  const refused = { type: 'error', id: 1, error: { kind: 'protocol' } };

  it.each([
    ['a method nobody has', { method: 'eval', request: {} }],
    ['a method of Object', { method: 'constructor', request: {} }],
    ['a host method where there is no host', { method: 'pickFiles', request: undefined }],
    ['no request', { method: 'open', request: undefined }],
    ['no paths', { method: 'open', request: { paths: [] } }],
    ['a path that is no text', { method: 'open', request: { paths: [1] } }],
    ['a path with a NUL', { method: 'open', request: { paths: ['a\0b'] } }],
    ['too many paths', { method: 'open', request: { paths: Array(300).fill('a') } }],
    ['a member too many', { method: 'close', request: { session: 's', force: true } }],
    ['a line without end', { method: 'run', request: { session: 's', line: 'x'.repeat(1e6) } }],
    [
      'an address that is a number',
      {
        method: 'readMemory',
        request: { session: 's', space: { kind: 'kernel' }, address: 4096, length: 1 },
      },
    ],
    [
      'an address beyond 64 bits',
      {
        method: 'readMemory',
        request: { session: 's', space: { kind: 'kernel' }, address: 1n << 64n, length: 1 },
      },
    ],
    [
      'a length beyond the limit',
      {
        method: 'readMemory',
        request: { session: 's', space: { kind: 'kernel' }, address: 0n, length: 65_537 },
      },
    ],
    [
      'a memory space nobody has',
      {
        method: 'readMemory',
        request: { session: 's', space: { kind: 'toString' }, address: 0n, length: 1 },
      },
    ],
    [
      'a hoard of addresses',
      { method: 'describe', request: { session: 's', addresses: Array(5000).fill(0n) } },
    ],
  ])('%s', async (_name, call) => {
    const { send, isClosed } = raw();
    expect(await send({ type: 'call', id: 1, ...call })).toMatchObject(refused);
    expect(isClosed()).toBe(false);
  });

  it('an id that is under way', async () => {
    const { send } = raw();
    await send({ type: 'call', id: 1, method: 'open', request: { paths: ['slow'] } });
    expect(
      await send({ type: 'call', id: 1, method: 'commands', request: undefined }),
    ).toMatchObject(refused);
  });

  it('more calls than one client may have', async () => {
    const { send } = raw();
    const open = { type: 'call', method: 'open', request: { paths: ['slow'] } };
    for (let id = 1; id <= MAX_CALLS; id++) await send({ ...open, id });
    expect(await send({ ...open, id: 1000 })).toMatchObject({
      id: 1000,
      error: { kind: 'protocol' },
    });
  });

  it.each([
    ['null', null],
    ['text', 'call'],
    ['no id', { type: 'call', method: 'commands' }],
    ['a fraction for an id', { type: 'call', id: 1.5, method: 'commands' }],
    ['another type', { type: 'result', id: 1, value: 1 }],
    ['a method that is no text', { type: 'call', id: 1, method: {} }],
  ])('to go on after a message that is no call: %s', async (_name, message) => {
    const { send, isClosed, answers } = raw();
    await send(message);
    expect(isClosed()).toBe(true);
    expect(answers).toEqual([]);
  });
});

describe('whatever a client sends', () => {
  const methods = ['open', 'close', 'run', 'readMemory', 'resolve', 'complete', 'describe'];
  const message = fc.oneof(
    fc.anything(),
    fc.record({
      type: fc.constant('call'),
      id: fc.integer({ min: 1, max: 1000 }),
      method: fc.constantFrom(...methods, 'watch', '__proto__'),
      request: fc.oneof(
        fc.anything(),
        fc.record({
          session: fc.oneof(fc.string(), fc.constant('s1')),
          line: fc.anything(),
          address: fc.anything(),
          addresses: fc.anything(),
          length: fc.anything(),
          space: fc.anything(),
        }),
      ),
    }),
  );
  it('is answered with an error of the caller’s, or ends the transport; it is never a bug', async () => {
    await fc.assert(
      fc.asyncProperty(message, async (sent) => {
        const { send, answers, isClosed } = raw();
        await send(sent);
        for (const answer of answers) {
          if (answer.type !== 'error') continue;
          expect(['protocol', 'gone']).toContain(answer.error.kind);
        }
        expect(answers.length <= 1 && (answers.length === 1 || isClosed())).toBe(true);
      }),
      { seed: 3, numRuns: 400 },
    );
  });
});

describe('a cancel flag in shared memory', () => {
  it('reaches exactly the call with its id', () => {
    const flags = createCancelFlags();
    const first = new CallSignal(7, flags);
    const sameSlot = new CallSignal(7 + 1024, flags);
    raiseCancelFlag(flags, 7);
    expect(first.aborted).toBe(true);
    expect(() => first.throwIfAborted()).toThrow('cancelled');
    expect(sameSlot.aborted).toBe(false);
  });
});
