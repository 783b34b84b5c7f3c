import { describe, expect, it } from 'vitest';
import type { Block, TableBlock } from '../../../src-shared/contract/index.ts';
import { createContext, warning } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { findTasks } from '../../../src-main/engine/kernel/tasks.ts';
import { drawTasks, taskAddress, type DrawnTask } from '../../support/kernel/draw-tasks.ts';

const TASKS: readonly DrawnTask[] = [
  { pid: 1, comm: 'init' },
  { pid: 2, comm: 'kthreadd', kernel: true, state: 0x402 },
  { pid: 7, comm: 'server', ppid: 1 },
  { pid: 8, comm: 'worker', tgid: 7, ppid: 1, state: 0, cpu: 1 },
  { pid: 9, comm: '1234', ppid: 7 },
];

function machine() {
  return createContext(drawTasks(TASKS, [0, 8]).program());
}

function run(line: string, context = machine()): Block[] {
  const [name, ...args] = line.split(' ');
  return [...findCommand(name!)!.run(context, args)];
}

function column(blocks: readonly Block[], id: string): unknown[] {
  const { table } = blocks.find((block): block is TableBlock => block.type === 'table')!;
  return [...table.data[table.columns.findIndex((each) => each.id === id)]!];
}

describe('ps', () => {
  it('shows all tasks, kernel threads in brackets, who was running', () => {
    const blocks = run('ps');
    expect(column(blocks, 'comm')).toEqual([
      '[swapper/0]',
      '[swapper/1]',
      'init',
      '[kthreadd]',
      'server',
      'worker',
      '1234',
    ]);
    expect(column(blocks, 'active')).toEqual(['>', '', '', '', '', '>', '']);
    expect(column(blocks, 'ppid')).toEqual([0, 0, 0, 0, 1, 1, 7]);
  });

  it.each([
    ['ps -k', [0, 0, 2]],
    ['ps -u', [1, 7, 8, 9]],
    ['ps -G', [0, 0, 1, 2, 7, 9]],
    ['ps -A', [0, 8]],
    ['ps 7 8', [7, 8]],
    ['ps server', [7]],
    [`ps ${taskAddress(8).toString(16)}`, [8]],
    ["ps '^.*er$'", [7, 8]],
    ['ps \\1234', [9]],
  ])('%s', (line, pids) => {
    expect(column(run(line), 'pid')).toEqual(pids);
  });

  it('says when nothing fits', () => {
    expect(run('ps nobody')).toEqual([
      { type: 'notice', severity: 'warning', text: 'No task is called nobody.' },
    ]);
  });

  it('refuses views that exclude each other and expressions that are none', () => {
    expect(() => run('ps -t -a')).toThrow('exclude each other');
    expect(() => run("ps '('")).toThrow('no regular expression');
  });

  it('shows parents, children, threads and states', () => {
    expect(column(run('ps -p 9'), 'pid')).toEqual([0, 1, 7, 9]);
    expect(column(run('ps -c 1'), 'pid')).toEqual([1, 7, 8]);
    expect(column(run('ps -g 8'), 'pid')).toEqual([7, 8]);
    expect(column(run('ps -S'), 'count')).toEqual([3, 3, 1]);
  });

  it('sorts by the last run', () => {
    expect(column(run('ps -l'), 'pid')).toEqual([9, 8, 7, 2, 1, 0, 0]);
    expect(column(run('ps -m -C 1'), 'pid')).toEqual([8, 0]);
    expect(column(run('ps -m -C 1'), 'since')).toEqual([4.992, 5]);
  });
});

describe('set', () => {
  it('chooses the task that others speak of, for this session only', () => {
    const context = machine();
    expect(run('set 7', context)[0]).toMatchObject({
      facts: expect.arrayContaining([expect.objectContaining({ id: 'pid', value: 7 })]),
    });
    expect(run('task -R comm', context)[1]).toMatchObject({
      value: { name: 'comm', value: 'server' },
    });
    expect(run('set', machine())[0]).not.toMatchObject({
      facts: expect.arrayContaining([expect.objectContaining({ value: 7 })]),
    });
  });

  it('finds the task of a CPU', () => {
    expect(run('set -c 1')[0]).toMatchObject({
      facts: expect.arrayContaining([expect.objectContaining({ id: 'command', value: 'worker' })]),
    });
  });

  it('refuses what is no task', () => {
    expect(() => run('set 4711')).toThrow('invalid task or pid value: 4711');
    expect(() => run('set 1 2')).toThrow('one task only');
  });
});

describe('sys', () => {
  it('names no task where none is known to have panicked', () => {
    const [block] = findCommand('sys')!.run(machine(), []);
    const ids = block?.type === 'facts' ? block.facts.map(({ id }) => id) : [];
    expect(ids).toContain('panic');
    expect(ids).not.toContain('pid');
    expect(ids).not.toContain('task');
  });
});

describe('foreach', () => {
  it('runs a command for the tasks selected', () => {
    const blocks = run('foreach user task -R pid');
    expect(
      blocks.filter((block) => block.type === 'value').map((block) => block.value.value),
    ).toEqual([1, 7, 8, 9]);
    expect(run('foreach RU active set').filter((block) => block.type === 'facts')).toHaveLength(2);
  });

  it('makes one table of ps', () => {
    const tables = run('foreach user ps').filter((block) => block.type === 'table');
    expect(tables).toHaveLength(1);
    expect(column(tables, 'pid')).toEqual([1, 7, 8, 9]);
  });

  it('means user processes by gleader, as crash', () => {
    expect(column(run('foreach gleader ps'), 'pid')).toEqual([1, 7, 9]);
  });

  it('says whose each answer is', () => {
    const blocks = run('foreach user set');
    expect(blocks.filter(({ type }) => type === 'task')).toHaveLength(4);
  });

  it('takes no task for the value that an option lacks', () => {
    expect(() => run('foreach 1 bt -R')).toThrow('option -R needs a value');
    expect(() => run('foreach user ps -y')).toThrow('option -y needs a value');
  });

  it('says once what is wrong with the task list, and before no task is found', () => {
    const context = createContext(drawTasks(TASKS, [0, 99]).exclude(taskAddress(7)).program());
    const { warnings } = findTasks(context.program);
    expect(warnings).not.toEqual([]);
    for (const name of ['bt', 'ps', 'set']) {
      const notices = run(`foreach 1 2 ${name}`, context).filter(({ type }) => type === 'notice');
      expect(notices, name).toEqual(warnings.map((text) => warning(text)));
      const blocks = findCommand('foreach')!.run(context, ['nobody', name]);
      expect(
        warnings.map(() => blocks.next().value),
        name,
      ).toEqual(notices);
      expect(() => blocks.next()).toThrow('no task is nobody');
    }
  });

  it('needs a command it can run', () => {
    expect(() => run('foreach user')).toThrow('a command is needed');
    expect(() => run('foreach rd 0')).toThrow('a command is needed');
  });
});
