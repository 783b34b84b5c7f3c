import type { Block, ValueNode } from '../../../src-shared/contract/index.ts';
import type { KernelObject } from '../program/object.ts';
import type { Value } from '../program/expression/value.ts';
import { DETACHED } from '../program/expression/detached-space.ts';
import { isPerCpuSymbol } from '../kernel/percpu-symbol.ts';
import { declarationOf } from '../types/declaration.ts';
import { findSize, resolveTypedef } from '../types/layout.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, warning, type CommandContext } from './context.ts';
import { splitCpus } from './cpu-addresses.ts';
import { evaluate, guarded, requireTyped } from './expression.ts';
import { tableBlock } from './table.ts';
import { symbolAt, valueNode } from './value-node.ts';

const HELP = [
  'The value of a C expression over kernel objects: variables, functions, enum constants, casts,',
  '. -> [] & * sizeof, arithmetic, comparisons, ? :, gdb’s a @ n, {type} address and, with debuginfo,',
  'function::variable for a static variable of a function (its symbol, count.0, will do too); also',
  'offsetof(type, member), container_of(pointer, type, member), per_cpu(variable, cpu),',
  'per_cpu_ptr(pointer, cpu). Values are kept: $1 the first, $ the last.',
  '',
  'Without debuginfo the types of per-CPU variables, functions and the best known variables are known;',
  'of others say the type: p (int)foo, p *(struct list_head *)&foo.',
  '',
  '  -x, -d  integers in hexadecimal, in decimal',
  '  -u      pointers lead into the current task’s memory',
  '  :cpus   per-CPU variables in it are those of these CPUs: `:0`, `:1,3-5`, `:a` all, `:` of the',
  '          current task; a per-CPU variable alone shows its type and addresses',
];

export const p: Command = {
  name: 'p',
  summary: 'the value of a C expression',
  usage: '[-x|-d] [-u] expression[:cpus]',
  help: HELP,
  needs: ['memory', 'symbols', 'types'],
  *run(context, args) {
    const { flags, text: whole } = splitArguments(args);
    if (flags.has('x') && flags.has('d')) throw new UsageError('-x and -d exclude each other');
    if (whole === '') throw new UsageError('an expression is needed');
    const { text, cpus } = splitCpus(context, whole);
    const style: Style = {
      ...(flags.has('x') ? { radix: 16 } : flags.has('d') ? { radix: 10 } : {}),
      user: flags.has('u'),
    };
    if (cpus === undefined) {
      if (isPerCpuName(context, text)) yield perCpuTable(context, text);
      else yield* one(context, text, style);
      return;
    }
    for (const cpu of cpus) {
      checkCancelled(context);
      yield* one(context, text, style, cpu);
    }
  },
};

interface Style {
  readonly radix?: 10 | 16;
  readonly user: boolean;
}

/** Options may stand before and behind the expression; in it, `-x` is C. */
function splitArguments(args: readonly string[]): { flags: Set<string>; text: string } {
  const isOption = (word: string | undefined): word is string => /^-[xdu]+$/.test(word ?? '');
  const words = [...args];
  const options: string[] = [];
  while (isOption(words[0])) options.push(words.shift()!);
  while (words.length > 1 && isOption(words.at(-1))) options.push(words.pop()!);
  return { flags: new Set(options.join('').replaceAll('-', '')), text: words.join(' ').trim() };
}

const isName = (text: string): boolean => /^[A-Za-z_][\w.]*$/.test(text);

function isPerCpuName({ program }: CommandContext, text: string): boolean {
  const symbol = isName(text) ? program.symbols.find(text) : undefined;
  return symbol !== undefined && isPerCpuSymbol(program, symbol);
}

function perCpuTable(context: CommandContext, name: string): Block {
  const { program } = context;
  const { value } = evaluate(context, name);
  const type =
    value.untyped === undefined
      ? declarationOf(value.object.type, name)
      : `(type not known) ${name}`;
  const rows = program.cpus.possible.map((cpu) => ({
    cpu,
    address: program.perCpuAddress(value.object.address, cpu),
  }));
  return tableBlock(
    `p-percpu ${type};`,
    [
      { id: 'cpu', title: 'CPU', kind: 'id', cell: (row) => row.cpu },
      { id: 'address', title: 'ADDRESS', kind: 'address', cell: (row) => row.address },
    ],
    rows,
  );
}

function* one(context: CommandContext, text: string, style: Style, cpu?: number): Generator<Block> {
  const { value, usesPerCpu, warnings } = evaluate(context, text, {
    user: style.user,
    ...(cpu !== undefined && { cpu }),
  });
  if (cpu !== undefined && !usesPerCpu) {
    throw new UsageError(`${text} names no per-CPU variable: :cpus means nothing here`);
  }
  const object = requireTyped(text, value);
  // Reading is what may still go wrong.
  const node = guarded(text, () => printedNode(context, object));
  const isSymbol = isName(text) && context.program.symbols.find(text) !== undefined;
  const label =
    cpu !== undefined ? `per_cpu(${text}, ${cpu})` : isSymbol && !style.user ? text : undefined;
  for (const each of warnings) yield warning(each);
  yield {
    type: 'value',
    value: node,
    address: addressOf(value),
    size: findSize(object.type) ?? 0,
    showOffsets: false,
    ...(style.radix !== undefined && { radix: style.radix }),
    printed: { number: context.session.keep(value), ...(label !== undefined && { label }) },
    origin: value.origin ?? object.type.origin,
  };
}

/** Of a computed value the block's address is 0: it lies nowhere. */
function addressOf({ object, isLvalue }: Value): bigint {
  return isLvalue && object.address !== DETACHED ? object.address : 0n;
}

function printedNode({ program }: CommandContext, object: KernelObject): ValueNode {
  const type = resolveTypedef(object.type);
  const common = { name: '', typeName: declarationOf(object.type), offset: 0 };
  const symbol = symbolAt(program, object.address);
  if (type.kind === 'function') {
    return {
      ...common,
      kind: 'function',
      size: 0,
      value: object.address,
      ...(symbol && { symbol }),
    };
  }
  if (type.kind === 'void') throw new UsageError('the value is void');
  // A value that cannot be read is an error here; in a struct it is a hole.
  if (type.kind === 'int' || type.kind === 'enum' || type.kind === 'pointer') object.bigint();
  return valueNode(program, object, '');
}
