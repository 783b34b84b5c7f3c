import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAppWindow } from '../../src-main/hosts/cli/app-window.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A browser that speaks as much DevTools protocol as is asked of it, and notes what it was told. */
function fakeBrowser(report: string): string {
  const script = join(folder, 'browser.mjs');
  writeFileSync(
    script,
    `#!${process.execPath}
import { createReadStream, createWriteStream, writeFileSync } from 'node:fs';
const to = createWriteStream('', { fd: 4 });
const told = [];
let waiting = '';
createReadStream('', { fd: 3, encoding: 'utf8' }).on('data', (part) => {
  waiting += part;
  for (let end; (end = waiting.indexOf('\\0')) >= 0; waiting = waiting.slice(end + 1)) {
    const message = JSON.parse(waiting.slice(0, end));
    told.push(message);
    if (message.method === 'Target.setAutoAttach' && message.params.autoAttach) {
      const page = (url, sessionId) => to.write(JSON.stringify({
        method: 'Target.attachedToTarget',
        params: { sessionId, targetInfo: { type: 'page', url } },
      }) + '\\0');
      page('chrome://newtab/', 'other');
      page(process.argv.find((arg) => arg.startsWith('--app=')).slice(6), 'ours');
    }
    if (message.method === 'Page.navigate') {
      writeFileSync(${JSON.stringify(report)}, JSON.stringify({ argv: process.argv, told }));
      process.exit(0);
    }
  }
});
`,
    { mode: 0o755 },
  );
  return script;
}

describe('the app window', () => {
  it('is told its token over a pipe, not on the command line, and leaves no profile', async () => {
    const report = join(folder, 'report.json');
    const url = 'http://127.0.0.1:1234/#token=secret-token';
    const window = openAppWindow(fakeBrowser(report), url);
    expect(await window.closed).toBe(0);
    const { argv, told } = JSON.parse(readFileSync(report, 'utf8')) as {
      argv: string[];
      told: { method: string; params: { url?: string }; sessionId?: string }[];
    };
    expect(argv).toContain('--app=http://127.0.0.1:1234/');
    expect(argv.join(' ')).not.toContain('secret-token');
    expect(told.filter(({ method }) => method === 'Page.navigate')).toMatchObject([
      { params: { url }, sessionId: 'ours' },
    ]);
    const profile = argv.find((arg) => arg.startsWith('--user-data-dir='))?.slice(16) ?? '';
    expect(profile).not.toBe('');
    expect(existsSync(profile)).toBe(false);
  });

  it('a browser that does not start is an exit status, not an exception', async () => {
    const window = openAppWindow(join(folder, 'none'), 'http://127.0.0.1:1/#token=x');
    expect(await window.closed).not.toBe(0);
  });
});
