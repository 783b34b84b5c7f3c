import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultError } from '../../src-main/engine/base/fault.ts';
import { OpenError } from '../../src-main/engine/dump/open-error.ts';
import { type FileSource, MappedFile, PreadFile } from '../../src-main/io/file-source.ts';
import { findNativeMapping } from '../../src-main/io/native-mapping.ts';
import { openByteSource } from '../../src-main/io/open-byte-source.ts';

execFileSync(process.execPath, ['build/native/build.mjs']);
const native = findNativeMapping();
const folder = mkdtempSync(join(tmpdir(), 'oopscope-io-'));
const file = (name: string): string => join(folder, name);

beforeAll(() => {
  writeFileSync(
    file('small'),
    Uint8Array.from({ length: 10_000 }, (_, i) => i % 251),
  );
  // Sparse: 6 GiB and 8 bytes, with marks on both sides of 4 GiB and at the end.
  const fd = openSync(file('huge'), 'w');
  for (const at of [2 ** 32 - 4, 2 ** 32, 6 * 2 ** 30]) {
    writeSync(fd, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, at % 256), 0, 8, at);
  }
  closeSync(fd);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function bytesAt(source: FileSource, offset: number, length: number): number[] {
  const target = new Uint8Array(length + 2).fill(0xee);
  const got = source.read(offset, target, 1, length);
  // Nothing outside the range asked for is touched.
  expect(target[0]).toBe(0xee);
  expect(target[got + 1]).toBe(0xee);
  return [...target.subarray(1, 1 + got)];
}

describe.each([
  ['mmap', native !== undefined],
  ['pread', true],
] as const)('a file read by %s', (access, available) => {
  const open = (name: string, size: number): FileSource =>
    access === 'mmap' && native !== undefined
      ? new MappedFile(file(name), native)
      : new PreadFile(file(name), size);

  it.runIf(available)('gives its bytes, fewer at the end, none after', () => {
    const source = open('small', 10_000);
    expect(source).toMatchObject({ name: 'small', size: 10_000, access });
    expect(bytesAt(source, 0, 4)).toEqual([0, 1, 2, 3]);
    expect(bytesAt(source, 4095, 3)).toEqual([4095 % 251, 4096 % 251, 4097 % 251]);
    expect(bytesAt(source, 9_998, 100)).toHaveLength(2);
    expect(bytesAt(source, 10_000, 4)).toEqual([]);
    expect(bytesAt(source, 2 ** 50, 4)).toEqual([]);
    source.close();
  });

  it.runIf(available)('reads beyond 4 GiB, holes as zeros', () => {
    const size = 6 * 2 ** 30 + 8;
    const source = open('huge', size);
    expect(source.size).toBe(size);
    expect(bytesAt(source, 2 ** 32 - 4, 8)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    expect(bytesAt(source, 6 * 2 ** 30, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 0]);
    expect(bytesAt(source, 5 * 2 ** 30, 4)).toEqual([0, 0, 0, 0]);
    source.close();
  });

  it.runIf(available)('that shrinks gives an error, again and again, and lives on', () => {
    writeFileSync(file('shrinking'), new Uint8Array(1 << 20).fill(7));
    const source = open('shrinking', 1 << 20);
    truncateSync(file('shrinking'), 4096);
    expect(bytesAt(source, 0, 2)).toEqual([7, 7]);
    const target = new Uint8Array(4096);
    for (let i = 0; i < 600; i++) {
      const outcome = outcomeOf(() => source.read(8192 + i * 512, target, 0, 4096));
      // pread says it by its count, which readFully turns into the same fault.
      expect(outcome).toEqual(access === 'mmap' ? 'io' : 0);
    }
    expect(bytesAt(source, 100, 1)).toEqual([7]);
    source.close();
  });

  it.runIf(available)('once closed is an error to read', () => {
    const source = open('small', 10_000);
    source.close();
    source.close();
    expect(outcomeOf(() => source.read(0, new Uint8Array(1), 0, 1))).toBe('io');
  });
});

function outcomeOf(read: () => number): number | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof FaultError) return error.fault.kind;
    throw error;
  }
}

describe.runIf(native !== undefined)('the mmap addon', () => {
  it('survives a shrunken file in several worker threads at once', async () => {
    writeFileSync(file('shared'), new Uint8Array(1 << 20).fill(9));
    const source = `
      import { parentPort, workerData } from 'node:worker_threads';
      const { MappedFile } = await import(workerData.fileSource);
      const { findNativeMapping } = await import(workerData.nativeMapping);
      const source = new MappedFile(workerData.path, findNativeMapping());
      parentPort.postMessage('open');
      parentPort.once('message', () => {
        let faults = 0;
        for (let i = 0; i < 500; i++) {
          try { source.read(65536 + i, new Uint8Array(9000), 0, 9000); } catch { faults++; }
        }
        parentPort.postMessage(faults);
      });`;
    const workers = Array.from(
      { length: 3 },
      () =>
        new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
          workerData: {
            path: file('shared'),
            fileSource: new URL('../../src-main/io/file-source.ts', import.meta.url).href,
            nativeMapping: new URL('../../src-main/io/native-mapping.ts', import.meta.url).href,
          },
        }),
    );
    const next = (worker: Worker): Promise<unknown> =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    expect(await Promise.all(workers.map(next))).toEqual(['open', 'open', 'open']);
    truncateSync(file('shared'), 0);
    const answers = Promise.all(workers.map(next));
    for (const worker of workers) worker.postMessage('read');
    expect(await answers).toEqual([500, 500, 500]);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  it('checks every argument', () => {
    const { handle } = (native ?? expect.unreachable()).open(file('small'));
    const target = new Uint8Array(8);
    const read = (...args: unknown[]): unknown =>
      (native?.read as (...args: unknown[]) => unknown)(...args);
    for (const args of [
      [],
      [handle, 0, target, 0],
      [handle, '0', target, 0, 1],
      [handle, 0, [], 0, 1],
      [handle, 0, new Uint16Array(8), 0, 1],
      [handle, 0, target, 0, 9],
      [handle, 0, target, 8, 1],
      [handle, 0, target, -1, 1],
      [handle, 0, target, NaN, 1],
      [handle, -1, target, 0, 1],
      [handle, NaN, target, 0, 1],
      [handle, Infinity, target, 0, 1],
      [handle, 0, target, 0, -1],
      [handle, 0, target, 0, Infinity],
      [handle + 1, 0, target, 0, 1],
      [4096, 0, target, 0, 1],
    ]) {
      expect(() => read(...args), JSON.stringify(args)).toThrow();
    }
    native?.close(handle);
    expect(() => read(handle, 0, target, 0, 1)).toThrow(/not an open mapping/);
  });
});

describe('opening a path', () => {
  it('maps a local regular file where the addon is there', () => {
    const source = openByteSource(file('small'));
    // Temporary folders may be on any file system.
    expect(['mmap', 'pread']).toContain(source.access);
    expect(bytesAt(source, 1, 1)).toEqual([1]);
    source.close();
  });

  it('follows links', () => {
    symlinkSync('small', file('link'));
    const source = openByteSource(file('link'));
    expect(source.size).toBe(10_000);
    source.close();
  });

  const why = (path: string): string => {
    try {
      openByteSource(path).close();
    } catch (error) {
      if (error instanceof OpenError) return error.message;
      throw error;
    }
    return 'opened';
  };

  it('says what is wrong, by name', () => {
    expect(why(file('nothing'))).toBe('nothing: there is no such file.');
    expect(why(file('small/inside'))).toMatch(/^inside: there is no such file/);
    mkdirSync(file('folder'));
    expect(why(file('folder'))).toBe('folder: is a folder, not a dump.');
    writeFileSync(file('empty'), '');
    expect(why(file('empty'))).toBe('empty: is empty.');
    expect(why('/dev/null')).toBe('null: is a character device, not a dump.');
    symlinkSync('loop', file('loop'));
    expect(why(file('loop'))).toMatch(/circle/);
  });

  it('does not wait for a pipe', () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', file('pipe')]);
    expect(why(file('pipe'))).toMatch(/is a pipe/);
  });

  it('says when it may not be read', ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may read every file');
    writeFileSync(file('secret'), 'x');
    chmodSync(file('secret'), 0);
    expect(why(file('secret'))).toMatch(/no permission/);
  });
});
