import type { Absent, ByteState, TranslationBlock } from '../../../src-shared/contract/index.ts';
import { hex, pfnOf, physAddr, type VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import { findVma, memoryMapOf } from '../kernel/mm.ts';
import { readPageDescriptor } from '../kernel/page.ts';
import { findUserSpace } from '../kernel/task-user.ts';
import { requirePart, type Task } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import { describeWalkEnd, flagsOf, type PageWalk } from '../translate/page-walk.ts';
import { UsageError, type Command } from './command.ts';
import { requireCurrentTask, type CommandContext } from './context.ts';
import { absentOf } from './facts.ts';
import { cpuAddresses } from './cpu-addresses.ts';
import { parseOptions } from './options.ts';
import { requireTasks, taskRefOf } from './task-selection.ts';

export const vtop: Command = {
  name: 'vtop',
  summary: 'page-table walk: virtual to physical',
  usage: '[-c pid | task] [-u | -k] address|symbol[:cpus] …',
  help: [
    'Walks the page tables for each address, showing every entry, where it lies and its flags; says what',
    'an entry that is not present means, and whether the dump holds the page.',
    '',
    '  -c pid  through the tables of this task; of a kernel thread, the kernel’s',
    '  -u, -k  the address is a user address of the current task, a kernel address',
    'A per-CPU variable is given with its CPUs: runqueues:0, runqueues:a.',
  ],
  needs: ['memory', 'page-tables'],
  *run(context, args) {
    const options = parseOptions(args, 'c:uk');
    options.atMostOne('uk');
    if (options.operands.length === 0) throw new UsageError('an address is needed');
    const named = options.value('c');
    const chosen = named === undefined ? undefined : requireTasks(context.program, named)[0];
    for (const text of options.operands) {
      for (const { address } of cpuAddresses(context, text)) {
        const region = context.program.translator.regionOf(address);
        const isUser = region.name === 'user';
        if (options.has('k') && isUser) {
          throw new UsageError(`${text} is not a kernel virtual address`);
        }
        if (options.has('u') && !isUser) {
          throw new UsageError(`${text} is not a user virtual address`);
        }
        // A kernel thread has no tables of its own: it runs on the kernel's, or on borrowed ones.
        const ofKernelThread = !isUser && chosen?.mm === 0n;
        yield isUser || (chosen !== undefined && !ofKernelThread)
          ? ofTask(context, address, chosen ?? requireCurrentTask(context), isUser)
          : ofKernel(context.program, address, region.name);
      }
    }
  },
};

/** Through the kernel's own tables, whose root it knows by name. @source arch/x86/kernel/head_64.S */
function ofKernel(program: Program, address: VirtAddr, region: string): TranslationBlock {
  const block = translationBlock(program, program.kernel.walk(address), region);
  const root = program.symbols.find('init_top_pgt') ?? program.symbols.find('init_level4_pgt');
  return root === undefined ? block : { ...block, root: root.address };
}

function ofTask(
  { program }: CommandContext,
  address: VirtAddr,
  task: Task,
  isUser: boolean,
): TranslationBlock {
  const space = findUserSpace(program, task);
  if (space === undefined) {
    throw new UsageError(`PID ${task.pid} (${task.command}) has no page tables of its own`);
  }
  const region = program.translator.regionOf(address).name;
  const block = {
    ...translationBlock(program, space.walk(address), region),
    task: taskRefOf(task),
  };
  if (!isUser) return block;
  const mm = requirePart(task, task.mm);
  const vma = tryRead(() => findVma(program, mm, address));
  if (vma !== undefined) return { ...block, vma };
  if (typeof block.phys === 'bigint' || !isOutsideMappings(program, mm, address)) return block;
  const note = 'no mapping of the process holds this address';
  return { ...block, note, phys: { absent: 'not-mapped', why: `${hex(address)}: ${note}` } };
}

/** True only where the whole memory map could be read and has no mapping there. */
function isOutsideMappings(program: Program, mm: VirtAddr, address: VirtAddr): boolean {
  const map = tryRead(() => memoryMapOf(program, mm));
  if (map === undefined || map.problem !== undefined) return false;
  return !map.items.some(({ start, end }) => address >= start && address < end);
}

function translationBlock(program: Program, walk: PageWalk, region: string): TranslationBlock {
  const { end } = walk;
  const phys = end.kind === 'mapped' ? end.phys : (walk.assumed?.phys ?? undefined);
  const note = describeWalkEnd(walk);
  const page = phys === undefined ? undefined : pageOf(program, phys);
  return {
    type: 'translation',
    virt: walk.virt,
    phys: phys ?? noPhys(walk),
    region,
    steps: walk.steps.map((step) => ({
      level: step.level,
      entryAt: program.translator.directMap(step.entryPhys) ?? 0n,
      entryPhys: step.entryPhys,
      entry: step.entry ?? unreadEntry(walk),
      flags: flagsOf(step),
    })),
    pageSize: end.kind === 'mapped' ? end.pageSize : undefined,
    ...(note !== undefined && { note }),
    ...(page !== undefined && { page }),
  };
}

function noPhys(walk: PageWalk): Absent {
  const { end } = walk;
  switch (end.kind) {
    case 'fault':
      return absentOf(end.fault);
    case 'not-present':
      return { absent: 'not-mapped', why: `${hex(walk.virt)} is not mapped: ${end.note}` };
    case 'non-canonical':
      return { absent: 'not-mapped', why: `${hex(walk.virt)} is not a canonical address` };
    case 'mapped':
      return { absent: 'not-applicable', why: '' };
  }
}

function unreadEntry(walk: PageWalk): Absent {
  return walk.end.kind === 'fault'
    ? absentOf(walk.end.fault)
    : { absent: 'not-in-dump', why: 'the table could not be read' };
}

/** Whether the dump holds the page, and its struct page. */
function pageOf(program: Program, phys: bigint): NonNullable<TranslationBlock['page']> {
  const frame = pfnOf(physAddr(phys));
  const state = byteStateOf(program.physical.pageState(frame));
  const struct = program.translator.structPageOf(frame);
  if (struct === undefined) return { state };
  return { state, struct, ...readPageDescriptor(program, struct) };
}

function byteStateOf(state: ReturnType<Program['physical']['pageState']>): ByteState {
  switch (state) {
    case 'present':
    case 'zero':
    case 'excluded':
      return state;
    case 'not-ram':
    case 'truncated':
    case 'missing-part':
      return 'not-in-dump';
  }
}
