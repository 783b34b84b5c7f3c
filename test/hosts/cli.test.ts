import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseArguments } from '../../src-main/hosts/cli/arguments.ts';
import { kindOfFile } from '../../src-main/hosts/node/file-kind.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { runCli } from '../support/run-cli.ts';

const kindOf = (path: string) =>
  path.endsWith('.kdump') ? 'dump' : path.endsWith('vmlinux') ? 'debuginfo' : undefined;

describe('arguments', () => {
  const commandsOf = (...args: string[]) => {
    const parsed = parseArguments(['exec', ...args], kindOf);
    return parsed.verb === 'exec' ? { files: parsed.files, commands: parsed.commands } : undefined;
  };

  it.each<[string, string[], unknown]>([
    ['words are a command', ['a', 'bt', '-a'], { files: ['a'], commands: [{ line: 'bt -a' }] }],
    ['one word is a line', ['a', 'bt -a'], { files: ['a'], commands: [{ line: 'bt -a' }] }],
    [
      'a word with a blank stays a word',
      ['a', 'ps', 'my task'],
      { files: ['a'], commands: [{ line: 'ps "my task"' }] },
    ],
    [
      'dumps after the first are parts of it',
      ['a', 'b.kdump', 'c.kdump', 'ps', 'd.kdump'],
      { files: ['a', 'b.kdump', 'c.kdump'], commands: [{ line: 'ps d.kdump' }] },
    ],
    [
      '-- ends the files',
      ['a', 'b.kdump', '--', 'c.kdump'],
      { files: ['a', 'b.kdump'], commands: [{ line: 'c.kdump' }] },
    ],
    [
      '-c and -i, in their order',
      ['a', '-c', 'sys', '-i', 'f', '-c', 'bt -a'],
      { files: ['a'], commands: [{ line: 'sys' }, { file: 'f' }, { line: 'bt -a' }] },
    ],
    [
      "options of the command are not oopscope's",
      ['a', 'task', '--json'],
      { files: ['a'], commands: [{ line: 'task --json' }] },
    ],
  ])('%s', (_name, args, expected) => {
    expect(commandsOf(...args)).toEqual(expected);
  });

  it('debuginfo is named with -s, or as crash takes it', () => {
    const args = ['exec', 'vmlinux', 'a.kdump', '-s', 'virtio.ko', 'bt', '-l'];
    expect(parseArguments(args, kindOf)).toMatchObject({
      files: ['a.kdump'],
      debuginfo: ['vmlinux', 'virtio.ko'],
      commands: [{ line: 'bt -l' }],
    });
  });

  it.each<[string[], RegExp]>([
    [['exec'], /needs a dump/],
    [['exec', 'a'], /needs a command/],
    [['exec', 'a', '-c'], /-c needs a value/],
    [['exec', '--fast', 'a'], /no option --fast/],
    [['info', '--port', '1', 'a'], /no option --port/],
    [['info', '--format', 'xml', 'a'], /text, json, csv, markdown/],
    [['serve', '--port', '70000'], /no port/],
    [['bt', 'a'], /there is no "bt"/],
    [['bt', 'a.kdump'], /oopscope exec a\.kdump bt/],
    [['a.kdump', 'bt'], /oopscope info a\.kdump/],
  ])('%j is refused', (args, message) => {
    expect(() => parseArguments(args, kindOf)).toThrow(message);
  });

  it('a dump is told by its first bytes, not by its name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'oopscope-cli-'));
    const file = (name: string, bytes: string | Buffer) => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const elf = (type: number) => {
      const bytes = Buffer.alloc(64);
      bytes.write('\x7fELF', 'latin1');
      bytes.writeUInt16LE(type, 16);
      return bytes;
    };
    expect(kindOfFile(file('ps', 'KDUMP   '.padEnd(64)))).toBe('dump');
    expect(kindOfFile(file('flat', 'makedumpfile'.padEnd(64)))).toBe('dump');
    expect(kindOfFile(file('core', elf(4)))).toBe('dump');
    expect(kindOfFile(file('program', elf(2)))).toBe('debuginfo');
    expect(kindOfFile(file('notes.kdump', 'not a dump at all, only text'))).toBe(undefined);
    expect(kindOfFile(file('short', 'KDUMP'))).toBe(undefined);
    expect(kindOfFile(folder)).toBe(undefined);
    expect(kindOfFile(join(folder, 'none'))).toBe(undefined);
    rmSync(folder, { recursive: true });
  });
});

describe('what is named beside the dump', () => {
  it.each([
    ['exec', '-s', '/none/vmlinux'],
    ['info', '--override', '/none/vmlinux'],
    ['exec', '--source', '/none/linux'],
    ['exec', '--source', '/build/linux=/none/linux'],
  ])('%s %s %s: what does not exist is wrong usage, said before any opening', async (...args) => {
    const [verb = '', ...named] = args;
    const opened = vi.fn();
    const engine = { ...fakeEngine(), open: opened };
    const words = verb === 'exec' ? ['echo', 'x'] : [];
    const { status, out, err } = await runCli(engine, [verb, ...named, 'a', ...words]);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(/^error: --?\w+ \/none\/\w+: there is no such file or folder\n/);
    expect(opened).not.toHaveBeenCalled();
  });
});

describe('exec', () => {
  it('answers on standard output, complains on standard error', async () => {
    expect(await runCli(fakeEngine(), ['exec', 'a', 'echo', 'hello'])).toEqual({
      status: 0,
      out: 'hello\n',
      err: '',
    });
    expect(await runCli(fakeEngine(), ['exec', 'a', 'usage'])).toEqual({
      status: 1,
      out: '',
      err: 'error: usage: no such option\n',
    });
  });

  it('goes on after a command that fails, and says at the end that one did', async () => {
    const args = ['exec', 'a', '-c', 'echo 1', '-c', 'usage', '-c', 'bug', '-c', 'echo 2'];
    const result = await runCli(fakeEngine(), args);
    expect(result.out).toBe('1\n2\n');
    expect(result.err).toContain('bug: a bug in Oopscope: TypeError: x is not a function');
    expect(result.status).toBe(1);
  });

  it('runs the commands of a file up to exit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'oopscope-cli-'));
    const file = join(folder, 'commands');
    writeFileSync(file, '# a comment\n\n  echo 1\r\necho 2\nexit\necho 3\n');
    expect((await runCli(fakeEngine(), ['exec', 'a', '-i', file])).out).toBe('1\n2\n');
    rmSync(folder, { recursive: true });
    const missing = await runCli(fakeEngine(), ['exec', 'a', '-i', file]);
    expect(missing).toMatchObject({ status: 2, out: '' });
  });

  it('gives one line of JSON a command, failed ones too', async () => {
    const { out, status } = await runCli(fakeEngine(), [
      'exec',
      '--json',
      'a',
      '-c',
      'echo x',
      '-c',
      'usage',
    ]);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { command: 'echo x', blocks: [{ type: 'text', lines: ['x'] }] },
      { command: 'usage', blocks: [], error: { kind: 'usage', message: 'no such option' } },
    ]);
    expect(status).toBe(1);
  });

  it('says what cannot be opened, safely', async () => {
    const result = await runCli(fakeEngine(), ['exec', '/x/damaged\x1b[2J', 'ps']);
    expect(result).toEqual({
      status: 3,
      out: '',
      err: 'error: /x/damaged\\x1b[2J: not a dump\n',
    });
  });
});

describe('usage', () => {
  it('is 2 with a hint, and help and version are 0', async () => {
    expect(await runCli(fakeEngine(), ['exec'])).toMatchObject({ status: 2, out: '' });
    const help = await runCli(fakeEngine(), ['--help']);
    expect(help.status).toBe(0);
    expect(help.out).toContain('Exit status:');
    expect((await runCli(fakeEngine(), ['exec', '--help'])).out).toBe(help.out);
    expect((await runCli(fakeEngine(), ['--version'])).out).toMatch(/^oopscope \d/);
  });
});

const root = join(import.meta.dirname, '..', '..');
const sample = join(root, 'build', 'sample', 'sample.kdump');

describe.skipIf(!existsSync(sample))('as a process', () => {
  const main = join(root, 'src-main', 'hosts', 'cli', 'main.ts');
  const runMain = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

  it('info: why the kernel died, in one page', () => {
    const { status, stdout, stderr } = runMain('info', sample);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const part of ['PANIC: "Oops', ' #0 [', 'TAINTED_MASK: ', 'MODULES: ']) {
      expect(stdout).toContain(part);
    }
  });

  it('info --json is one document', () => {
    const { stdout } = runMain('info', '--json', sample);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual(['session', 'system', 'backtrace', 'taint', 'modules']);
  });

  it('ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, [main, 'exec', sample, '-c', 'sym -l'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.on('exit', resolve));
    expect({ status, errors }).toEqual({ status: 141, errors: '' });
  });

  it('an interrupt ends it at once, also while it computes', async () => {
    const child = spawn(process.execPath, [main, 'exec', sample, '-c', 'sym -l'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const signal = await new Promise((resolve) =>
      child.on('exit', (_code, by: string | null) => resolve(by)),
    );
    expect(signal).toBe('SIGINT');
  });
});

describe('serve, as a process', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'oopscope-serve-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(!existsSync(join(root, 'out', 'renderer', 'index.html')))(
    'prints the address with its token and ends on an interrupt',
    async () => {
      const main = join(root, 'src-main', 'hosts', 'cli', 'main.ts');
      const child = spawn(process.execPath, [main, 'serve'], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, XDG_STATE_HOME: folder },
      });
      const url = await new Promise<string>((resolve) =>
        child.stdout.once('data', (part: Buffer) => resolve(part.toString().trim())),
      );
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
      expect((await fetch(url)).status).toBe(200);
      child.kill('SIGINT');
      expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    },
  );

  it.skipIf(!existsSync(join(root, 'out', 'renderer', 'index.html')))(
    'says that a dump does not exist, and serves all the same',
    async () => {
      const main = join(root, 'src-main', 'hosts', 'cli', 'main.ts');
      const child = spawn(process.execPath, [main, 'serve', '/none/dump', folder], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, XDG_STATE_HOME: folder },
      });
      let said = '';
      child.stderr.on('data', (part: Buffer) => (said += part.toString()));
      const url = await new Promise<string>((resolve) =>
        child.stdout.once('data', (part: Buffer) => resolve(part.toString().trim())),
      );
      expect((await fetch(url)).status).toBe(200);
      expect(said).toContain('warning: /none/dump: there is no such file');
      expect(said).toContain(`warning: ${folder} is a folder, not a dump`);
      child.kill('SIGINT');
      expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    },
  );
});
