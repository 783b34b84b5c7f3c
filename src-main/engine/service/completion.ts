import type { Completion } from '../../../src-shared/contract/index.ts';
import { listCommands } from '../commands/registry.ts';
import { findTasks } from '../kernel/tasks.ts';
import type { Program } from '../program/program.ts';
import type { TypeTag } from '../types/type.ts';

/** More than a person reads; also what a caller may ask for at most. */
export const MAX_COMPLETIONS = 200;

/**
 * What a palette offers for some typed text: commands, tasks by pid or name, types, symbols; in
 * each, what starts with the text before what contains it.
 */
export function completionsOf(program: Program, prefix: string, limit: number): Completion[] {
  const wanted = prefix.trim();
  if (wanted === '') return [];
  const most = Math.min(limit, MAX_COMPLETIONS);
  const share = Math.max(1, Math.floor(most / 4));
  const found = [
    ...commandsLike(wanted).slice(0, share),
    ...tasksLike(program, wanted).slice(0, share),
    ...typesLike(program, wanted).slice(0, share),
  ];
  return [...found, ...symbolsLike(program, wanted, most - found.length)];
}

export function commandsLike(text: string): Completion[] {
  return listCommands()
    .filter(({ name }) => name.startsWith(text))
    .map(({ name, summary }) => ({ kind: 'command', text: name, detail: summary }));
}

export function tasksLike(program: Program, text: string): Completion[] {
  const lower = text.toLowerCase();
  return findTasks(program)
    .tasks.filter(
      ({ pid, command }) => String(pid) === text || command.toLowerCase().includes(lower),
    )
    .map(({ pid, command, address }) => ({
      kind: 'task',
      text: command,
      detail: `pid ${pid}`,
      address,
      pid,
    }));
}

function typesLike(program: Program, text: string): Completion[] {
  const name = text.replace(/^(struct|union|enum)\s+/, '');
  const starts: Completion[] = [];
  for (const type of typeNamesOf(program)) {
    if (type.tag === 'base' || !type.name.startsWith(name)) continue;
    starts.push({
      kind: 'type',
      text: type.tag === 'typedef' ? type.name : `${type.tag} ${type.name}`,
      detail: 'type',
    });
    if (starts.length >= MAX_COMPLETIONS) break;
  }
  return starts.sort((a, b) => a.text.length - b.text.length);
}

type TypeName = { readonly tag: TypeTag; readonly name: string };
const typeNames = new WeakMap<Program, readonly TypeName[]>();

/** Decoded once a program: completion asks for them at each key that is pressed. */
export function typeNamesOf(program: Program): readonly TypeName[] {
  let names = typeNames.get(program);
  if (names === undefined) {
    names = [...program.types.iterateNames()];
    typeNames.set(program, names);
  }
  return names;
}

export function symbolsLike(program: Program, text: string, most: number): Completion[] {
  const starts: Completion[] = [];
  const contains: Completion[] = [];
  for (const symbol of program.symbols.iterate({ substring: text })) {
    const into = symbol.name.startsWith(text) ? starts : contains;
    if (into.length < MAX_COMPLETIONS) {
      into.push({
        kind: 'symbol',
        text: symbol.name,
        detail: symbol.module === undefined ? symbol.letter : `${symbol.letter} [${symbol.module}]`,
        address: symbol.address,
      });
    } else if (starts.length >= MAX_COMPLETIONS) break;
  }
  starts.sort((a, b) => a.text.length - b.text.length || (a.text < b.text ? -1 : 1));
  return [...starts, ...contains].slice(0, most);
}
