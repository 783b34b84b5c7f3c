import { describe, expect, it } from 'vitest';
import type { Block } from '../../../src-shared/contract/index.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import type { ProgramDebugInfo } from '../../../src-main/engine/program/debug-info.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import type { SourceTree } from '../../../src-main/engine/program/source-tree.ts';
import { blockLines } from '../../../src-main/render/text.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const FUNCTION = `/* 1 */
/* 2 */
/* 3 */
/* 4 */
/* 5 */
/* 6 */
void do_exit(long code)
{
	if (code) {
	}
	stop();
}

void next(void)
{
}
`;
const sources: SourceTree = {
  places: [],
  problems: [],
  read: (file) =>
    file === 'kernel/exit.c'
      ? { path: '/src/exit.c', text: FUNCTION, how: 'as named', md5: () => undefined }
      : { absent: 'unknown', why: `${file} is not in /src` },
  close: () => undefined,
};
/** All code comes from one line. */
const compiledFrom = (file: string, line: number): Program => {
  const debugInfo: Partial<ProgramDebugInfo> = {
    parts: [],
    findDigest: () => undefined,
    findLocation: () => ({ line: { file, line } }) as never,
  };
  const program = new DrawnMachine('').program();
  Object.defineProperty(program, 'debugInfo', { value: debugInfo });
  return program;
};

function run(line: string, program: Program, tree: SourceTree | undefined = sources): string {
  const [name = '', ...args] = line.split(' ');
  const context = createContext(program, {
    ...(tree && { sources: tree }),
    disassembler: { name: 'none', disassemble: () => [] },
  });
  return [...findCommand(name)!.run(context, args)].map(textOf).join('\n');
}
function textOf(block: Block): string {
  return block.type === 'notice'
    ? `${block.severity}: ${block.text}`
    : blockLines(block).join('\n');
}

const WHOLE = `FILE: kernel/exit.c
LINE: 8

  3	/* 3 */
  4	/* 4 */
  5	/* 5 */
  6	/* 6 */
  7	void do_exit(long code)
* 8	{
  9		if (code) {
  10		}
  11		stop();
  12	}
`;

describe.each(['source', 'dis -s'])('%s', (command) => {
  const exit = () => compiledFrom('kernel/exit.c', 8);

  it('shows five lines before the one of an address, and its function to the end', () => {
    expect(run(`${command} 0xffffffff81000000`, exit())).toBe(WHOLE);
  });

  it('with a count shows that many lines behind it', () => {
    const line =
      command === 'source' ? 'source -n 1 0xffffffff81000000' : `${command} ffffffff81000000 1`;
    expect(run(line, exit())).toBe(WHOLE.split('\n').slice(0, 10).join('\n') + '\n');
  });

  it('says that a text is another when it does not have the line', () => {
    const text = run(`${command} 0xffffffff81000000`, compiledFrom('kernel/exit.c', 99));
    expect(text).toContain('warning: /src/exit.c is another text than the kernel/exit.c');
    expect(text).toContain('code was compiled from line 99, and it has 16 lines');
  });

  it('tells file and line where the text cannot be had, and why', () => {
    const text = run(`${command} 0xffffffff81000000`, compiledFrom('kernel/fork.c', 7));
    expect(text).toContain('FILE: kernel/fork.c\nLINE: 7\n');
    expect(text).toContain('source code is not available: kernel/fork.c is not in /src');
  });
});

describe('source without text', () => {
  it('says how to give it and which package has it', () => {
    const program = compiledFrom('kernel/exit.c', 8);
    const context = createContext(program);
    const text = [...findCommand('source')!.run(context, ['0xffffffff81000000'])]
      .map(textOf)
      .join();
    expect(text).toContain('in the window "Add sources"');
    expect(text).toContain('on the command line --source PLACE');
    expect(text).toMatch(/linux-source-\S+/);
    expect(text).toMatch(/kernel.org: linux-\S+\.tar\.xz/);
  });

  it('takes a file and a line, and refuses one beyond the end', () => {
    const program = new DrawnMachine('').program();
    expect(run('source kernel/exit.c:8', program)).toBe(WHOLE);
    expect(() => run('source kernel/exit.c:17', program)).toThrow('/src/exit.c has 16 lines');
  });
});

describe('dis -s', () => {
  it.each(['r', 'f'])('refuses -%s', (direction) => {
    const program = compiledFrom('kernel/exit.c', 8);
    expect(() => run(`dis -${direction}s 0xffffffff81000000`, program)).toThrow('exclusive');
  });
});
