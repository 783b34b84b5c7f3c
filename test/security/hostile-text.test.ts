import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Block, EngineService, SessionInfo } from '../../src-shared/contract/index.ts';
import { engineOf, RpcConnection, RpcError, serve } from '../../src-shared/rpc/index.ts';
import { makeVisible, visibleText } from '../../src-shared/text/visible.ts';
import { complain } from '../../src-main/hosts/cli/output.ts';
import { pairedTransports } from '../../src-main/hosts/inprocess/paired-transport.ts';
import { createRecentFiles } from '../../src-main/hosts/node/recent-files.ts';
import { jsonLine } from '../../src-main/render/json.ts';
import { printable } from '../../src-main/render/printable.ts';
import { visibleEngine } from '../../src-renderer/transport/visible-engine.ts';

/** Escape sequences (7 and 8 bit), a reversal, tags, fillers, half a pair, a line separator. */
const HOSTILE = '\x1b[2J\x9b31m\u202egpj.exe\u{e0041}\u3164\xad\ud800\u2028\x00\x7f';
const SHOWN =
  '\\x1b[2J\\x9b31m\\u{202e}gpj.exe\\u{e0041}\\u{3164}\\xad\\u{d800}\\u{2028}\\x00\\x7f';

describe('text of a dump', () => {
  it('is shown with what would hide or act as escapes', () => {
    expect(visibleText(HOSTILE)).toBe(SHOWN);
    expect(printable(`${HOSTILE}\n`)).toBe(`${SHOWN}\\x0a`);
    expect(visibleText('tab\tline\nmüde Жук 日本語 😀')).toBe('tab\tline\nmüde Жук 日本語 😀');
  });

  it('is escaped twice no further', () => {
    expect(printable(printable(HOSTILE))).toBe(SHOWN);
  });

  it('in JSON is the same text when read, and nothing raw when printed', () => {
    const line = jsonLine({ text: HOSTILE, 'key\u202e': 1 });
    expect(JSON.parse(line)).toEqual({ text: HOSTILE, 'key\u202e': 1 });
    expect(line).toMatch(/^[\x20-\x7e]*\n$/);
  });

  it('is made visible at any depth of a message, numbers and bytes untouched', () => {
    const message = { a: [HOSTILE, 5, 5n, null], b: { c: HOSTILE }, d: Uint8Array.of(27) };
    expect(makeVisible(message)).toEqual({
      a: [SHOWN, 5, 5n, null],
      b: { c: SHOWN },
      d: Uint8Array.of(27),
    });
  });
});

it('standard error gets no escape sequence, whoever wrote the message', () => {
  let written = '';
  const output = { out: () => undefined, err: (text: string) => (written += text), color: false };
  complain(output, 'error', `${HOSTILE}\nsecond`);
  expect(written).toBe(`error: ${SHOWN}\nsecond\n`);
});

describe('the window', () => {
  const block: Block = { type: 'text', lines: [HOSTILE] };
  const shownBlock: Block = { type: 'text', lines: [SHOWN] };
  const engine = {
    open: async () => ({ session: '1', release: HOSTILE }) as unknown as SessionInfo,
    run: async (_request, call) => {
      call?.onProgress?.(block);
      return { blocks: [block], error: { kind: 'fault', message: HOSTILE } };
    },
    describe: async () => {
      throw new RpcError('fault', HOSTILE);
    },
  } as Partial<EngineService> as EngineService;

  it('is given no hidden character: answers, progress, errors', async () => {
    const { client, server } = pairedTransports();
    serve(engine, server);
    const window = visibleEngine(engineOf(new RpcConnection(client)));
    expect(await window.open({ paths: ['/a'] })).toMatchObject({ release: SHOWN });
    const progress: Block[] = [];
    const call = { onProgress: (value: Block) => progress.push(value) };
    const result = await window.run({ session: '1', line: 'ps' }, call);
    expect(result).toEqual({ blocks: [shownBlock], error: { kind: 'fault', message: SHOWN } });
    expect(progress).toEqual([shownBlock]);
    await expect(window.describe({ session: '1', addresses: [] })).rejects.toMatchObject({
      kind: 'fault',
      message: SHOWN,
    });
  });
});

describe('recent files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'oopscope-test-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keep of a release no more than a kernel can have, visibly', () => {
    const file = join(folder, 'recent.json');
    const recent = createRecentFiles(file);
    recent.add({ paths: ['/a'], openedAt: 1, release: `\u202e${'9'.repeat(60_000)}` });
    expect(recent.list()[0]!.release).toBe(`\\u{202e}${'9'.repeat(56)}`);
    expect(readFileSync(file, 'utf8').length).toBeLessThan(200);
  });
});
