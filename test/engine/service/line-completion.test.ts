import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { openSample } from '../../support/sample-engine.ts';

/** What the console's Tab offers, on the sample dump. */
let engine: EngineService;
let session: string;

beforeAll(async () => {
  ({ engine, session } = await openSample());
});
afterAll(() => engine.close({ session }));

async function offered(line: string): Promise<readonly string[]> {
  const prefix = /\S*$/.exec(line)?.[0] ?? '';
  const found = await engine.complete({ session, prefix, limit: 200, line });
  return found.map(({ text }) => text);
}

describe('the word that is being typed', () => {
  test.each([
    ['struct task_str', 'task_struct'],
    ['union fpregs_st', 'fpregs_state'],
    ['* task_str', 'task_struct'],
    ['*task_str', '*task_struct'],
    ['whatis task_str', 'task_struct'],
    ['whatis struct task_str', 'task_struct'],
    ['whatis pid_typ', 'pid_type'],
    ['struct --layout demo_sess', 'demo_session'],
    ['whatis --users demo_sess', 'demo_session'],
    ['struct -l task_str', 'task_struct'],
    ['list -s demo_sess', 'demo_session'],
    ['struct spinlock', 'spinlock_t'],
    ['struct task_struct.co', 'task_struct.comm'],
    ['struct task_struct.pid,co', 'task_struct.pid,comm'],
    ['struct task_struct.se.vrun', 'task_struct.se.vruntime'],
    ['struct task_struct.mm->pg', 'task_struct.mm->pgd'],
    ['task_struct.co', 'task_struct.comm'],
    ['struct --lay', '--layout'],
    ['bt --', '--guess'],
    ['whatis --us', '--users'],
    ['struct task_struct init_ta', 'init_task'],
    ['rd init_ta', 'init_task'],
    ['whatis vfs_wri', 'vfs_write'],
    ['jiffi', 'jiffies'],
    ['stru', 'struct'],
    ['help stru', 'struct'],
    ['foreach report', 'reporter'],
  ])('%s: %s', async (line, text) => {
    const texts = await offered(line);
    expect(texts).toContain(text);
    // Tab puts in what all of them begin with.
    const word = /\S*$/.exec(line)?.[0] ?? '';
    for (const each of texts) expect(each.startsWith(word)).toBe(true);
  });

  test('types are first where a type is wanted; elsewhere there are none', async () => {
    expect((await offered('struct task_str'))[0]).toBe('task_struct');
    expect((await offered('whatis list_h'))[0]).toBe('list_head');
    expect(await offered('rd task_struc')).not.toContain('task_struct');
    expect(await offered('struct task_struct task_struc')).not.toContain('task_struct');
    expect(await offered('struct pid_typ')).not.toContain('pid_type');
  });

  test.each([
    'struct no_such.co',
    'struct task_struct.no_such.x',
    'struct task_struct.comm.',
    'nonsense --',
    'bt ',
  ])('nothing fits: %s', async (line) => {
    expect(await offered(line)).toEqual([]);
  });
});
