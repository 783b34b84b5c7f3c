import type { VirtAddr } from '../base/address.ts';
import { isPerCpuSymbol } from '../kernel/percpu-symbol.ts';
import { UsageError } from './command.ts';
import type { CommandContext } from './context.ts';
import { expressionAddress } from './expression.ts';
import { addressArgument, cpuList, findAddressArgument } from './numbers.ts';

/** An address that was asked for, and of which CPU it is where it is one of a per-CPU variable. */
export interface CpuAddress {
  readonly address: VirtAddr;
  readonly cpu?: number;
}

/**
 * Reads `address`, `symbol`, `symbol+offset`, a C expression (what a pointer points to, where
 * everything else lies), or one of these with `:cpus` behind it, which makes it a per-CPU variable of
 * these CPUs.
 * @throws UsageError; also for a per-CPU symbol without CPUs, whose value is no address of any CPU
 */
export function cpuAddresses(context: CommandContext, whole: string): readonly CpuAddress[] {
  const { program } = context;
  const { text, cpus } = splitCpus(context, whole);
  if (isExpression(context, text)) {
    const of = cpus ?? [undefined];
    return of.map((cpu) => {
      const address = expressionAddress(context, text, cpu === undefined ? {} : { cpu });
      return cpu === undefined ? { address } : { address, cpu };
    });
  }
  const { address: base, symbol } = addressArgument(program, text);
  if (cpus !== undefined) {
    return cpus.map((cpu) => ({ address: program.perCpuAddress(base, cpu), cpu }));
  }
  if (symbol !== undefined && isPerCpuSymbol(program, symbol)) {
    const { name } = symbol;
    throw new UsageError(
      `${name} is a per-CPU variable: say of which CPUs, as in ${name}:0 or ${name}:a`,
    );
  }
  return [{ address: base }];
}

/** More than a name or number, which crash would look up. */
function isExpression({ program }: CommandContext, text: string): boolean {
  return /[^\w+-]/.test(text) && findAddressArgument(program, text) === undefined;
}

/** `expression:cpus`; a colon behind `?` belongs to C. */
export function splitCpus(
  { program, session }: CommandContext,
  whole: string,
): { text: string; cpus?: readonly number[] } {
  const match = /^([^?]*[\w\])])\s*:\s*(a|all|[0-9][0-9,-]*|)$/.exec(whole);
  if (match === null) return { text: whole };
  const current = session.currentTask(program)?.cpu ?? 0;
  return { text: match[1]!, cpus: cpuList(match[2]!, program.cpus.possible, current) };
}
