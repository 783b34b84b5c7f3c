import type { Block, Entry } from '../../../src-shared/contract/index.ts';
import { addVirt, hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { iterateChain, type Chain, type Loop } from '../kernel/chain.ts';
import type { Program } from '../program/program.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, info, warning, type CommandContext } from './context.ts';
import { addressExpression } from './expression.ts';
import {
  findOffset,
  parseObjectSpec,
  requireOffset,
  specValues,
  type ObjectSpec,
  type ValueStyle,
} from './object-spec.ts';
import { parseOptions, type Options } from './options.ts';

/** Entries of one block: a long list is shown while it is walked. */
const BLOCK = 128;
const POINTER = 8;

export const list: Command = {
  name: 'list',
  summary: 'a linked list',
  usage:
    '[[-o] offset] [-e end] [-s|-S struct[.member,…] [-l offset]] [-x|-d] [-r] [-B] [-h [-O offset] | -H] start',
  help: [
    'Walks a chain of pointers from a start (address, symbol or expression) and shows the address of',
    'each structure. Ends at NULL, where it comes back to its start, and always where an entry is met',
    'a second time, which is said with its address.',
    '',
    '  -o offset  from a structure to its pointer to the next: struct.member, or bytes',
    '  -H         start is a list_head outside of the structures: `list -H modules -o module.list`',
    '  -h         start is a structure on the list, whose list_head is the list’s head',
    '  -O offset  with -h: of the head in the start, where it is another member (children, sibling)',
    '  -s spec    of each structure: task_struct.comm,pid; all of it without members',
    '  -S spec    as -s, numbers as they lie in memory',
    '  -l offset  with -s: the addresses are those of an embedded member, this far into the struct',
    '  -e end     the address at which the list ends',
    '  -r         backwards, through the prev of list_heads',
    '  -B         says of a loop how long it is and where it begins',
    '  -x, -d     integers in hexadecimal, in decimal',
  ],
  needs: ['memory'],
  *run(context, args) {
    const options = parseOptions(args, 'o:O:e:s:S:l:hHrBxd');
    const walk = readArguments(context, options);
    yield* walkList(context, walk, options);
  },
};

interface ListWalk {
  readonly chain: Chain;
  /** Bytes from an item of the chain back to the structure shown. */
  readonly back: number;
  /** The structure that holds the head and is one of the list itself. */
  readonly head?: VirtAddr;
}

function readArguments(context: CommandContext, options: Options): ListWalk {
  const { program } = context;
  if (options.has('h') && options.has('H')) throw new UsageError('-h and -H exclude each other');
  if (options.has('O') && !options.has('h')) throw new UsageError('-O goes with -h');
  if (options.has('l') && !options.has('s') && !options.has('S')) {
    throw new UsageError('-l goes with -s or -S');
  }
  const { offset, startText } = readOperands(program, options);
  const { address: start } = addressExpression(context, startText);
  requireKernel(program, start, startText);
  const forward = options.has('r') ? POINTER : 0;
  const endText = options.value('e');
  const ends = endText === undefined ? [] : [addressExpression(context, endText).address];
  const isPlausible = (address: VirtAddr) => isKernel(program, address);
  if (!options.has('h') && !options.has('H')) {
    const chain = { first: start, nextAt: offset + forward, ends, isBare: true, isPlausible };
    return { chain, back: 0 };
  }
  const headText = options.value('O');
  const headOffset = headText === undefined ? offset : requireOffset(program, headText, '-O');
  const head = options.has('h') ? addVirt(start, headOffset) : start;
  const first = virtAddr(program.kernel.readU64(addVirt(head, forward)));
  return {
    chain: { first, nextAt: forward, ends: [...ends, head], isBare: false, isPlausible },
    back: offset,
    ...(options.has('h') && headText === undefined && { head: start }),
  };
}

/** `[offset] start`: of two operands the first that can be an offset is one. */
function readOperands(program: Program, options: Options): { offset: number; startText: string } {
  const { operands } = options;
  const given = options.value('o');
  if (given !== undefined) {
    if (operands.length !== 1) throw new UsageError('one start is needed');
    return { offset: requireOffset(program, given, '-o'), startText: operands[0]! };
  }
  if (operands.length === 1) return { offset: 0, startText: operands[0]! };
  if (operands.length !== 2) throw new UsageError('a start is needed, at most an offset before it');
  for (const [at, text] of operands.entries()) {
    const offset = findOffset(program, text);
    if (offset === undefined || Math.abs(offset) >= 1 << 24) continue;
    return { offset, startText: operands[1 - at]! };
  }
  throw new UsageError(`no offset: ${operands[0]!}`);
}

function isKernel(program: Program, address: VirtAddr): boolean {
  return program.translator.regionOf(address).name !== 'user' && address >= 1n << 63n;
}

function requireKernel(program: Program, address: VirtAddr, text: string): void {
  if (isKernel(program, address)) return;
  throw new UsageError(`invalid kernel virtual address: ${text} (${hex(address)})`);
}

function* walkList(context: CommandContext, walk: ListWalk, options: Options): Generator<Block> {
  const { program } = context;
  const show = shown(program, options);
  let entries: Entry[] = [];
  let count = 0;
  const add = (address: VirtAddr): Block | undefined => {
    entries.push({ address, ...(show !== undefined && { values: show(address) }) });
    if (++count % BLOCK !== 0) return undefined;
    const block = { type: 'entries', name: 'list', entries } as const;
    entries = [];
    return block;
  };
  if (walk.head !== undefined) add(walk.head);
  const items = iterateChain(program.kernel, walk.chain);
  let step = items.next();
  for (; step.done !== true; step = items.next()) {
    checkCancelled(context);
    const block = add(addVirt(step.value, -walk.back));
    if (block !== undefined) yield block;
  }
  if (entries.length > 0) yield { type: 'entries', name: 'list', entries };
  if (count === 0 && step.value === undefined) yield { type: 'text', lines: ['(empty)'] };
  if (step.value === undefined) return;
  yield warning(`${step.value.problem}.`);
  if (step.value.loop !== undefined && options.has('B')) yield info(loopText(step.value.loop));
}

function loopText({ duplicate, before, length }: Loop): string {
  return `Loop: ${length} entries long, begins after ${before}, at ${hex(duplicate)}.`;
}

/** What `-s` or `-S` asks for, as a function of an entry's address. */
function shown(
  program: Program,
  options: Options,
): ((address: VirtAddr) => ReturnType<typeof specValues>) | undefined {
  const raw = options.atMostOne('sS') === 'S';
  const texts = options.values(raw ? 'S' : 's');
  if (texts.length === 0) return undefined;
  const radix = options.atMostOne('xd');
  const style: ValueStyle = {
    raw,
    ...(radix !== undefined && { radix: radix === 'x' ? 16 : 10 }),
  };
  const specs: ObjectSpec[] = texts.map((text) => parseObjectSpec(program, text));
  const embedded = options.value('l');
  const back = embedded === undefined ? 0 : requireOffset(program, embedded, '-l');
  return (address) =>
    specs.flatMap((spec) => specValues(program, spec, addVirt(address, -back), style));
}
