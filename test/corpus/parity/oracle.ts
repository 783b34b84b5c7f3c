import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const scripts = join(import.meta.dirname, '..');
const cache =
  process.env['OOPSCOPE_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'oopscope');

/** A dump of the corpus with the vmlinux that only the oracle sees. */
export interface CorpusDump {
  readonly name: string;
  readonly dump: string;
  readonly vmlinux: string;
  readonly folder: string;
}

export function corpusDump(name: string): CorpusDump {
  const folder = join(cache, 'corpus', name);
  const found = {
    name,
    folder,
    dump: join(folder, 'dump.kdump'),
    vmlinux: join(folder, 'vmlinux'),
  };
  for (const file of [found.dump, found.vmlinux]) {
    if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run corpus\` first`);
  }
  return found;
}

export interface DrgnTask {
  readonly pid: number;
  readonly tgid: number;
  readonly parent: number;
  readonly comm: string;
  /** As /proc shows it: R S D T t X Z P I. */
  readonly state: string;
  readonly task: string;
  readonly cpu: number;
  readonly on_cpu: boolean;
  readonly mm: string;
}
export interface DrgnFrame {
  readonly name: string;
  readonly is_inline: boolean;
  readonly pc?: string;
  readonly symbol?: string;
}
export interface DrgnModule {
  readonly name: string;
  readonly module: string;
  readonly base: string;
  readonly taints: string;
}
export interface DrgnFacts {
  readonly tasks: { readonly tasks: readonly DrgnTask[]; readonly idle: readonly DrgnTask[] };
  readonly stacks: Readonly<Record<string, readonly DrgnFrame[] | { readonly error: string }>>;
  readonly modules: readonly DrgnModule[];
  readonly facts: {
    readonly uts: Readonly<Record<string, string>>;
    readonly cpus: Readonly<Record<'online' | 'possible' | 'present', readonly number[]>>;
    readonly crashed: DrgnTask;
    readonly taints: string;
    readonly page_offset: string;
  };
  readonly log: string;
}

/** What drgn says of a dump; made once for each dump and script. */
export function askDrgn(corpus: CorpusDump): DrgnFacts {
  const script = join(scripts, 'oracle/facts.py');
  const out = join(corpus.folder, 'oracle', keyOf(corpus, readFileSync(script)));
  if (!existsSync(join(out, 'log.txt'))) {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    run([join(scripts, 'run-drgn.sh'), corpus.dump, corpus.vmlinux, script, out]);
  }
  const json = <T>(name: string): T => JSON.parse(readFileSync(join(out, name), 'utf8')) as T;
  return {
    tasks: json('tasks.json'),
    stacks: json('stacks.json'),
    modules: json('modules.json'),
    facts: json('facts.json'),
    log: readFileSync(join(out, 'log.txt'), 'utf8'),
  };
}

/** One frame as drgn sees it with vmlinux; see ../oracle/frames.py. */
export interface DrgnFullFrame {
  readonly name: string;
  readonly function?: string | null;
  readonly inlined: boolean;
  readonly interrupted: boolean;
  readonly registers: Readonly<Record<string, string>>;
  /** File, line, column. */
  readonly source?: readonly [string, number, number];
  readonly locals: Readonly<Record<string, readonly [string, string] | null>>;
}
export interface DrgnFrames {
  /** Address of `_text` in the dump. */
  readonly text: string;
  readonly stacks: readonly (readonly DrgnFullFrame[])[];
}

/**
 * Frames of all tasks with lines, registers and locals; made once for each dump, script and set of
 * files.
 * @param symbols debuginfo of modules
 */
export function askDrgnFrames(corpus: CorpusDump, symbols: readonly string[] = []): DrgnFrames {
  const script = join(scripts, 'oracle/frames.py');
  const input = [script, ...symbols].map((path) => readFileSync(path));
  const out = join(corpus.folder, 'oracle', keyOf(corpus, Buffer.concat(input)));
  const file = join(out, 'frames.json');
  if (!existsSync(file)) {
    mkdirSync(out, { recursive: true });
    const drgn = join(scripts, 'run-drgn.sh');
    run([drgn, corpus.dump, corpus.vmlinux, script, out], { DRGN_SYMBOLS: symbols.join(':') });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as DrgnFrames;
}

/**
 * What crash 9 prints for each of some commands; made once for each dump and list of commands, in
 * one run of crash, which takes its time to start.
 */
export function askCrash(
  corpus: CorpusDump,
  commands: readonly string[],
): ReadonlyMap<string, string> {
  const key = keyOf(corpus, Buffer.from(commands.join('\n')));
  const out = join(corpus.folder, 'oracle', key);
  const fileOf = (i: number) => join(out, `crash-${i}.txt`);
  if (!existsSync(join(out, 'crash-done'))) {
    mkdirSync(out, { recursive: true });
    const input = join(out, 'crash-commands');
    writeFileSync(input, commands.map((command, i) => `${command} > ${fileOf(i)}\n`).join(''));
    run([join(scripts, 'run-crash.sh'), corpus.dump, corpus.vmlinux, input]);
    writeFileSync(join(out, 'crash-done'), '');
  }
  return new Map(commands.map((command, i) => [command, readFileSync(fileOf(i), 'utf8')]));
}

function keyOf(corpus: CorpusDump, input: Uint8Array): string {
  const hash = createHash('sha256').update(input);
  hash.update(readFileSync(`${corpus.dump}.sha256`));
  return hash.digest('hex').slice(0, 16);
}

function run(
  [command = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): string {
  const env = { ...process.env, ...environment };
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, env });
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${done.stderr}\n${done.stdout.slice(-2000)}`);
  }
  return done.stdout;
}
