import { describe, expect, test } from 'vitest';
import { refuseShell, splitCommandLine } from '../../../src-main/engine/service/command-line.ts';

function refused(line: string): string | undefined {
  const [name = '', ...args] = splitCommandLine(line);
  try {
    refuseShell(name, args);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

describe('a shell behind the command', () => {
  test.each(['ps | grep UN', 'ps |grep UN', 'log > /tmp/log.txt', 'foreach bt >>file'])(
    '%s is refused, with what does it',
    (line) => {
      expect(refused(line)).toMatch(
        /no shell here; in a terminal: oopscope exec DUMP (ps|log|for)/,
      );
    },
  );

  test.each([
    'p 1 | 2',
    'p jiffies > 5',
    "ps '(a|b)'",
    'foreach UN bt',
    'sym -q head',
    'list -s task_struct.comm tasks->next',
  ])('%s is none', (line) => {
    expect(refused(line)).toBeUndefined();
  });
});
