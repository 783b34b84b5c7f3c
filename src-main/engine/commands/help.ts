import { UsageError, type Command } from './command.ts';
import { tableBlock } from './table.ts';

/** @param list all commands, `help` itself among them */
export function helpCommand(list: () => readonly Command[]): Command {
  return {
    name: 'help',
    aliases: ['?'],
    summary: 'this list, or help on a command',
    usage: '[command] …',
    help: ['Without arguments all commands; with names their arguments and what they do.'],
    needs: [],
    *run(_context, args) {
      if (args.length === 0) {
        yield tableBlock(
          'help',
          [
            { id: 'name', title: 'COMMAND', kind: 'text', cell: (each) => each.name },
            { id: 'summary', title: 'SUMMARY', kind: 'text', cell: (each) => each.summary },
          ],
          list(),
        );
        return;
      }
      for (const name of args) {
        const found = list().find((each) => each.name === name || each.aliases?.includes(name));
        if (found === undefined) throw new UsageError(`${name}: no such command; help lists them`);
        yield { type: 'text', lines: helpLines(found) };
      }
    },
  };
}

export function helpLines(command: Command): string[] {
  return [
    `${command.name} - ${command.summary}`,
    '',
    `  ${command.name} ${command.usage}`.trimEnd(),
    '',
    ...command.help,
  ];
}
