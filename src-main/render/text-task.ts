import { isAbsent, type TaskRef } from '../../src-shared/contract/index.ts';
import { ABSENT_TEXT } from './cell-text.ts';
import { printable } from './printable.ts';
import { address16 } from './units.ts';

/** `PID: 1        TASK: ffff…  CPU: 0    COMMAND: "init"`. */
export function taskLine(task: Pick<TaskRef, 'pid' | 'task' | 'cpu' | 'command'>): string {
  const cpu = isAbsent(task.cpu) ? ABSENT_TEXT[task.cpu.absent] : String(task.cpu);
  return taskHeader(String(task.pid), address16(task.task), cpu, printable(task.command));
}

/** The same from cells that are text already. */
export function taskHeader(pid: string, task: string, cpu: string, command: string): string {
  return `PID: ${pid.padEnd(7)}  TASK: ${task}  CPU: ${cpu.padEnd(3)}  COMMAND: "${command}"`;
}
