import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Block, EngineService } from '../../../src-shared/contract/index.ts';
import { openSample } from '../../support/sample-engine.ts';

/** Lines without a command mean a type or an expression; all others say that there is no such command. */
let engine: EngineService;
let session: string;

beforeAll(async () => {
  ({ engine, session } = await openSample());
});
afterAll(() => engine.close({ session }));

async function blocksOf(line: string): Promise<readonly Block[]> {
  const { blocks, error } = await engine.run({ session, line });
  expect(error).toBeUndefined();
  return blocks;
}

describe('a line without a command', () => {
  test.each([
    ['task_struct.pid,comm init_task', 'struct task_struct.pid,comm init_task'],
    ['task_struct.se.vruntime -x init_task', 'struct task_struct.se.vruntime -x init_task'],
    ['list_head', 'struct list_head'],
    ['list_head -o', 'struct list_head -o'],
    ['rq.nr_running runqueues:0', 'struct rq.nr_running runqueues:0'],
    ['spinlock_t modules', 'struct spinlock_t modules'],
    ['kmem_cache slab_caches', 'struct kmem_cache slab_caches'],
    ['pid_t', 'whatis pid_t'],
    ['pid_type', 'whatis enum pid_type'],
    ['runqueues', 'p runqueues'],
    ['PIDTYPE_TGID', 'whatis PIDTYPE_TGID'],
  ])('%s is %s', async (short, long) => {
    expect(await blocksOf(short)).toEqual(await blocksOf(long));
  });

  test.each([
    ['jiffies', 'jiffies'],
    ['schedule', 'schedule'],
    ['PIDTYPE_TGID + 1', undefined],
    ['init_task.comm', undefined],
    ['&init_task.comm[2]', undefined],
    ['(int)300 + 1', undefined],
  ])('%s is an expression', async (line, label) => {
    const [short] = await blocksOf(line);
    const [long] = await blocksOf(`p ${line}`);
    if (short?.type !== 'value' || long?.type !== 'value') throw new Error('not a value');
    expect(short.value).toEqual(long.value);
    if (label === 'jiffies') expect(short.printed?.label).toBe(label);
    expect(long.printed!.number).toBe(short.printed!.number + 1);
  });

  test('a name alone is the variable, not the struct', async () => {
    const [block] = await blocksOf('kmem_cache');
    expect(block?.type === 'value' && block.value.typeName).toBe('struct kmem_cache *');
  });

  test.each(['foobar', 'foobar baz', 'nosuch.pid 1', 'pid_t init_task', '!ls', 'stuct rq'])(
    '%s is no command',
    async (line) => {
      const { blocks, error } = await engine.run({ session, line });
      expect(blocks).toEqual([]);
      const [name] = line.split(' ');
      expect(error?.message).toBe(`${name!}: no such command; \`help\` lists them`);
    },
  );

  test.each(['mount', 'swap', 'timer', 'x/2x init_task', 'print jiffies'])(
    '%s is a command we do not have, not a type of that name',
    async (line) => {
      const { error } = await engine.run({ session, line });
      expect(error?.message).toContain('no such command');
    },
  );
});
