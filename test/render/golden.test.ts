import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEngineService } from '../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../src-main/hosts/node/engine-deps.ts';
import type { EngineService } from '../../src-shared/contract/index.ts';
import { runCli } from '../support/run-cli.ts';

/**
 * The command line on the embedded sample beside crash 9 with vmlinux on the same dump: equal to
 * the byte, but for the differences named here.
 */
const root = join(import.meta.dirname, '..', '..');
const sample = join(root, 'build', 'sample', 'sample.kdump');
const golden = join(root, 'test', 'golden', 'sample');

interface GoldenFile {
  readonly file: string;
  readonly command: string;
}

/** What we print on purpose otherwise: changes of crash's lines that lead to ours. */
type Difference = (crash: string[], ours: string[]) => { crash: string[]; ours: string[] };

/** Only as many of our lines as crash's golden output keeps, or has. */
const firstLines: Difference = (crash, ours) => ({ crash, ours: ours.slice(0, crash.length) });

/** crash's banner of `sys` names vmlinux; we say where symbols and types come from, and go on. */
const banner: Difference = (crash, ours) => ({
  crash: crash.slice(1),
  ours: ours.slice(1, crash.length),
});

/** vmlinux has line numbers; the dump has none. */
const noLineNumbers: Difference = (crash, ours) => ({
  crash: crash.map((line) => line.replace(/ \S+\.[chS]: \d+$/, '')),
  ours,
});

/** crash heads the struct page the first time in a session only, and does not say what we note. */
const pageHeading: Difference = (crash, ours) => ({
  crash: crash.filter((line) => !line.startsWith('      PAGE       PHYSICAL')),
  ours: withoutNote(ours).filter((line) => !line.startsWith('      PAGE       PHYSICAL')),
});

/** We say what an entry that maps nothing means. */
const noteOfEntry: Difference = (crash, ours) => ({ crash, ours: withoutNote(ours) });

/** Of a user address without mapping crash shows no walk. */
const walkOfUnmapped: Difference = (crash, ours) => ({
  crash: crash.slice(0, 1),
  ours: ours.slice(0, 1),
});

/**
 * Tasks that were running: crash begins at machine_kexec, or in the NMI's handler, and passes the
 * interrupted registers on the way; we begin at the registers of the crash note, which are those,
 * as drgn does.
 */
const activeTasks: Difference = (crash, ours) => ({
  crash: renumbered(withoutHandlers(crash)),
  ours: renumbered(withoutSuffixes(withoutInterrupted(ours))),
});

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'crash/sys.txt': banner,
  'crash/sys-t.txt': firstLines,
  'crash/log-T.txt': firstLines,
  'crash/bt.txt': activeTasks,
  'crash/bt-a.txt': activeTasks,
  'crash/bt-foreach.txt': activeTasks,
  'crash/sym-schedule.txt': noLineNumbers,
  'crash/vtop-data.txt': pageHeading,
  'crash/vtop-direct.txt': pageHeading,
  'crash/vtop-vmalloc.txt': pageHeading,
  'crash/vtop-vmemmap.txt': pageHeading,
  'crash/vtop-percpu.txt': pageHeading,
  'crash/vtop-module-text.txt': pageHeading,
  'crash/vtop-module-data.txt': pageHeading,
  'crash/vtop-user-text.txt': pageHeading,
  'crash/vtop-user-stack.txt': pageHeading,
  'crash/vtop-user-last.txt': noteOfEntry,
  'crash/vtop-unmapped.txt': noteOfEntry,
  'crash/vtop-user-unmapped.txt': walkOfUnmapped,
};

/** Listings of vmlinux's symbol table, which holds what kallsyms does not. */
const OTHER_SYMBOLS = ['crash/sym-l.txt', 'crash/sym-query.txt', 'crash/sym-module-list.txt'];

/** Commands and options of crash that we do not have yet are not compared; a known one always is. */
const KNOWN =
  /^(?:sys( -[ti])?|log( .*)?|ps( .*)?|bt( -a| [^-]\S*)?|foreach (UN )?bt|mod( .*)?|rd .*|sym .*|vtop .*|struct .*|task( .*)?|set)$/;

function withoutNote(lines: string[]): string[] {
  const at = lines.findIndex((line) => line.startsWith('  NOTE: '));
  return linesOf((at < 0 ? lines : lines.slice(0, at)).join('\n'));
}

/** Leaves out the frames between a task's header and the registers that crash's note holds. */
function withoutHandlers(lines: string[]): string[] {
  let skipping = false;
  return lines.filter((line) => {
    if (/^ #0 .* (?:machine_kexec|crash_nmi_callback) at /.test(line)) skipping = true;
    else if (line.startsWith('    ')) skipping = false;
    return !skipping;
  });
}

/** vmlinux's symbols, for crash, are without the suffixes that the compiler gave. */
function withoutSuffixes(lines: string[]): string[] {
  return lines.map((line) => line.replace(/\.part\.0 at /, ' at '));
}

/** Leaves out the interrupted function as a frame: crash names it only as the exception's RIP. */
function withoutInterrupted(lines: string[]): string[] {
  const at = lines.findIndex((line) => line.includes('] demo_account at '));
  return at < 0 ? lines : [...lines.slice(0, at), ...lines.slice(at + 1)];
}

function renumbered(lines: string[]): string[] {
  return lines.map((line) => line.replace(/^[ #]#?\d+ \[/, '#n ['));
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

describe.skipIf(!existsSync(sample))('on the sample, as crash 9 prints it', () => {
  const list = existsSync(golden)
    ? (JSON.parse(readFileSync(join(golden, 'commands.json'), 'utf8')) as GoldenFile[])
    : [];
  const compared = list.filter(
    ({ file, command }) =>
      file.startsWith('crash/') && KNOWN.test(command) && !OTHER_SYMBOLS.includes(file),
  );
  let engine: EngineService;
  beforeAll(() => {
    const real = createEngineService(createEngineDeps());
    // Each command line opens the dump and begins with the same task; opening once is enough.
    const session = real.open({ paths: [sample] });
    engine = { ...real, open: () => session };
  });

  it('compares what there is', () => {
    expect(compared.length).toBeGreaterThan(55);
    const files = new Set(list.map(({ file }) => file));
    for (const file of [...Object.keys(DIFFERENCES), ...OTHER_SYMBOLS]) {
      expect(files, 'a difference that is compared with nothing').toContain(file);
    }
  });

  it.each(compared)('$command ($file)', async ({ file, command }) => {
    const expected = readFileSync(join(golden, file), 'utf8');
    const { status, out, err } = await runCli(engine, ['exec', sample, '-c', command]);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const difference = DIFFERENCES[file];
    if (difference === undefined) {
      // crash ends `rd -a` without a line end.
      expect(out).toBe(expected.endsWith('\n') ? expected : `${expected}\n`);
      return;
    }
    const { crash, ours } = difference(linesOf(expected), linesOf(out));
    expect(ours).toEqual(crash);
    expect(out, 'the difference is gone: take it off the list').not.toBe(expected);
  });
});
