import type { Block } from '../../../src-shared/contract/index.ts';
import type { Program } from '../program/program.ts';
import { declarationOf, memberDeclaration } from '../types/declaration.ts';
import { definitionText } from '../types/definition.ts';
import { structOf } from '../types/layout.ts';
import type { Type } from '../types/type.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, info, warning, type CommandContext } from './context.ts';
import { definitionBlocks } from './definition-block.ts';
import { evaluate, requireTyped } from './expression.ts';
import { requireCount } from './numbers.ts';
import { parseOptions } from './options.ts';
import { tableBlock } from './table.ts';
import { typeListBlock } from './type-list.ts';
import { searchTypes, type SizeRange } from './type-search.ts';
import { typeUsersBlock } from './type-users.ts';
import { typeVariablesBlock } from './type-variables.ts';

const LIST = '--list';
const USERS = '--users';
const VARIABLES = '--variables';

export const whatis: Command = {
  name: 'whatis',
  summary: 'the type of a symbol or expression, the definition of a type',
  usage:
    '[-o] name | type | expression, or [-r size[-size]] [-m type], or --list [text], or --users type, or --variables type',
  help: [
    'Of a symbol its declaration, of a struct, union, enum or typedef its definition, of an enumerator',
    'its enum and value, of an expression its type.',
    '',
    '  -o           with the offsets of the members',
    '  -r size      searches structs of this size, or of sizes low-high',
    '  -m type      searches structs that hold a member whose type’s name contains this text, in',
    '               embedded structs too, or a pointer to such',
    '  --list text  all structs, unions, enums and typedefs whose name contains the text, with who tells',
    '               of them',
    '  --variables type  variables that are of this type or point to it: those that BTF lists (per-CPU',
    '               ones), and well-known ones of the kernel',
    '  --users type members that are of exactly this type, or lead to it by pointers, arrays, typedefs',
  ],
  needs: ['memory', 'types'],
  *run(context, args) {
    const long = args.find((word) => [LIST, USERS, VARIABLES].includes(word));
    if (long !== undefined) {
      const rest = args
        .filter((word) => word !== long)
        .join(' ')
        .trim();
      if (long === LIST) yield* list(context, rest);
      else if (rest === '') throw new UsageError(`${long} needs a type`);
      else yield* long === USERS ? users(context, rest) : variables(context, rest);
      return;
    }
    const options = parseOptions(args, 'or:m:');
    const [range, member] = [options.value('r'), options.value('m')];
    const text = options.operands.join(' ').trim();
    if (range !== undefined || member !== undefined) {
      if (text !== '') throw new UsageError('-r and -m take no name');
      yield* search(context, range, member);
      return;
    }
    if (text === '') throw new UsageError('a type, a symbol or an expression is needed');
    yield* whatisText(context, text, options.has('o'));
  },
};

function* whatisText(context: CommandContext, text: string, offsets: boolean): Generator<Block> {
  const { program } = context;
  const declaration = symbolDeclaration(context, text);
  if (declaration !== undefined) {
    yield { type: 'text', lines: [declaration] };
    return;
  }
  const [, name = '', members] =
    /^((?:(?:struct|union) )?\w+)(?:\.([\w.,[\]]+))?$/.exec(text) ?? [];
  const type = findNamed(program, members === undefined ? text : name);
  if (type !== undefined && structOf(type) !== undefined) {
    yield* definitionBlocks(type, members?.split(',') ?? [], offsets);
  } else if (type !== undefined) {
    yield { type: 'text', lines: definitionText(type).split('\n') };
  } else if (/^(?:struct|union|enum)\s/.test(text)) {
    throw new UsageError(`unknown type: ${text} (asked ${program.types.finderNames.join(', ')})`);
  } else {
    const enumerator = /^\w+$/.test(text) ? program.types.findEnumerator(text) : undefined;
    if (enumerator !== undefined) {
      const name = enumerator.type.name || '(unknown)';
      yield { type: 'text', lines: [`enum ${name} = ${enumerator.value}`] };
      return;
    }
    const { value } = evaluate(context, text);
    yield { type: 'text', lines: [declarationOf(requireTyped(text, value).type)] };
  }
}

/** A type by its C name, or by its tag alone. */
function findNamed(program: Program, name: string): Type | undefined {
  const direct = program.findShownType(name);
  if (direct !== undefined || !/^\w+$/.test(name)) return direct;
  for (const tag of ['struct', 'union', 'enum']) {
    const type = program.findShownType(`${tag} ${name}`);
    if (type !== undefined) return type;
  }
  return undefined;
}

/** `struct list_head modules;`: of a symbol alone, when its type is known. */
function symbolDeclaration(context: CommandContext, name: string): string | undefined {
  if (!/^[A-Za-z_][\w.]*$/.test(name)) return undefined;
  if (context.program.symbols.find(name) === undefined) return undefined;
  const { value } = evaluate(context, name);
  // A type of that name says more than a symbol whose type nobody knows.
  if (value.untyped !== undefined && findNamed(context.program, name) !== undefined)
    return undefined;
  return `${memberDeclaration(requireTyped(name, value).type, name, true)};`;
}

function* search(
  context: CommandContext,
  range: string | undefined,
  member: string | undefined,
): Generator<Block> {
  const sizes = range === undefined ? undefined : sizeRange(range);
  const found = searchTypes(context.program, sizes, member, () => checkCancelled(context));
  if (found.length === 0) {
    yield info('none found');
    return;
  }
  yield tableBlock(
    'whatis-search',
    [
      { id: 'size', title: 'SIZE', kind: 'bytes', cell: (row) => row.size },
      { id: 'type', title: 'TYPE', kind: 'text', cell: (row) => row.name },
    ],
    found,
  );
}

function* list(context: CommandContext, text: string): Generator<Block> {
  const block = typeListBlock(context.program, text, () => checkCancelled(context));
  if (block.table.rowCount === 0) yield info('none found');
  else yield block;
}

function* users(context: CommandContext, name: string): Generator<Block> {
  const type = requireNamed(context.program, name);
  const { block, cut } = typeUsersBlock(context.program, type, () => checkCancelled(context));
  if (cut) yield warning(`There may be more: these are the first ${block.table.rowCount}.`);
  if (block.table.rowCount === 0) yield info(`no member of a struct is a ${name} or leads to one`);
  else yield block;
}

function* variables(context: CommandContext, name: string): Generator<Block> {
  const type = requireNamed(context.program, name);
  const block = typeVariablesBlock(context.program, type, () => checkCancelled(context));
  if (block.table.rowCount === 0)
    yield info(`no variable that BTF lists or that is well known is a ${name}`);
  else yield block;
}

/** @throws UsageError */
function requireNamed(program: Program, name: string): Type {
  const type = findNamed(program, name);
  if (type !== undefined) return type;
  throw new UsageError(`unknown type: ${name} (asked ${program.types.finderNames.join(', ')})`);
}

function sizeRange(text: string): SizeRange {
  const [low = '', high = low, ...rest] = text.split('-');
  if (rest.length > 0) throw new UsageError(`no size or range of sizes: ${text}`);
  return { low: requireCount(low, 'the size'), high: requireCount(high, 'the size') };
}
