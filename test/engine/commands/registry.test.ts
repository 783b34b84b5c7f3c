import { describe, expect, it } from 'vitest';
import { CancelledError, UsageError } from '../../../src-main/engine/commands/command.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand, listCommands } from '../../../src-main/engine/commands/registry.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';
import { drawTasks } from '../../support/kernel/draw-tasks.ts';

const context = () => createContext(new DrawnMachine('').program());

describe('every command', () => {
  it.each(listCommands().map((command) => [command.name, command] as const))(
    '%s explains itself',
    (name, command) => {
      expect(command.summary).toMatch(/^[^A-Z].*[^.]$/);
      expect(command.help.join(' ').length).toBeGreaterThan(40);
      expect(command.help.every((line) => line.length <= 110)).toBe(true);
      expect(findCommand(name)).toBe(command);
    },
  );

  it.each(
    listCommands()
      .filter(({ name }) => name !== 'help')
      .map((command) => [command.name, command] as const),
  )('%s refuses an option that it does not have', (_name, command) => {
    expect(() => [...command.run(context(), ['-Z'])]).toThrow(UsageError);
  });

  it('has its own help', () => {
    for (const { name } of listCommands()) {
      const [block] = findCommand('help')!.run(context(), [name]);
      expect(block).toMatchObject({ type: 'text' });
    }
  });
});

describe('help', () => {
  it('lists the commands', () => {
    const [block] = findCommand('help')!.run(context(), []);
    expect(block).toMatchObject({ type: 'table', table: { rowCount: listCommands().length } });
  });

  it('does not know what is not there', () => {
    expect(() => [...findCommand('help')!.run(context(), ['frobnicate'])]).toThrow(
      'no such command',
    );
  });
});

describe('a long command', () => {
  it('ends when nobody waits any more', () => {
    const program = drawTasks([{ pid: 1, comm: 'init' }], [0]).program();
    const run = findCommand('task')!.run(createContext(program, { cancelled: () => true }), ['1']);
    expect(() => [...run]).toThrow(CancelledError);
  });
});
