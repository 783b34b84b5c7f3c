import type { VirtAddr } from '../base/address.ts';
import { describeFault, valueOrFault } from '../base/fault.ts';
import type { Type } from '../types/type.ts';
import type { Capability, CapabilityName } from './program.ts';

interface CapabilitySources {
  readonly symbols: { findInKernel(name: string): { readonly address: VirtAddr } | undefined };
  readonly kernel: { readU64(address: VirtAddr): bigint };
  findType(name: string): Type | undefined;
}

/**
 * What the views will find, as far as symbols, types and the first word they begin at tell;
 * nothing is walked for it.
 */
export function viewCapabilities(program: CapabilitySources): Capability[] {
  const check = (
    name: CapabilityName,
    symbols: readonly string[],
    type: string | undefined,
    how: string,
  ): Capability => {
    const symbol = symbols.find((candidate) => program.symbols.findInKernel(candidate));
    const found = symbol === undefined ? undefined : program.symbols.findInKernel(symbol);
    if (found === undefined) return { name, ok: false, how: `no symbol ${symbols.join(' or ')}` };
    if (type !== undefined && program.findType(type) === undefined) {
      return { name, ok: false, how: `the type ${type} is not known` };
    }
    const first = valueOrFault(() => program.kernel.readU64(found.address));
    if ('fault' in first) {
      return { name, ok: false, how: `${symbol} cannot be read: ${describeFault(first.fault)}` };
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
