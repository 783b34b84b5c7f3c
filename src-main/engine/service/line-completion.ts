import type { Completion } from '../../../src-shared/contract/index.ts';
import { findCommand } from '../commands/registry.ts';
import type { Program } from '../program/program.ts';
import { structOf } from '../types/layout.ts';
import type { TypeTag } from '../types/type.ts';
import {
  commandsLike,
  MAX_COMPLETIONS,
  symbolsLike,
  tasksLike,
  typeNamesOf,
} from './completion.ts';
import { membersLike } from './member-completion.ts';

/** Commands whose first operand is a type, and the kinds of types that it may be. */
const TYPE_OPERAND: Readonly<Record<string, readonly TypeTag[]>> = {
  struct: ['struct', 'typedef'],
  union: ['union', 'typedef'],
  '*': ['struct', 'union', 'typedef'],
  whatis: ['struct', 'union', 'enum', 'typedef'],
};
const STRUCTS: readonly TypeTag[] = ['struct', 'union', 'typedef'];
/** Options of these commands with a value, and whether it is a type or a member of one. */
const VALUES: Readonly<Record<string, Readonly<Record<string, 'type' | 'other'>>>> = {
  struct: { '-l': 'type', '-c': 'other' },
  union: { '-l': 'type', '-c': 'other' },
  '*': { '-l': 'type', '-c': 'other' },
  list: { '-s': 'type', '-S': 'type', '-o': 'type' },
  tree: { '-s': 'type', '-S': 'type', '-o': 'type' },
};
/** Commands that take tasks by name. */
const BY_TASK_NAME: ReadonlySet<string> = new Set(['ps', 'foreach']);

/**
 * What can stand as the last word of a command line, which is begun: the command; its long options;
 * types and members where it takes a type; else symbols. Each text is the whole word.
 */
export function lineCompletions(program: Program, line: string, limit: number): Completion[] {
  const most = Math.max(0, Math.min(limit, MAX_COMPLETIONS));
  // `*task_struct` is `* task_struct`, but the word to complete has the star.
  const star = /^\s*\*(?=[^\s*]+$)/.test(line);
  const words = line
    .trimStart()
    .replace(/^\*(?=\S)/, '* ')
    .split(/\s+/);
  const word = words.at(-1) ?? '';
  if (word === '') return [];
  const found = fitting(program, words.slice(0, -1), word).slice(0, most);
  return star ? found.map((each) => ({ ...each, text: `*${each.text}` })) : found;
}

function fitting(program: Program, before: readonly string[], word: string): Completion[] {
  const [name, ...args] = before;
  if (name === undefined) {
    const commands = commandsLike(word);
    // A line may begin with a type or a variable, too: `task_struct.pid`, `jiffies`.
    return commands.length > 0 ? commands : operands(program, word, STRUCTS);
  }
  if (word.startsWith('-')) return optionsLike(name, word);
  if (name === 'help') return commandsLike(word);
  const tags = tagsOf(name, args);
  if (tags === undefined) {
    const tasks = BY_TASK_NAME.has(name)
      ? tasksLike(program, word).filter(({ text }) => text.startsWith(word))
      : [];
    const commands = name === 'foreach' ? commandsLike(word) : [];
    return [...commands, ...tasks, ...operands(program, word, [])];
  }
  // Only whatis takes variables and functions in the place of the type.
  return name === 'whatis' ? operands(program, word, tags) : typesOrMembers(program, word, tags);
}

/** Kinds of types that can stand behind `args`; undefined where none can. */
function tagsOf(name: string, args: readonly string[]): readonly TypeTag[] | undefined {
  const values = VALUES[name] ?? {};
  const last = values[args.at(-1) ?? ''];
  if (last !== undefined) return last === 'type' ? STRUCTS : undefined;
  const tags = TYPE_OPERAND[name];
  const given = args.filter(
    (arg, index) => !arg.startsWith('-') && values[args[index - 1] ?? ''] === undefined,
  );
  const [only] = given;
  if (only === undefined) return tags;
  const isTag = only === 'struct' || only === 'union' || only === 'enum';
  return name === 'whatis' && given.length === 1 && isTag ? [only] : undefined;
}

function operands(program: Program, word: string, tags: readonly TypeTag[]): Completion[] {
  if (word.includes('.') || word.includes('->')) return membersLike(program, word);
  const symbols = symbolsLike(program, word, MAX_COMPLETIONS);
  return [...typesOf(program, word, tags), ...symbols.filter(({ text }) => text.startsWith(word))];
}

function typesOrMembers(program: Program, word: string, tags: readonly TypeTag[]): Completion[] {
  return word.includes('.') ? membersLike(program, word) : typesOf(program, word, tags);
}

/** Bare names, as the commands take them; a typedef only where it names a struct, if only structs fit. */
function typesOf(program: Program, word: string, tags: readonly TypeTag[]): Completion[] {
  const found = new Map<string, Completion>();
  if (tags.length === 0) return [];
  for (const { tag, name } of typeNamesOf(program)) {
    if (!tags.includes(tag) || !name.startsWith(word) || found.has(name)) continue;
    if (tag === 'typedef' && !tags.includes('enum')) {
      const type = program.findType(name);
      if (type === undefined || structOf(type) === undefined) continue;
    }
    found.set(name, { kind: 'type', text: name, detail: tag });
    if (found.size >= MAX_COMPLETIONS) break;
  }
  return [...found.values()].toSorted(
    (a, b) => a.text.length - b.text.length || (a.text < b.text ? -1 : 1),
  );
}

/** Long options, by what the command's help says. */
function optionsLike(name: string, word: string): Completion[] {
  const command = findCommand(name);
  if (command === undefined) return [];
  const said = [command.usage, ...command.help].join('\n');
  const names = new Set(said.match(/(?<![\w-])--[a-z][a-z-]*/g));
  return [...names]
    .filter((option) => option.startsWith(word))
    .map((text) => ({ kind: 'option', text, detail: `of ${command.name}` }));
}
