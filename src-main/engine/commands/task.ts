import type { Block, ValueBlock } from '../../../src-shared/contract/index.ts';
import { threadInfoOf, type Task } from '../kernel/task.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, requireCurrentTask } from './context.ts';
import { parseOptions } from './options.ts';
import { requireTasks, taskRefOf } from './task-selection.ts';
import { valueNode } from './value-node.ts';

export const task: Command = {
  name: 'task',
  summary: 'task_struct and thread_info of a task',
  usage: '[-R member[,member]] [-d | -x] [pid | task] …',
  help: [
    'The whole task_struct and thread_info of the current task, or of the tasks named.',
    '',
    '  -R member  only these members, of the task_struct or the thread_info; paths (se.vruntime) too',
    '  -d, -x     integers in decimal, in hexadecimal',
  ],
  needs: ['memory', 'symbols', 'types', 'tasks'],
  *run(context, args) {
    const options = parseOptions(args, 'R:dx');
    const radix = options.atMostOne('dx');
    const tasks =
      options.operands.length > 0
        ? options.operands.flatMap((text) => requireTasks(context.program, text))
        : [requireCurrentTask(context)];
    const members = options
      .value('R')
      ?.split(',')
      .filter((name) => name !== '');
    for (const each of tasks) {
      checkCancelled(context);
      yield { type: 'task', task: taskRefOf(each) };
      for (const block of blocksOf(context.program, each, members)) {
        yield radix === undefined ? block : { ...block, radix: radix === 'x' ? 16 : 10 };
      }
    }
  },
};

function* blocksOf(
  program: Program,
  each: Task,
  members: readonly string[] | undefined,
): Generator<ValueBlock & Block> {
  const threadInfo = threadInfoOf(each);
  if (members === undefined) {
    yield valueBlock(program, each.object, '');
    if (threadInfo !== undefined) yield valueBlock(program, threadInfo, '');
    return;
  }
  for (const name of members) {
    // As crash: of both where both have it.
    const owners = [each.object, threadInfo].filter((object) => object?.has(name) === true);
    if (owners.length === 0) {
      throw new UsageError(`neither task_struct nor thread_info has a member ${name}`);
    }
    for (const owner of owners) if (owner) yield valueBlock(program, owner.member(name), name);
  }
}

function valueBlock(program: Program, object: KernelObject, name: string): ValueBlock {
  return {
    type: 'value',
    value: valueNode(program, object, name),
    address: object.address,
    size: object.size,
    showOffsets: false,
    origin: object.type.origin,
  };
}
