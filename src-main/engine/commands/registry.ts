import { ascii } from './ascii.ts';
import { bt } from './bt.ts';
import { btop, ptob } from './btop.ts';
import type { Command } from './command.ts';
import { dis } from './dis.ts';
import { evalCommand } from './eval.ts';
import { foreachCommand } from './foreach.ts';
import { frame } from './frame.ts';
import { helpCommand } from './help.ts';
import { list } from './list.ts';
import { log } from './log.ts';
import { mod } from './mod.ts';
import { p } from './p.ts';
import { ps } from './ps.ts';
import { pte } from './pte.ts';
import { ptov } from './ptov.ts';
import { rd } from './rd.ts';
import { set } from './set.ts';
import { source } from './source.ts';
import { star, struct, union } from './struct.ts';
import { sym } from './sym.ts';
import { sys } from './sys.ts';
import { task } from './task.ts';
import { tree } from './tree.ts';
import { vtop } from './vtop.ts';
import { whatis } from './whatis.ts';

const COMMANDS: readonly Command[] = [
  star,
  ascii,
  bt,
  btop,
  dis,
  evalCommand,
  foreachCommand(findCommand),
  frame,
  helpCommand(listCommands),
  list,
  log,
  mod,
  p,
  ps,
  pte,
  ptob,
  ptov,
  rd,
  set,
  source,
  struct,
  sym,
  sys,
  task,
  tree,
  union,
  vtop,
  whatis,
];

/** All commands, by name. */
export function listCommands(): readonly Command[] {
  return COMMANDS;
}

/** By name or alias. */
export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name || command.aliases?.includes(name));
}
