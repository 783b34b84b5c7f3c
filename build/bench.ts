/**
 * `npm run bench`: cold processes, from nothing to system summary and panic backtrace, beside crash
 * and drgn (which need vmlinux) on the same dump in the same run. Prints ratios; never a test.
 *
 *   npm run bench [-- [--cold] [NAME…]]   names of corpus dumps; all that are there by default
 *
 * Times are medians of whole processes, their start included, files in the page cache; beside them
 * the fastest run and the least CPU time, which tell more on a busy machine. `--cold` (root) empties
 * the page cache before every run of everybody.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLargeDump } from './bench/large-dump.ts';
import { measureInTurn, type Measured, type Subject } from './bench/measure.ts';

const RUNS = 5;
const LARGER = 20;
const root = join(import.meta.dirname, '..');
const cache =
  process.env['OOPSCOPE_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'oopscope');
const corpus = join(cache, 'corpus');
const scratch = mkdtempSync(join(tmpdir(), 'oopscope-bench-'));

/** The facts of crash's `sys` and the panic backtrace, as a drgn user would script them. */
const DRGN_SCRIPT = `
from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.panic import panic_message
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import loadavg
print("release", prog["UTS_RELEASE"].string_().decode())
print("node", prog["init_uts_ns"].name.nodename.string_().decode())
print("cpus", len(list(for_each_online_cpu(prog))))
print("tasks", sum(1 for _ in for_each_task(prog)))
print("load", loadavg(prog))
try:
    print("panic", panic_message(prog))
except Exception as error:
    print("panic", error)
print(prog.crashed_thread().stack_trace())
`;

const DRGN_STACKS = `
from drgn.helpers.linux.pid import for_each_task
for task in for_each_task(prog):
    try:
        print(prog.stack_trace(task))
    except Exception as error:
        print(error)
`;
const COLD = '--cold';
const words = process.argv.slice(2);
const names = words.filter((word) => word !== COLD);
/** What was aimed at and what came of it, for the end. */
const goals: string[] = [];
try {
  for (const name of names.length > 0 ? names : corpusDumps()) compareOn(name);
  const many = existsSync(join(corpus, 'many-tasks')) ? 'many-tasks' : 'debian-6.1';
  compareStacks(many);
  compareLookups(many);
  compareSizes();
  if (goals.length > 0) console.log(`\nGoals:\n${goals.join('\n')}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function corpusDumps(): string[] {
  if (!existsSync(corpus)) return [];
  const found = readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'dump.kdump')));
  if (found.length === 0) console.log('No corpus dumps: `npm run corpus` makes them.');
  return found.sort();
}

function compareOn(name: string): void {
  const dump = join(corpus, name, 'dump.kdump');
  const vmlinux = join(corpus, name, 'vmlinux');
  const subjects = [ours('oopscope', dump)];
  if (existsSync(vmlinux)) {
    const withLines = ours('with vmlinux', dump, ['-s', vmlinux, '-c', 'sys', '-c', 'bt -l']);
    const theirs = drgn(dump, vmlinux, DRGN_SCRIPT, /release [^]*#0 /);
    subjects.push(withLines, theirs, crash(dump, vmlinux, 'sys\nbt\n', /PANIC:[^]*#0 /));
  }
  console.log(`\n${name} (${megabytes(statSync(dump).size)}), summary and panic backtrace:`);
  const [, lines, drgns] = report(subjects);
  goal(`${name}: panic backtrace with lines, of drgn's time`, lines, drgns, 1);
}

/** Every task's backtrace with inlined functions and source lines; vmlinux for all three. */
function compareStacks(name: string): void {
  const dump = join(corpus, name, 'dump.kdump');
  const vmlinux = join(corpus, name, 'vmlinux');
  if (!existsSync(dump) || !existsSync(vmlinux)) return;
  console.log(`\n${name}, every task's backtrace with source lines:`);
  const [mine, drgns, crashs] = report([
    ours('oopscope', dump, ['-s', vmlinux, '-c', 'foreach bt -l']),
    drgn(dump, vmlinux, DRGN_STACKS, /#0 /),
    crash(dump, vmlinux, 'foreach bt -l\n', /#0 /),
  ]);
  goal("every backtrace with lines, of drgn's time", mine, drgns, 0.2);
  goal("every backtrace with lines, of crash's time", mine, crashs, 0.1);
}

/**
 * Opening with vmlinux and looking up by name what only the index of DWARF's names knows: with an
 * empty cache of debuginfo, so that the index is made, and with what the first time left there. A
 * dump that is opened for something else (`plain`) needs no index, the first time or the second.
 */
function compareLookups(name: string): void {
  const dump = join(corpus, name, 'dump.kdump');
  const vmlinux = join(corpus, name, 'vmlinux');
  if (!existsSync(dump) || !existsSync(vmlinux)) return;
  const caches = join(scratch, 'caches');
  const subject = (label: string, line: string, proof: RegExp): Subject => ({
    ...ours(label, dump, ['-s', vmlinux, '-c', line]),
    proof,
    env: { XDG_CACHE_HOME: join(caches, label) },
  });
  const look = 'whatis ext4_sops';
  const proof = /super_operations/;
  const forget = (): void =>
    rmSync(join(caches, 'first', 'oopscope', 'debuginfo'), { recursive: true, force: true });
  console.log(`\n${name}, opened with vmlinux and a look-up by name (\`${look}\`):`);
  const [first, second, , drgns] = report([
    { ...subject('first', look, proof), before: forget },
    subject('second', look, proof),
    subject('plain', 'sys', /RELEASE/),
    drgn(dump, vmlinux, 'print(prog["ext4_sops"].type_.type_name())', proof),
  ]);
  goal('second open with the index cached, of the first', second, first, 0.5);
  memoryGoal('look-up by name', [first, second], drgns);
}

/** Says at the end whether `mine` took at most `most` of the time of `theirs`. */
function goal(
  what: string,
  mine: Measured | undefined,
  theirs: Measured | undefined,
  most: number,
): void {
  if (mine === undefined || theirs === undefined) return;
  const share = mine.seconds / theirs.seconds;
  const met = share <= most ? 'met' : 'NOT met';
  goals.push(`  ${met.padEnd(7)} ${what}: ${share.toFixed(2)} (at most ${most})`);
  if (theirs.name === 'drgn') memoryGoal(what.replace(/, of .*/, ''), [mine], theirs);
}

function memoryGoal(
  what: string,
  mine: readonly (Measured | undefined)[],
  theirs: Measured | undefined,
): void {
  if (theirs === undefined) return;
  const most = Math.max(...mine.map((each) => each?.megabytes ?? NaN));
  const met = most < theirs.megabytes ? 'met' : 'NOT met';
  const text = `${most.toFixed(0)} MB (below ${theirs.megabytes.toFixed(0)} MB)`;
  goals.push(`  ${met.padEnd(7)} ${what}, peak memory: ${text}`);
}

/** Nothing of any file in memory: root may ask for that. */
function dropPageCache(): void {
  spawnSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

/** The same machine with 20 times the memory: opening must not read what grows. */
function compareSizes(): void {
  const sample = join(root, 'build/sample/sample.kdump');
  const large = join(scratch, 'large.kdump');
  writeLargeDump(sample, large, LARGER);
  console.log(`\nThe sample and a machine ${LARGER} times its size (sparse file):`);
  report([ours('large', large), ours('sample', sample)]);
}

/** @returns what was measured, in the order of the subjects; undefined for one that did not answer */
function report(subjects: readonly Subject[]): (Measured | undefined)[] {
  const cold = words.includes(COLD);
  const results = measureInTurn(subjects, RUNS, cold ? dropPageCache : undefined);
  const first = results[0]!;
  return results.map((result) => {
    if ('failed' in result) {
      const lines = result.failed.trim().split('\n');
      console.log(`  ${result.name.padEnd(12)} did not answer: ${lines.slice(0, 3).join(' ')}`);
      return undefined;
    }
    const ratio =
      'failed' in first || result === first
        ? ''
        : `  ${first.name} takes ${(first.seconds / result.seconds).toFixed(2)} of its time, ${(first.megabytes / result.megabytes).toFixed(2)} of its memory`;
    const { name, seconds, least, cpuSeconds } = result;
    const time = `${seconds.toFixed(2)} s (least ${least.toFixed(2)}, CPU ${cpuSeconds.toFixed(2)})`;
    console.log(
      `  ${name.padEnd(12)} ${time}  ${result.megabytes.toFixed(0).padStart(5)} MB${ratio}`,
    );
    return result;
  });
}

function ours(
  name: string,
  dump: string,
  options = ['--no-search', '-c', 'sys', '-c', 'bt'],
): Subject {
  const command = [process.execPath, join(root, 'out/main/cli.cjs'), 'exec', ...options, dump];
  return { name, command, proof: /#0 / };
}

function crash(dump: string, vmlinux: string, input: string, proof: RegExp): Subject {
  const commands = scratchFile('crash-commands', input);
  const runner = join(root, 'test/corpus/run-crash.sh');
  return { name: 'crash', command: [runner, dump, vmlinux, commands], proof };
}

function drgn(dump: string, vmlinux: string, text: string, proof: RegExp): Subject {
  const script = scratchFile('script.py', text);
  const runner = join(root, 'test/corpus/run-drgn.sh');
  return { name: 'drgn', command: [runner, dump, vmlinux, script], proof };
}

function scratchFile(name: string, text: string): string {
  const file = join(mkdtempSync(join(scratch, 'input-')), name);
  writeFileSync(file, text);
  return file;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
