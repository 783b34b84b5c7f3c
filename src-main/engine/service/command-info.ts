import type { CommandInfo } from '../../../src-shared/contract/index.ts';
import type { Command } from '../commands/command.ts';

/** What a window or `help` shows of a command. */
export function commandInfoOf({ name, summary, usage, help }: Command): CommandInfo {
  return { name, summary, usage, help };
}
