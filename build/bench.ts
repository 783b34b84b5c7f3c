/**
 * `npm run bench`: cold processes, from nothing to system summary and panic backtrace, beside crash
 * and drgn (which need vmlinux) on the same dump in the same run. Prints ratios; never a test.
 *
 *   npm run bench [-- NAME…]   names of corpus dumps; all that are there by default
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLargeDump } from './bench/large-dump.ts';
import { measureInTurn, type Subject } from './bench/measure.ts';

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
try {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : corpusDumps()) compareOn(name);
  compareStacks(existsSync(join(corpus, 'many-tasks')) ? 'many-tasks' : 'debian-6.1');
  compareSizes();
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
  report(subjects);
}

/** Every task's backtrace with inlined functions and source lines; vmlinux for all three. */
function compareStacks(name: string): void {
  const dump = join(corpus, name, 'dump.kdump');
  const vmlinux = join(corpus, name, 'vmlinux');
  if (!existsSync(dump) || !existsSync(vmlinux)) return;
  console.log(`\n${name}, every task's backtrace with source lines:`);
  report([
    ours('oopscope', dump, ['-s', vmlinux, '-c', 'foreach bt -l']),
    drgn(dump, vmlinux, DRGN_STACKS, /#0 /),
    crash(dump, vmlinux, 'foreach bt -l\n', /#0 /),
  ]);
}

/** The same machine with 20 times the memory: opening must not read what grows. */
function compareSizes(): void {
  const sample = join(root, 'build/sample/sample.kdump');
  const large = join(scratch, 'large.kdump');
  writeLargeDump(sample, large, LARGER);
  console.log(`\nThe sample and a machine ${LARGER} times its size (sparse file):`);
  report([ours('large', large), ours('sample', sample)]);
}

function report(subjects: readonly Subject[]): void {
  const results = measureInTurn(subjects, RUNS);
  const first = results[0]!;
  for (const result of results) {
    if ('failed' in result) {
      console.log(
        `  ${result.name.padEnd(12)} did not answer: ${result.failed.trim().split('\n').slice(0, 3).join(' ')}`,
      );
      continue;
    }
    const ratio =
      'failed' in first || result === first
        ? ''
        : `  ${first.name} takes ${(first.seconds / result.seconds).toFixed(2)} of its time, ${(first.megabytes / result.megabytes).toFixed(2)} of its memory`;
    console.log(
      `  ${result.name.padEnd(12)} ${result.seconds.toFixed(2)} s  ${result.megabytes.toFixed(0).padStart(5)} MB${ratio}`,
    );
  }
}

function ours(
  name: string,
  dump: string,
  options = ['--no-search', '-c', 'sys', '-c', 'bt'],
): Subject {
  const command = [process.execPath, join(root, 'out/main/cli.js'), 'exec', ...options, dump];
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
