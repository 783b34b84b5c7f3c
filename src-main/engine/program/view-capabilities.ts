import type { Type } from '../types/type.ts';
import type { Capability, CapabilityName } from './program.ts';

interface CapabilitySources {
  readonly symbols: { has(name: string): boolean };
  findType(name: string): Type | undefined;
}

/** What the views will find, as far as symbols and types tell; nothing is walked for it. */
export function viewCapabilities(program: CapabilitySources): Capability[] {
  const check = (
    name: CapabilityName,
    symbols: readonly string[],
    type: string | undefined,
    how: string,
  ): Capability => {
    const symbol = symbols.find((candidate) => program.symbols.has(candidate));
    if (symbol === undefined) return { name, ok: false, how: `no symbol ${symbols.join(' or ')}` };
    if (type !== undefined && program.findType(type) === undefined) {
      return { name, ok: false, how: `the type ${type} is not known` };
    }
    return { name, ok: true, how: `${how} (${symbol})` };
  };
  return [
    check('modules', ['modules'], 'struct module', 'the module list'),
    check('unwind', ['__start_orc_unwind'], undefined, 'ORC tables in memory'),
    check('tasks', ['init_task'], 'struct task_struct', 'the task list'),
    check('log', ['prb', 'log_buf'], undefined, 'the printk ring buffer'),
  ];
}
