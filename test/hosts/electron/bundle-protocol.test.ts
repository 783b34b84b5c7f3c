import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleHandler, isAppUrl } from '../../../src-main/hosts/electron/bundle-protocol.ts';

let top: string;
let handler: (request: Request) => Response;

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'oopscope-bundle-'));
  mkdirSync(join(top, 'renderer', 'assets'), { recursive: true });
  writeFileSync(join(top, 'renderer', 'index.html'), '<!doctype html>');
  writeFileSync(join(top, 'renderer', 'assets', 'main.js'), 'export {};');
  writeFileSync(join(top, 'renderer', 'notes.bin'), 'not of the bundle');
  writeFileSync(join(top, 'secret.js'), 'outside');
  symlinkSync(join(top, 'secret.js'), join(top, 'renderer', 'link.js'));
  handler = bundleHandler(join(top, 'renderer'));
});
afterAll(() => {
  rmSync(top, { recursive: true });
});

const status = (url: string, init?: RequestInit) => handler(new Request(url, init)).status;

describe('app://', () => {
  test('serves the bundle with its type and a policy without inline script or other origins', () => {
    const response = handler(new Request('app://oopscope/index.html'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/);
    expect(status('app://oopscope/assets/main.js')).toBe(200);
  });

  test.each([
    ['a file that is not there', 'app://oopscope/gone.js', 404],
    ['a type that the bundle does not have', 'app://oopscope/notes.bin', 404],
    ['a folder', 'app://oopscope/assets', 404],
    ['another host', 'app://elsewhere/index.html', 404],
    ['another scheme', 'https://oopscope/index.html', 404],
    ['encoded steps up', 'app://oopscope/..%2fsecret.js', 404],
    ['encoded steps up, twice', 'app://oopscope/assets/%2e%2e%2f%2e%2e%2fsecret.js', 404],
    ['a link out of the bundle', 'app://oopscope/link.js', 404],
    ['a NUL', 'app://oopscope/index.html%00.js', 404],
    ['a malformed escape', 'app://oopscope/%zz.js', 404],
  ])('refuses %s', (_, url, expected) => {
    expect(status(url)).toBe(expected);
  });

  test('refuses other methods than GET', () => {
    expect(status('app://oopscope/index.html', { method: 'POST' })).toBe(405);
  });

  test.each([
    ['app://oopscope/index.html', true],
    ['app://oopscope.evil.example/index.html', false],
    ['https://oopscope/index.html', false],
    ['app:oopscope', false],
    ['about:blank', false],
    ['', false],
  ])('is the address %s: %s', (url, expected) => {
    expect(isAppUrl(url)).toBe(expected);
  });
});
