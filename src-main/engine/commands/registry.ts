import type { Command } from './command.ts';
import { log } from './log.ts';
import { mod } from './mod.ts';
import { ps } from './ps.ts';
import { sys } from './sys.ts';

const COMMANDS: readonly Command[] = [log, mod, ps, sys];

/** All commands, by name. */
export function listCommands(): readonly Command[] {
  return COMMANDS;
}

export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name || command.aliases?.includes(name));
}
