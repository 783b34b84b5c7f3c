import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundCode } from '../../src-main/hosts/cli/code-limit.ts';

const LOADER = join(import.meta.dirname, '../../src-main/hosts/cli/compiled-code.ts');
let folder: string;
let program: string;
let codes: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-test-'));
  program = join(folder, 'program.cjs');
  codes = join(folder, 'codes');
  writeProgram('one');
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeProgram(answer: string): void {
  writeFileSync(program, `exports.run = (word) => ${JSON.stringify(answer)} + ' ' + word;\n`);
}

/** A process that loads the program with kept code and runs it. */
function run(word: string, where = codes): string {
  const script = `
    import { loadCompiled } from ${JSON.stringify(LOADER)};
    import { mkdirSync } from 'node:fs';
    mkdirSync(${JSON.stringify(codes)}, { recursive: true });
    const { run } = loadCompiled(${JSON.stringify(program)}, [process.argv[1]], ${JSON.stringify(where)});
    console.log(run(process.argv[1]));`;
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', script, word], {
    encoding: 'utf8',
  });
  return done.stdout.trim() + done.stderr.trim();
}

const codeFile = () => join(codes, readdirSync(codes)[0]!);

describe('code kept between runs', () => {
  it('answers the same with and without it, and is written again only for something new', () => {
    expect(run('bt')).toBe('one bt');
    const first = statSync(codeFile(), { bigint: true });
    expect(run('bt')).toBe('one bt');
    expect(statSync(codeFile(), { bigint: true }).ino).toBe(first.ino);
    expect(run('ps')).toBe('one ps');
    expect(statSync(codeFile(), { bigint: true }).ino).not.toBe(first.ino);
    expect(readdirSync(codes)).toHaveLength(1);
  });

  it('is written again for another command in quotes, whatever it is asked about', () => {
    run('bt -l');
    expect(readFileSync(codeFile(), 'latin1')).toContain('"words":["bt","-l"]');
    run('bt -f 1234');
    run('p secret_name');
    expect(readFileSync(codeFile(), 'latin1')).toContain('"words":["bt","-l","-f","p"]');
  });

  it('does not remember addresses and paths of the command line', () => {
    run('/tmp/dump.kdump');
    run('ffffffff81000000');
    expect(readFileSync(codeFile(), 'latin1')).toContain('"words":[]');
  });

  it('is not that of another program of the same size', () => {
    run('bt');
    writeProgram('two');
    expect(run('bt')).toBe('two bt');
  });

  it('damaged, cut off or empty costs nothing but time', () => {
    run('bt');
    const good = readFileSync(codeFile());
    const damaged = Buffer.from(good);
    damaged[damaged.length - 100] = damaged[damaged.length - 100]! ^ 1;
    for (const bytes of [damaged, good.subarray(0, -200), good.subarray(0, 20), Buffer.alloc(0)]) {
      writeFileSync(codeFile(), bytes);
      expect(run('bt')).toBe('one bt');
      // made anew, not believed
      expect(readFileSync(codeFile()).equals(bytes)).toBe(false);
    }
    utimesSync(codeFile(), 0, 0);
    expect(run('bt')).toBe('one bt');
  });

  it('is not believed what it says of itself: a damaged head is made anew', () => {
    run('bt');
    const good = readFileSync(codeFile(), 'latin1');
    const head = good.slice(0, 4096);
    const words = (text: string) =>
      head.replace('["bt"]', text).slice(0, 4096).padEnd(4096) + good.slice(4096);
    expect(words('["bt"]')).toBe(good);
    for (const bytes of [
      words('["bu"]'),
      words('[12, {"a": 1}]'),
      words('"bt,ps"'),
      words('null'),
      words(`[${'"bt",'.repeat(300)}"bt"]`),
      `null${' '.repeat(4092)}${good.slice(4096)}`,
    ]) {
      writeFileSync(codeFile(), bytes, 'latin1');
      expect(run('bt')).toBe('one bt');
      expect(readFileSync(codeFile(), 'latin1')).toContain('"words":["bt"]');
    }
  });

  it('has a limit: what was written longest ago goes, in old folders too', () => {
    const put = (name: string, daysAgo: number): string => {
      const path = join(codes, name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, new Uint8Array(100));
      const time = Date.now() / 1000 - daysAgo * 86_400;
      utimesSync(path, time, time);
      return path;
    };
    const all = [put('v22/old', 3), put('other.code', 2), put('this.code', 1)];
    boundCode(codes, 250);
    expect(all.map((path) => existsSync(path))).toEqual([false, true, true]);
    // Done when code is written.
    const huge = put('huge.code', 9);
    truncateSync(huge, 65 * 2 ** 20);
    const time = Date.now() / 1000 - 86_400;
    utimesSync(huge, time, time);
    run('bt');
    expect(existsSync(huge)).toBe(false);
  });

  it('is not needed: a folder that cannot be written to', () => {
    expect(run('bt', join(folder, 'missing'))).toBe('one bt');
    expect(run('bt', '/proc/self')).toBe('one bt');
  });
});
