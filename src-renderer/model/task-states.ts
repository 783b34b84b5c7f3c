/** State letters as `ps` of crash shows them. @source include/linux/sched.h `TASK_*` */
const STATES: Readonly<Record<string, string>> = {
  RU: 'running or runnable',
  IN: 'sleeping, interruptible',
  UN: 'sleeping, uninterruptible (D): waits for something that must happen',
  ID: 'idle kernel thread: waits without counting towards the load',
  ST: 'stopped',
  TR: 'traced',
  ZO: 'zombie: has exited, its parent has not waited for it',
  DE: 'dead',
  SW: 'swapping',
  WA: 'waking up',
  PA: 'parked',
  NE: 'new',
};

export function stateMeaning(state: string): string {
  return STATES[state.slice(0, 2)] ?? 'a state this version does not know';
}
