import { bt } from './bt.ts';
import type { Command } from './command.ts';
import { foreachCommand } from './foreach.ts';
import { helpCommand } from './help.ts';
import { log } from './log.ts';
import { mod } from './mod.ts';
import { p } from './p.ts';
import { ps } from './ps.ts';
import { rd } from './rd.ts';
import { set } from './set.ts';
import { star, struct, union } from './struct.ts';
import { sym } from './sym.ts';
import { sys } from './sys.ts';
import { task } from './task.ts';
import { vtop } from './vtop.ts';

const COMMANDS: readonly Command[] = [
  star,
  bt,
  foreachCommand(findCommand),
  helpCommand(listCommands),
  log,
  mod,
  p,
  ps,
  rd,
  set,
  struct,
  sym,
  sys,
  task,
  union,
  vtop,
];

/** All commands, by name. */
export function listCommands(): readonly Command[] {
  return COMMANDS;
}

/** By name or alias. */
export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name || command.aliases?.includes(name));
}
