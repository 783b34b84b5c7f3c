import { describe, expect, it } from 'vitest';
import { findTasks, threadGroupOf } from '../../../src-main/engine/kernel/tasks.ts';
import { taskStateLetters, taskStateName } from '../../../src-main/engine/kernel/task-state.ts';
import { drawTasks, taskAddress, type DrawnTask } from '../../support/kernel/draw-tasks.ts';

const TASKS: readonly DrawnTask[] = [
  { pid: 1, comm: 'init' },
  { pid: 2, comm: 'kthreadd', kernel: true, state: 0x402 },
  { pid: 7, comm: 'server', ppid: 1 },
  { pid: 8, comm: 'worker', tgid: 7, ppid: 1, state: 0, cpu: 1 },
];

function pids(tasks: readonly { readonly pid: number }[]): number[] {
  return tasks.map(({ pid }) => pid);
}

describe('findTasks', () => {
  it('finds threads, idle tasks and who was running', () => {
    const { tasks, warnings } = findTasks(drawTasks(TASKS, [0, 8]).program());
    expect(warnings).toEqual([]);
    expect(
      tasks.map(({ pid, command, cpu, letters, active }) => [pid, command, cpu, letters, active]),
    ).toEqual([
      [0, 'swapper/0', 0, 'RU', true],
      [0, 'swapper/1', 1, 'RU', false],
      [1, 'init', 0, 'IN', false],
      [2, 'kthreadd', 0, 'ID', false],
      [7, 'server', 0, 'IN', false],
      [8, 'worker', 1, 'RU', true],
    ]);
  });

  it('groups threads, the leader first', () => {
    const set = findTasks(drawTasks(TASKS, [0, 8]).program());
    expect(pids(threadGroupOf(set, 7))).toEqual([7, 8]);
  });

  it('keeps a task that only one of the two ways knows, and says so', () => {
    const hiddenPid = TASKS.map((task) =>
      task.pid === 7 ? { ...task, hidden: 'pid' as const } : task,
    );
    const set = findTasks(drawTasks(hiddenPid, [0, 8]).program());
    expect(pids(set.tasks)).toContain(7);
    expect(set.warnings).toEqual([
      expect.stringContaining('1 tasks are on the task list but not in the PID table'),
    ]);

    const hiddenList = TASKS.map((task) =>
      task.pid === 2 ? { ...task, hidden: 'list' as const } : task,
    );
    const other = findTasks(drawTasks(hiddenList, [0, 8]).program());
    expect(pids(other.tasks)).toContain(2);
    expect(other.warnings).toEqual([
      expect.stringContaining('1 tasks are in the PID table but not on the task list'),
    ]);
  });

  it('adds a task that was running but is on no list', () => {
    const { tasks, warnings } = findTasks(
      drawTasks(TASKS, [0, 99])
        .put('struct task_struct', taskAddress(99), { pid: 99, tgid: 99, comm: 'ghost' })
        .program(),
    );
    expect(tasks.find(({ pid }) => pid === 99)).toMatchObject({ command: 'ghost', active: true });
    expect(warnings).toEqual([expect.stringContaining('is on no task list')]);
  });

  it('shows what is left of a task whose first page is missing', () => {
    const machine = drawTasks(TASKS, [0, 8]).exclude(taskAddress(7));
    const { tasks, warnings } = findTasks(machine.program());
    expect(tasks.find(({ pid }) => pid === 7)).toMatchObject({
      command: 'server',
      letters: '??',
      state: undefined,
      cpu: undefined,
      fault: { kind: 'excluded' },
    });
    expect(warnings.join(' ')).toContain('1 tasks can be read in part only');
  });

  it('survives a cyclic task list', () => {
    const machine = drawTasks(TASKS, [0, 8]);
    const tasksAt = (pid: number): bigint =>
      taskAddress(pid) + machine.offset('struct task_struct', 'tasks');
    machine.u64(tasksAt(7), tasksAt(1));
    const { tasks, warnings } = findTasks(machine.program());
    expect(pids(tasks)).toEqual([0, 0, 1, 2, 7, 8]);
    expect(warnings.join(' ')).toMatch(/init_task\.tasks is (damaged|cyclic)/);
  });

  it('has an empty set with its reasons when there is nothing to begin with', () => {
    const machine = drawTasks(TASKS, [0, 8]);
    machine
      .exclude(taskAddress(0))
      .exclude(taskAddress(0) + 0x1000n)
      .exclude(0xffff_ffff_8201_0000n)
      .exclude(0xffff_ffff_8201_2000n);
    const { tasks, warnings } = findTasks(machine.program());
    expect(tasks).toEqual([]);
    expect(warnings.length).toBeGreaterThan(0);
  });
});

describe('task states', () => {
  it.each([
    [0, 'RU'],
    [1, 'IN'],
    [0x2001, 'IN'], // TASK_FREEZABLE
    [2, 'UN'],
    [0x102, 'UN'], // TASK_KILLABLE
    [0x402, 'ID'],
    [4, 'ST'],
    [0x104, 'ST'],
    [8, 'TR'],
    [0x20, 'ZO'],
    [0x10, 'DE'],
    [0x80, 'DE'],
    [0x40, 'PA'],
    [0x200, 'WA'],
    [0x800, 'NE'],
    [0x8000, 'UN'],
    [0x40000, '??'],
  ])('%i is %s', (state, letters) => {
    expect(taskStateLetters(state)).toBe(letters);
  });

  it('are named by their bits', () => {
    expect(taskStateName(0)).toBe('TASK_RUNNING');
    expect(taskStateName(0x402)).toBe('TASK_UNINTERRUPTIBLE|TASK_NOLOAD');
    expect(taskStateName(0x40001)).toBe('TASK_INTERRUPTIBLE|0x40000');
  });
});
