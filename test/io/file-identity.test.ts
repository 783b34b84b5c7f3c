import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { identifyFile } from '../../src-main/io/file-identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'oopscope-identity-'));
const path = join(folder, 'dump');
const content = new Uint8Array(5_000_000).fill(3);
writeFileSync(path, content);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('is the size, the time and the SHA-256, with progress on the way', async () => {
  const seen: number[] = [];
  const identity = await identifyFile(path, {
    onProgress: (done, total) => {
      expect(total).toBe(5_000_000);
      seen.push(done);
    },
  });
  expect(identity).toEqual({
    size: 5_000_000,
    mtimeMs: statSync(path).mtimeMs,
    sha256: createHash('sha256').update(content).digest('hex'),
  });
  expect(seen).toHaveLength(5);
  expect(seen.at(-1)).toBe(5_000_000);
});

it('stops when told to', async () => {
  const abort = new AbortController();
  const hashing = identifyFile(path, {
    onProgress: (done) => {
      if (done >= 2_000_000) abort.abort(new Error('enough'));
    },
    signal: abort.signal,
  });
  await expect(hashing).rejects.toThrow('enough');
});

it('does not vouch for a file that changes meanwhile', async () => {
  let once = true;
  const hashing = identifyFile(path, {
    onProgress: () => {
      if (once) appendFileSync(path, 'more');
      once = false;
    },
  });
  await expect(hashing).rejects.toThrow(/changed/);
});
