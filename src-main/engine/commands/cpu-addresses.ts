import type { VirtAddr } from '../base/address.ts';
import { isPerCpuSymbol } from '../kernel/percpu-symbol.ts';
import { UsageError } from './command.ts';
import type { CommandContext } from './context.ts';
import { addressArgument, cpuList } from './numbers.ts';

/** An address that was asked for, and of which CPU it is where it is one of a per-CPU variable. */
export interface CpuAddress {
  readonly address: VirtAddr;
  readonly cpu?: number;
}

/**
 * Reads `address`, `symbol`, `symbol+offset`, or one of these with `:cpus` behind it, which makes it a
 * per-CPU variable of these CPUs.
 * @throws UsageError; also for a per-CPU symbol without CPUs, whose value is no address of any CPU
 */
export function cpuAddresses(context: CommandContext, text: string): readonly CpuAddress[] {
  const { program, session } = context;
  const perCpu = /^(.+?):(.*)$/.exec(text);
  if (perCpu === null) {
    const { address, symbol } = addressArgument(program, text);
    if (symbol !== undefined && isPerCpuSymbol(program, symbol)) {
      const { name } = symbol;
      throw new UsageError(
        `${name} is a per-CPU variable: say of which CPUs, as in ${name}:0 or ${name}:a`,
      );
    }
    return [{ address }];
  }
  const base = addressArgument(program, perCpu[1]!).address;
  const current = session.currentTask(program)?.cpu ?? 0;
  return cpuList(perCpu[2]!, program.cpus.possible, current).map((cpu) => ({
    address: program.perCpuAddress(base, cpu),
    cpu,
  }));
}
