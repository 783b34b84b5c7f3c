import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineService, StackFrame } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { askCrash, corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * Source text out of Debian's source package: the line of each frame's call is one that calls, and
 * `dis -s` is crash's.
 */
const NAME = 'debian-6.1';
const SCENARIO = join(import.meta.dirname, '../scenario');
const corpus = corpusDump(NAME);
const folder = join(corpus.folder, '../sources');
const file = existsSync(folder)
  ? readdirSync(folder).find((each) => /^linux-source-6\.1_.*_all\.deb$/.test(each))
  : undefined;
const archive = join(folder, file ?? '');
if (file === undefined) {
  console.log(`skipped: no linux-source-6.1_*_all.deb in ${folder}; npm run corpus fetches it`);
}

/** A place in the source, and the function that is called there. */
interface Call {
  readonly callee: string;
  readonly file: string;
  readonly line: number;
}

function callsOf(frames: readonly StackFrame[]): Call[] {
  const places = frames.flatMap(({ inlined = [], symbol, source }) => [
    ...inlined.map((each) => ({ name: each.function, source: each.source })),
    { name: symbol?.name, source },
  ]);
  return places.flatMap(({ source }, i) => {
    // What the compiler splits off a function gets a name behind a dot.
    const callee = places[i - 1]?.name?.replace(/\..*/, '');
    return callee && source ? [{ callee, file: source.file, line: source.line }] : [];
  });
}

/** Lines that call without naming what is called. */
const WITHOUT_NAME: Readonly<Record<string, RegExp>> = {
  'through a pointer':
    /(?:->|\.)\w+\(|= (?:threadfn|action|open)\(|return write\(|CALL_NOSPEC|lretq/,
  'in a macro': /wait_event|SYSCALL_DEFINE|DECLARE_IDTENTRY/,
  'to a function that jumps to it':
    /x64_sys_call|sock_recvmsg|vfs_open|schedule_hrtimeout_range|mutex_lock/,
  // Inlined in part: the rest of the same function.
  'to the rest of ptrace_stop': /!current->ptrace/,
};

describe.skipIf(file === undefined)(`source text of ${NAME}`, () => {
  let engine: EngineService;
  let session: string;

  beforeAll(async () => {
    engine = createEngineService(createEngineDeps());
    const debuginfo = [corpus.vmlinux, join(corpus.folder, 'oops_demo.ko')];
    const info = await engine.open({ paths: [corpus.dump], debuginfo, sources: [archive] });
    ({ session } = info);
    expect(info.sources).toMatchObject([{ path: archive, ok: true }]);
    expect(info.sources[0]!.how).toContain('by its Makefile');
    expect(info.warnings.filter((each) => each.startsWith('source text'))).toEqual([]);
  });
  afterAll(async () => {
    await engine.close({ session });
    printTable('the source, and crash 9.0.2 with the same tree');
  });

  const framesOf = async (line: string): Promise<(readonly StackFrame[])[]> => {
    const { blocks } = await engine.run({ session, line });
    return blocks.flatMap((block) => (block.type === 'stack' ? [block.stack.frames] : []));
  };
  const textAt = async ({ file: name, line }: Call): Promise<string> => {
    const read = await engine.readSource({ session, file: name, first: line, count: 1 });
    return 'absent' in read ? `absent: ${read.why}` : (read.lines[0] ?? 'absent: beyond its end');
  };

  /** @returns the calls whose line neither names the callee nor is one of those that need not */
  const compare = async (what: string, stacks: readonly (readonly StackFrame[])[]) => {
    const seen = new Set<string>();
    const wrong: string[] = [];
    let named = 0;
    for (const call of stacks.flatMap(callsOf)) {
      const key = `${call.file}:${call.line} ${call.callee}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const text = await textAt(call);
      if (text.includes(call.callee)) named++;
      else if (!Object.values(WITHOUT_NAME).some((each) => each.test(text))) {
        wrong.push(`${key}: ${text.trim()}`);
      }
    }
    record({ dump: NAME, what: `${what}: callee named`, equal: named, of: seen.size });
    return { wrong, named };
  };

  test('the panic stack’s lines call what is above them, the module’s by its own folder', async () => {
    const stacks = await framesOf('bt -p');
    const own = stacks.flat().find(({ symbol }) => symbol?.module === 'oops_demo')!.source!.file;
    expect(await textAt({ callee: '', file: own, line: 1 })).toContain('absent: ');
    const given = [archive, `${dirname(own)}=${SCENARIO}`];
    const info = await engine.attachSources({ session, given });
    expect(info.sources).toMatchObject([{ ok: true }, { prefix: dirname(own), ok: true }]);
    const { wrong, named } = await compare('panic stack', stacks);
    expect(wrong).toEqual([]);
    expect(named).toBeGreaterThanOrEqual(6);
  });

  test('the lines of all stacks', async () => {
    const { wrong, named } = await compare('all stacks', await framesOf('foreach bt'));
    expect(wrong).toEqual([]);
    expect(named).toBeGreaterThan(90);
  });

  test('dis -s is equal to crash’s', async () => {
    const tree = join(folder, 'tree');
    const files = ['kernel/panic.c', 'kernel/sched/core.c', 'fs/read_write.c', 'fs/pipe.c'];
    unpack(tree, files);
    const lines = [
      ...['panic', 'panic 10', 'panic+100', 'panic+100 1', 'schedule', 'schedule 3', 'vfs_read'],
      ...['schedule+0x30', 'pipe_read', 'ksys_write 200'],
    ].map((each) => `dis -s ${each}`);
    const answers = askCrash(corpus, [`gdb directory ${tree}`, ...lines]);
    const different: string[] = [];
    for (const line of lines) {
      const { blocks, error } = await engine.run({ session, line });
      expect(error).toBeUndefined();
      const renderer = new TextRenderer();
      const ours = blocks.map((block) => renderer.render(block)).join('') + renderer.end();
      if (ours !== answers.get(line)) different.push(`${ours}\n--\n${answers.get(line)!}`);
    }
    const equal = lines.length - different.length;
    record({ dump: NAME, what: 'dis -s', equal, of: lines.length });
    expect(different.join('\n==\n')).toBe('');
  });
});

/** Some files of the tree inside the package, by Debian's own tools. */
function unpack(tree: string, files: readonly string[]): void {
  if (files.every((each) => existsSync(join(tree, each)))) return;
  mkdirSync(tree, { recursive: true });
  const script = `set -o pipefail
    dpkg-deb --fsys-tarfile "$0" | tar -xO --wildcards '*/linux-source-*.tar.xz' |
    tar -xJ --strip-components=1 -C "$1" --wildcards "\${@:2}"`;
  const patterns = files.map((each) => `*/${each}`);
  const done = spawnSync('bash', ['-c', script, archive, tree, ...patterns], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`unpacking ${archive}: ${done.stderr}`);
}
