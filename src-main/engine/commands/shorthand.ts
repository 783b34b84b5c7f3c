import type { Program } from '../program/program.ts';
import { structOf } from '../types/layout.ts';

type Meant = 'p' | 'struct' | 'union' | 'whatis';

/** A command that was meant though it was not named. */
interface Shorthand {
  readonly command: Meant;
  readonly args: readonly string[];
}

/**
 * crash's commands that are not here, and gdb's that crash passes on: who types one of them means it,
 * not the type or the variable that happens to have its name (`mount`, `x/2x init_task`).
 */
const OTHER_COMMANDS: ReadonlySet<string> = new Set(
  [
    'alias bpf dev exit extend files fuser gdb ipcs irq kmem mach mount net q quit repeat runq sbitmapq',
    'search sig swap timer vm waitq wr x print printf output ptype info',
  ]
    .join(' ')
    .split(' '),
);

/**
 * What a line without a command means, as crash reads it: `task_struct.pid,comm ffff…` is `struct …`,
 * a variable or function alone `p …`, an enumerator or another type `whatis …`; beyond crash any
 * expression that begins with a known name, `&`, `(`, `~`, `$` or a digit. Undefined for what is nothing
 * of these.
 */
export function findShorthand(program: Program, words: readonly string[]): Shorthand | undefined {
  const [first = '', ...rest] = words;
  const lead = /^[A-Za-z_]\w*/.exec(first)?.[0];
  if (lead === undefined) {
    return /^[&(~$0-9]/.test(first) ? { command: 'p', args: words } : undefined;
  }
  if (OTHER_COMMANDS.has(lead)) return undefined;
  const isVariable = program.symbols.find(lead) !== undefined;
  const isEnumerator = !isVariable && program.types.findEnumerator(lead) !== undefined;
  // A name alone is the variable (`kmem_cache`); with members or an address it is the type.
  if (words.length === 1 && first === lead) {
    if (isVariable) return { command: 'p', args: words };
    if (isEnumerator) return { command: 'whatis', args: words };
  }
  if (first === lead || first[lead.length] === '.') {
    const command = structCommand(program, lead);
    if (command !== undefined) return { command, args: words };
  }
  if (isVariable || isEnumerator) return { command: 'p', args: words };
  const alone = first === lead && rest.every((word) => word === '-o');
  if (!alone) return undefined;
  if (program.findType(lead) !== undefined) return { command: 'whatis', args: words };
  const tagged = `enum ${lead}`;
  return program.findType(tagged) && { command: 'whatis', args: [tagged, ...rest] };
}

function structCommand(program: Program, name: string): Meant | undefined {
  if (program.findType(`struct ${name}`) !== undefined) return 'struct';
  if (program.findType(`union ${name}`) !== undefined) return 'union';
  const type = program.findType(name);
  return type !== undefined && structOf(type) !== undefined ? 'struct' : undefined;
}
