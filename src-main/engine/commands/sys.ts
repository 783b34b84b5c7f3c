import type { Absent, Block, CellValue, Fact } from '../../../src-shared/contract/index.ts';
import { hex } from '../base/address.ts';
import { FaultError, tryRead } from '../base/fault.ts';
import type { PageState } from '../dump/dump-image.ts';
import { readDmiStrings } from '../kernel/dmi.ts';
import { hasKernelConfig, readKernelConfig } from '../kernel/ikconfig.ts';
import { installedMemoryGuess, presentMemory } from '../kernel/memory-size.ts';
import { listModules } from '../kernel/module.ts';
import { findFaultMessage, findPanicMessage, findPanicTask } from '../kernel/panic.ts';
import { readPrintkLog } from '../kernel/printk.ts';
import { findTaintMask, readTaintMask, taintFlagsOf, taintLetters } from '../kernel/taint.ts';
import { findTasks } from '../kernel/tasks.ts';
import { crashDate, loadAverage, uptime } from '../kernel/time.ts';
import { processorMhz, readUtsname } from '../kernel/uts.ts';
import { fileTextOf } from '../program/debug-info.ts';
import type { Program } from '../program/program.ts';
import type { Command } from './command.ts';
import { UsageError } from './command.ts';
import { warning, type CommandContext } from './context.ts';
import { absentOf, fact, notApplicable } from './facts.ts';
import { parseOptions } from './options.ts';
import { systemCalls } from './sys-calls.ts';
import { tableBlock } from './table.ts';
import { taskContextFacts } from './task-context.ts';

export const sys: Command = {
  name: 'sys',
  summary: 'the machine, and why it died',
  usage: '[-t | -i | -c [name | number] …] | config',
  help: [
    'Without options: what machine this was, when and why it died, which task was to blame, what the',
    'dump holds. Values that cannot be read say why.',
    '',
    '  -c  the system call table: all, or those of a number or with a text in their name',
    '  -i  the DMI strings: what the firmware says of the machine',
    '  -t  the taint flags: their letters, what they mean, and the modules that carry them',
    '  config  the configuration of the kernel, where it carries it (CONFIG_IKCONFIG)',
  ],
  needs: ['memory'],
  *run(context, args) {
    const options = parseOptions(args, 'tci');
    if (options.atMostOne('tci') === 'c') {
      yield* systemCalls(context.program, options.operands);
      return;
    }
    if (options.operands.join(' ') === 'config') {
      yield configBlock(context);
      return;
    }
    if (options.operands.length > 0) {
      throw new UsageError(`not supported: ${options.operands.join(' ')}`);
    }
    if (options.has('t')) yield* taints(context.program);
    else if (options.has('i')) yield dmiFacts(context.program);
    else yield* summary(context);
  },
};

function dmiFacts(program: Program): Block {
  const facts = readDmiStrings(program).map(({ field, value }) =>
    fact(field.toLowerCase().replaceAll('_', '-'), field, 'text', () =>
      typeof value === 'string' ? value : absentOf(value.fault),
    ),
  );
  return { type: 'facts', name: 'dmi', facts };
}

/** @throws UsageError where the kernel carries none; FaultError where it cannot be read */
function configBlock({ program, gunzip }: CommandContext): Block {
  if (program.symbols.kernelTable !== undefined && !hasKernelConfig(program)) {
    throw new UsageError('kernel_config_data does not exist in this kernel');
  }
  if (gunzip === undefined) throw new UsageError('nothing that unpacks gzip is at hand');
  const text = readKernelConfig(program, gunzip);
  return { type: 'text', lines: text.replace(/\n$/, '').split('\n') };
}

function* summary({ program }: CommandContext): Generator<Block> {
  // Any other task would be read as the one to blame.
  const task = findPanicTask(program)?.task;
  const facts = [
    ...systemFacts(program),
    ...(task === undefined ? [] : taskContextFacts(program, task)),
  ];
  yield { type: 'facts', name: 'sys', facts };
  for (const text of findTasks(program).warnings) yield warning(text);
  if (task === undefined) yield warning('No task is known to have panicked.');
  yield { type: 'facts', name: 'cause', facts: causeFacts(program) };
  yield { type: 'facts', name: 'dump', facts: dumpFacts(program) };
}

function systemFacts(program: Program): Fact[] {
  const uts = tryRead(() => readUtsname(program)) ?? program.image.utsname;
  const utsFact = (id: 'nodename' | 'release' | 'version', label: string): Fact =>
    fact(id, label, 'text', () => uts?.[id] ?? readUtsname(program)[id]);
  return [
    fact('kernel', 'KERNEL', 'text', () => ({
      value: symbolSource(program),
      note: (findTaintMask(program) ?? 0n) === 0n ? undefined : '[TAINTED]',
    })),
    ...debuginfoFacts(program),
    fact('dumpfile', program.image.sources.length > 1 ? 'DUMPFILES' : 'DUMPFILE', 'text', () => ({
      value: program.image.sources.map((source) => source.name).join(' '),
      note: (program.image.dumpLevel ?? 0) > 0 ? '[PARTIAL DUMP]' : undefined,
    })),
    fact('cpus', 'CPUS', 'count', () => {
      const { present, online } = program.cpus;
      const offline = present.length - online.length;
      return { value: present.length, note: offline > 0 ? `[OFFLINE: ${offline}]` : undefined };
    }),
    fact('date', 'DATE', 'date', () => crashDate(program)),
    fact('uptime', 'UPTIME', 'seconds', () => uptime(program)),
    fact('load-average', 'LOAD AVERAGE', 'text', () => loadText(program)),
    fact('tasks', 'TASKS', 'count', () => taskCount(program)),
    utsFact('nodename', 'NODENAME'),
    utsFact('release', 'RELEASE'),
    utsFact('version', 'VERSION'),
    fact('machine', 'MACHINE', 'text', () => {
      const mhz = tryRead(() => processorMhz(program));
      return {
        value: uts?.machine ?? program.image.machine,
        note: mhz === undefined || mhz === 0 ? '(unknown Mhz)' : `(${mhz} Mhz)`,
      };
    }),
    fact('memory', 'MEMORY', 'bytes', () => {
      const present = presentMemory(program);
      return {
        value: installedMemoryGuess(present),
        evidence: `node_present_pages of all nodes: ${present} bytes, to the next GB when at most 64 MB are missing`,
      };
    }),
    fact('panic', 'PANIC', 'text', () => {
      const message = findPanicMessage(program);
      if (message === undefined) return notInLog(program, 'no panic message');
      return {
        value: message.text,
        note: message.text.includes('Oops: ') ? '(check log for details)' : undefined,
        evidence: `log record ${message.record.seq}`,
      };
    }),
  ];
}

const MATCHES: Readonly<Record<string, string>> = {
  'build-id': '[build-id is the dump’s]',
  banner: '[banner is the dump’s]',
  release: '[same release; the build cannot be compared]',
  override: '[OVERRIDE: of another build]',
};

/** vmlinux in use and how it was told to be this kernel's, then how many modules have theirs. */
function debuginfoFacts({ debugInfo }: Program): Fact[] {
  const parts = debugInfo?.parts ?? [];
  const kernel = parts.find(({ name }) => name === 'vmlinux');
  const modules = parts.length - (kernel === undefined ? 0 : 1);
  const others = parts.filter(({ match }) => match === 'override');
  if (parts.length === 0) return [];
  return [
    fact('debuginfo', 'DEBUGINFO', 'text', () => ({
      value: kernel === undefined ? `of ${modules} modules` : fileTextOf(kernel),
      evidence: kernel?.path,
      note:
        (kernel !== undefined && MATCHES[kernel.match]) ||
        (others.length > 0 ? MATCHES['override'] : undefined),
    })),
  ];
}

/** A number of tasks that may be short says so; none at all is not zero but unknown. */
function taskCount(program: Program): CellValue | { value: CellValue; note: string } {
  const { tasks, warnings } = findTasks(program);
  const [first] = warnings;
  if (first === undefined) return tasks.length;
  if (tasks.length === 0) {
    // Most often the way to them is missing, and the fault says which part of it.
    program.global('init_task', 'struct task_struct').member('tasks').pointer();
    return { absent: 'unknown', why: first };
  }
  return { value: tasks.length, note: '(may be incomplete: see the warnings)' };
}

/** A log that lacks something is one answer, a log that cannot be read whole another. */
function notInLog(program: Program, what: string): Absent {
  const { fault, warnings } = readPrintkLog(program);
  if (fault !== undefined) throw new FaultError(fault);
  const [first] = warnings;
  if (first === undefined) return notApplicable(`the log holds ${what}`);
  return { absent: 'unknown', why: `${what} in what can be read of the log: ${first}` };
}

/** Two decimals of the kernel's 11-bit fraction, rounded and cut as /proc/loadavg does. */
function loadText(program: Program): string {
  return loadAverage(program)
    .map((load) => {
      const fixed = Math.round(load * 2048) + Math.floor(2048 / 200);
      const hundredths = ((fixed % 2048) * 100) >> 11;
      return `${Math.floor(fixed / 2048)}.${String(hundredths).padStart(2, '0')}`;
    })
    .join(', ');
}

function symbolSource(program: Program): string {
  const sources = program.capabilities
    .filter(({ name, ok }) => ok && (name === 'symbols' || name === 'types'))
    .map(({ how }) => how);
  return sources.length === 0 ? 'no symbols' : sources.join('; ');
}

function causeFacts(program: Program): Fact[] {
  return [
    fact('fault', 'FAULT', 'text', () => {
      const message = findFaultMessage(program);
      if (message === undefined) return notInLog(program, 'no fault report');
      return { value: message.text, evidence: `log record ${message.record.seq}` };
    }),
    fact('tainted', 'TAINTED', 'text', () => {
      const mask = readTaintMask(program);
      return mask === 0n
        ? 'no'
        : { value: taintLetters(mask), note: `(${hex(mask)})`, evidence: 'tainted_mask' };
    }),
  ];
}

const LEVEL_NAMES: readonly (readonly [number, string])[] = [
  [1, 'zero pages'],
  [2, 'page cache'],
  [4, 'private page cache'],
  [8, 'user pages'],
  [16, 'free pages'],
];

const STATE_NAMES: Readonly<Record<PageState, string>> = {
  present: 'in the dump',
  zero: 'zero, not stored',
  excluded: 'excluded by the filter',
  'not-ram': 'no RAM',
  truncated: 'beyond the end of the file',
  'missing-part': 'in a missing part of the set',
};

/** Frames (4 GiB) above which zero pages are not told apart: it takes a look at each descriptor. */
const COUNT_APART = 2 ** 20;

function dumpFacts(program: Program): Fact[] {
  const { image } = program;
  const quick = image.endPfn > COUNT_APART;
  const counts = image.countPages(quick ? 'quick' : undefined);
  const states = (Object.keys(STATE_NAMES) as PageState[]).filter(
    (state) => state === 'present' || (counts[state] > 0 && state !== 'not-ram'),
  );
  return [
    fact('format', 'FORMAT', 'text', () => image.format),
    fact('level', 'FILTER LEVEL', 'text', () => {
      const level = image.dumpLevel;
      if (level === undefined) return notApplicable('this format does not say what was filtered');
      const left = LEVEL_NAMES.filter(([bit]) => (level & bit) !== 0).map(([, name]) => name);
      return {
        value: String(level),
        note: left.length === 0 ? '(nothing left out)' : `(left out: ${left.join(', ')})`,
      };
    }),
    ...states.map((state) =>
      fact(`pages-${state}`, `PAGES ${STATE_NAMES[state].toUpperCase()}`, 'count', () => ({
        value: counts[state],
        ...(quick && state === 'present' && { note: '(zero pages among them)' }),
      })),
    ),
  ];
}

function* taints(program: Program): Generator<Block> {
  const mask = readTaintMask(program);
  const letters = taintLetters(mask);
  yield {
    type: 'facts',
    name: 'taint',
    facts: [fact('tainted-mask', 'TAINTED_MASK', 'flags', () => ({ value: mask, note: letters }))],
  };
  const modules = listModules(program);
  yield tableBlock(
    'taint-flags',
    [
      { id: 'letter', title: 'FLAG', kind: 'text', cell: (flag) => flag.letter },
      { id: 'bit', title: 'BIT', kind: 'count', cell: (flag) => flag.bit },
      { id: 'meaning', title: 'MEANING', kind: 'text', cell: (flag) => flag.meaning },
      {
        id: 'modules',
        title: 'MODULES',
        kind: 'text',
        help: 'Loaded modules that carry this flag; who set the others, the kernel does not keep.',
        cell: (flag) =>
          modules
            .filter(({ taints: own }) => (((own ?? 0n) >> BigInt(flag.bit)) & 1n) !== 0n)
            .map(({ name }) => name)
            .join(' '),
      },
    ],
    taintFlagsOf(mask),
  );
}
