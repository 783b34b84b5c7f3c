/**
 * Bits of `task_struct.__state` (`state` before 5.14) and `exit_state`. The values are those of
 * 4.14 and later; no supported kernel has others.
 * @source include/linux/sched.h
 */
const TASK_INTERRUPTIBLE = 0x1;
const TASK_UNINTERRUPTIBLE = 0x2;
const TASK_STOPPED = 0x4;
const TASK_TRACED = 0x8;
const EXIT_DEAD = 0x10;
const EXIT_ZOMBIE = 0x20;
const TASK_PARKED = 0x40;
const TASK_DEAD = 0x80;
const TASK_WAKING = 0x200;
const TASK_NOLOAD = 0x400;
const TASK_NEW = 0x800;
/** An rt_mutex waiter that keeps its real state in saved_state (5.16). */
const TASK_RTLOCK_WAIT = 0x1000;
/** In the refrigerator (6.1, commit f5d39b020809). */
const TASK_FROZEN = 0x8000;

/** Two-letter task state, as crash's `ps` shows it; `??` for bits that no state has. */
export type TaskStateLetters =
  'RU' | 'IN' | 'UN' | 'ID' | 'ZO' | 'ST' | 'TR' | 'DE' | 'PA' | 'WA' | 'NE' | '??';

/**
 * Names a task's state. The order decides where several bits are set, as in crash: a zombie is ZO
 * whatever it slept on. RT-lock waiters and frozen tasks count as uninterruptible, as the kernel
 * itself reports them.
 * @param state `__state | exit_state`
 * @source include/linux/sched.h `__task_state_index`
 */
export function taskStateLetters(state: number): TaskStateLetters {
  if (state === 0) return 'RU';
  if (state === TASK_PARKED) return 'PA';
  if (state === TASK_WAKING) return 'WA';
  if (state === TASK_NEW) return 'NE';
  if ((state & TASK_TRACED) !== 0) return 'TR';
  if ((state & TASK_STOPPED) !== 0) return 'ST';
  if ((state & EXIT_ZOMBIE) !== 0) return 'ZO';
  if ((state & TASK_UNINTERRUPTIBLE) !== 0) return (state & TASK_NOLOAD) !== 0 ? 'ID' : 'UN';
  if ((state & TASK_INTERRUPTIBLE) !== 0) return 'IN';
  if ((state & (EXIT_DEAD | TASK_DEAD)) !== 0) return 'DE';
  if ((state & (TASK_RTLOCK_WAIT | TASK_FROZEN)) !== 0) return 'UN';
  return '??';
}

const NAMES: readonly (readonly [number, string])[] = [
  [TASK_INTERRUPTIBLE, 'TASK_INTERRUPTIBLE'],
  [TASK_UNINTERRUPTIBLE, 'TASK_UNINTERRUPTIBLE'],
  [TASK_STOPPED, 'TASK_STOPPED'],
  [TASK_TRACED, 'TASK_TRACED'],
  [EXIT_DEAD, 'EXIT_DEAD'],
  [EXIT_ZOMBIE, 'EXIT_ZOMBIE'],
  [TASK_PARKED, 'TASK_PARKED'],
  [TASK_DEAD, 'TASK_DEAD'],
  [0x100, 'TASK_WAKEKILL'],
  [TASK_WAKING, 'TASK_WAKING'],
  [TASK_NOLOAD, 'TASK_NOLOAD'],
  [TASK_NEW, 'TASK_NEW'],
  [TASK_RTLOCK_WAIT, 'TASK_RTLOCK_WAIT'],
  [0x2000, 'TASK_FREEZABLE'],
  [0x4000, '__TASK_FREEZABLE_UNSAFE'],
  [TASK_FROZEN, 'TASK_FROZEN'],
];

/** The state's bits by name, e.g. `TASK_INTERRUPTIBLE|TASK_FREEZABLE`. */
export function taskStateName(state: number): string {
  if (state === 0) return 'TASK_RUNNING';
  const names = NAMES.filter(([bit]) => (state & bit) !== 0).map(([, name]) => name);
  const unknown = NAMES.reduce((rest, [bit]) => rest & ~bit, state);
  if (unknown !== 0) names.push(`0x${(unknown >>> 0).toString(16)}`);
  return names.join('|');
}
