import type { Fact } from '../../../src-shared/contract/index.ts';
import { hex } from '../base/address.ts';
import { findPanicTask } from '../kernel/panic.ts';
import { taskStateName } from '../kernel/task-state.ts';
import { threadInfoOf, type Task } from '../kernel/task.ts';
import { findTasks } from '../kernel/tasks.ts';
import type { Program } from '../program/program.ts';
import { fact, partOf } from './facts.ts';

/** PID, COMMAND, TASK, CPU, STATE of a task, as crash's banner and `set` show them. */
export function taskContextFacts(program: Program, task: Task): Fact[] {
  const panic = findPanicTask(program);
  return [
    fact('pid', 'PID', 'id', () => task.pid),
    fact('command', 'COMMAND', 'text', () => task.command),
    fact('task', 'TASK', 'address', () => ({ value: task.address, note: taskNote(program, task) })),
    fact('cpu', 'CPU', 'id', () => partOf(task, task.cpu)),
    fact('state', 'STATE', 'text', () => ({
      value: task.state === undefined ? partOf<string>(task, undefined) : taskStateName(task.state),
      note: panic?.task === task ? '(PANIC)' : task.active ? '(ACTIVE)' : undefined,
      evidence: panic?.task === task ? panic.evidence : undefined,
    })),
  ];
}

function taskNote(program: Program, task: Task): string {
  const same = findTasks(program).tasks.filter((other) => other.pid === task.pid).length;
  const threadInfo = threadInfoOf(task);
  return [
    ...(same > 1 ? [`(1 of ${same})`] : []),
    ...(threadInfo === undefined ? [] : [`[THREAD_INFO: ${hex(threadInfo.address).slice(2)}]`]),
  ].join('  ');
}
