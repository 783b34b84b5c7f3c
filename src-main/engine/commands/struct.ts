import type { Block, ValueBlock } from '../../../src-shared/contract/index.ts';
import { addVirt, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { readMemoryRange } from '../kernel/memory-range.ts';
import { findUserSpace } from '../kernel/task-user.ts';
import { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { findMember, offsetOf, sizeOf, structOf } from '../types/layout.ts';
import { declarationOf } from '../types/declaration.ts';
import type { Type } from '../types/type.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, requireCurrentTask, warning, type CommandContext } from './context.ts';
import { definitionBlocks, requireMembers } from './definition-block.ts';
import { cpuAddresses, type CpuAddress } from './cpu-addresses.ts';
import { findCount, requireCount } from './numbers.ts';
import { parseOptions, type Options } from './options.ts';
import { valueNode } from './value-node.ts';

const USAGE =
  'name[.member[,member]] [-o] [-x|-d] [-u] [-r] [-l offset] [--layout] [address | symbol | expression][:cpus] [count | -c count]';
const LAYOUT = '--layout';
const HELP = [
  'Without an address the definition of the type and its size; with one its values there. A member is a',
  'path: comm, se.vruntime, cpus_mask.bits[0]; -> follows pointers (mm->pgd); several are separated by',
  'commas. Values that cannot be read say why.',
  '',
  '  -o         offsets of the members; with an address their addresses',
  '  -x, -d     integers in hexadecimal, in decimal',
  '  -u         the address is one of the current task',
  '  -r         the bytes, not the members',
  '  -l offset  the address is that of a member: its offset, or struct.member',
  '  --layout   where each member lies: offset and size, holes, padding, cache lines, and their sums;',
  '             with an address the values, too. In --json with the layout of all embedded structs',
  '  count, -c count  several of an array; -c with a negative count: those that end at the address',
  '  :cpus      a per-CPU variable: `runqueues:0`, `:a` for all, `:` for the current task’s CPU',
];

export const struct: Command = command('struct', ['struct'], 'a struct: definition or values');
export const union: Command = command('union', ['union'], 'a union: definition or values');
export const star: Command = command(
  '*',
  ['struct', 'union', 'typedef'],
  'struct or union, whichever the name is',
);

type Tag = 'struct' | 'union' | 'typedef';

function command(name: string, tags: readonly Tag[], summary: string): Command {
  return {
    name,
    summary,
    usage: USAGE,
    help: HELP,
    needs: ['memory', 'types'],
    *run(context, args) {
      const layout = args.includes(LAYOUT);
      const words = args.filter((word) => word !== LAYOUT);
      const options = parseOptions(words, 'oxdurl:c:');
      const radix = options.atMostOne('xd');
      if (layout && (options.has('o') || options.has('r'))) {
        throw new UsageError('--layout excludes -o and -r');
      }
      for (const block of run(context, options, tags, layout)) {
        const isValue = block.type === 'value' && radix !== undefined;
        yield isValue ? { ...block, radix: radix === 'x' ? 16 : 10 } : block;
      }
    },
  };
}

function* run(
  context: CommandContext,
  options: Options,
  tags: readonly Tag[],
  layout: boolean,
): Generator<Block> {
  const [text, where, countText, ...rest] = options.operands;
  if (text === undefined || rest.length > 0)
    throw new UsageError('a type name, an address, a count');
  const { program } = context;
  const { type, named, members } = parseTypeArgument(program, text, tags);
  if (where === undefined) {
    if (options.has('c')) throw new UsageError('a count needs an address');
    yield* definitionBlocks(named, members, options.has('o'), layout);
    return;
  }
  requireMembers(type);
  const count = countOf(options, countText);
  for (const { address, cpu } of addressesOf(context, options, where)) {
    const start = addVirt(address, -listOffset(program, options));
    const first = count < 0 ? addVirt(start, (count + 1) * sizeOf(type)) : start;
    for (let i = 0; i < Math.abs(count); i++) {
      checkCancelled(context);
      const at = addVirt(first, i * sizeOf(type));
      yield* oneObject(context, options, { type, members, layout }, at, i === 0 ? cpu : undefined);
    }
  }
}

/** Splits `name.member,member`, finds the type; `named` is the typedef that was asked for. */
function parseTypeArgument(
  program: Program,
  text: string,
  tags: readonly Tag[],
): { type: Type; named: Type; members: readonly string[] } {
  if (/[,.]$/.test(text)) throw new UsageError(`invalid format: ${text}`);
  const dot = text.indexOf('.');
  const name = dot < 0 ? text : text.slice(0, dot);
  const members = dot < 0 ? [] : text.slice(dot + 1).split(',');
  // A struct may be named by its typedef, as in crash.
  for (const tag of [...tags, 'typedef' as const]) {
    const type = program.findShownType(tag === 'typedef' ? name : `${tag} ${name}`);
    if (type === undefined || structOf(type) === undefined) continue;
    // A struct that only its typedef names keeps that name.
    const struct = structOf(type);
    const plain = struct === undefined || struct.name === '' ? type : struct;
    return { type: plain, named: type, members };
  }
  const other = ['struct', 'union'].find((tag) => program.findType(`${tag} ${name}`) !== undefined);
  throw new UsageError(
    other === undefined
      ? `invalid data structure reference: ${name} (asked ${program.types.finderNames.join(', ')})`
      : `data type mismatch: ${name} is a ${other}`,
  );
}

function countOf(options: Options, countText: string | undefined): number {
  const text = options.value('c') ?? countText;
  const count = text === undefined ? 1 : requireCount(text, 'the count');
  if (count === 0 || Math.abs(count) > 100_000)
    throw new UsageError(`invalid count: ${text ?? ''}`);
  return count;
}

/** Bytes from the start of the struct to the member whose address was given. */
function listOffset(program: Program, options: Options): number {
  const text = options.value('l');
  if (text === undefined) return 0;
  const named = /^(\w+)\.(.+)$/.exec(text);
  if (named !== null) {
    const type = program.findType(`struct ${named[1]!}`) ?? program.findType(`union ${named[1]!}`);
    if (type !== undefined && findMember(type, named[2]!) !== undefined)
      return offsetOf(type, named[2]!);
  }
  const offset = findCount(text);
  if (offset === undefined) throw new UsageError(`invalid -l option: ${text}`);
  return offset;
}

function addressesOf(
  context: CommandContext,
  options: Options,
  where: string,
): readonly CpuAddress[] {
  const found = cpuAddresses(context, where);
  for (const { address, cpu } of found) {
    const isUser = context.program.translator.regionOf(address).name === 'user';
    if (cpu === undefined && isUser && !options.has('u')) {
      throw new UsageError(`invalid kernel virtual address: ${where} (a user address needs -u)`);
    }
  }
  return found;
}

interface Asked {
  readonly type: Type;
  readonly members: readonly string[];
  readonly layout: boolean;
}

function* oneObject(
  context: CommandContext,
  options: Options,
  asked: Asked,
  address: VirtAddr,
  cpu: number | undefined,
): Generator<Block> {
  const { program } = context;
  const { type, members, layout } = asked;
  const task = options.has('u') ? requireCurrentTask(context) : undefined;
  if (options.has('r')) {
    const space =
      task === undefined
        ? { kind: 'kernel' as const }
        : { kind: 'user' as const, task: task.address };
    const range = readMemoryRange(program, space, address, sizeOf(type));
    yield { type: 'memory', range, unit: 8, format: 'hex', ...(cpu !== undefined && { cpu }) };
    return;
  }
  const user = task === undefined ? undefined : findUserSpace(program, task);
  const object = new KernelObject(program, type, address, user);
  const block = (value: KernelObject, name: string): ValueBlock => ({
    type: 'value',
    value: valueNode(program, value, name, { layout }),
    address: value.address,
    size: value.size,
    showOffsets: options.has('o'),
    ...(layout && { showLayout: true as const }),
    // of several members only the first says whose they are
    ...(cpu !== undefined && (name === '' || name === members[0]) && { cpu }),
    ...(name !== '' && { owner: { typeName: declarationOf(type), address: object.address } }),
    origin: type.origin,
  });
  if (members.length === 0) yield block(object, '');
  for (const path of members) {
    try {
      yield block(memberByPath(object, path), path);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      yield warning(`${path} cannot be read: ${error.message}.`);
    }
  }
}

/** `a.b[1]`, and `->` through pointers. @throws UsageError for a member that is not there */
function memberByPath(object: KernelObject, path: string): KernelObject {
  let at = object;
  const parts = path.split('->');
  for (const [i, part] of parts.entries()) {
    if (i > 0) at = at.deref();
    if (!at.has(part)) throw new UsageError(`invalid data structure reference: no member ${part}`);
    at = at.member(part);
  }
  return at;
}
