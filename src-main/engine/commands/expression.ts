import { hex, type VirtAddr } from '../base/address.ts';
import { isFunctionSymbol } from '../kernel/function-symbol.ts';
import { KNOWN_GLOBAL, knownGlobalType } from '../kernel/known-globals.ts';
import { isPerCpuSymbol } from '../kernel/percpu-symbol.ts';
import { findUserSpace } from '../kernel/task-user.ts';
import type { AddressSpace } from '../program/address-space.ts';
import { evaluateExpression, untypedText } from '../program/expression/evaluate.ts';
import { ExpressionError } from '../program/expression/expression-error.ts';
import type { ExpressionScope } from '../program/expression/scope.ts';
import { UnreadableSpace } from '../program/expression/unreadable-space.ts';
import { addressOf, type Value } from '../program/expression/value.ts';
import { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { findStaticLocal } from '../program/static-locals.ts';
import type { FoundSymbol } from '../program/symbols.ts';
import type { Enumerator, Type } from '../types/type.ts';
import { UsageError } from './command.ts';
import { requireCurrentTask, type CommandContext } from './context.ts';
import { findAddressArgument, type AddressArgument } from './numbers.ts';

export interface ExpressionOptions {
  /** Which CPU's copy per-CPU variables mean; without it only their address can be used. */
  readonly cpu?: number;
  /** Pointers lead into the current task's memory. */
  readonly user?: boolean;
}

export interface Evaluated {
  readonly value: Value;
  /** A per-CPU variable was named. */
  readonly usesPerCpu: boolean;
  /** What the reader must know, full sentences. */
  readonly warnings: readonly string[];
}

const ORIGIN = 'symbols';
/** gdb's names for what only a symbol tells of. */
const NO_TYPE: Type = {
  kind: 'typedef',
  origin: ORIGIN,
  name: '<data variable, no debug info>',
  target: { kind: 'void', origin: ORIGIN },
};
const NO_PROTOTYPE: Type = {
  kind: 'typedef',
  origin: ORIGIN,
  name: '<text variable, no debug info>',
  target: {
    kind: 'function',
    origin: ORIGIN,
    result: { kind: 'void', origin: ORIGIN },
    parameters: [],
    variadic: true,
  },
};

/**
 * Evaluates a C expression over the dump.
 * @throws UsageError with the expression and a mark under the place; FaultError for missing memory
 */
export function evaluate(
  context: CommandContext,
  text: string,
  options: ExpressionOptions = {},
): Evaluated {
  const scope = new ProgramScope(context, options);
  return guarded(text, () => {
    const value = evaluateExpression(scope, text);
    return { value, usesPerCpu: scope.usesPerCpu, warnings: scope.warnings };
  });
}

/** Runs `run`; an ExpressionError becomes a UsageError that points into the text. */
export function guarded<T>(text: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const mark = ' '.repeat(Math.max(0, Math.min(error.column, text.length + 1) - 1));
    const shown = text.length > 200 ? '' : `\n${text}\n${mark}^`;
    throw new UsageError(`${error.message} (column ${error.column})${shown}`);
  }
}

/** A value that can be shown. @throws UsageError when nobody knows its type */
export function requireTyped(text: string, value: Value): KernelObject {
  if (value.untyped === undefined) return value.object;
  throw new UsageError(`${text}: ${untypedText(value.untyped)}`);
}

/**
 * What {@link addressArgument} reads, or an expression: a pointer's value, the address of everything
 * else (`init_task.children`). @throws UsageError; FaultError for missing memory
 */
export function addressExpression(context: CommandContext, text: string): AddressArgument {
  const found = findAddressArgument(context.program, text);
  if (found !== undefined) return found;
  return { address: expressionAddress(context, text), symbol: undefined };
}

/** Where an expression leads: a pointer's value, the address of everything else. @throws UsageError */
export function expressionAddress(
  context: CommandContext,
  text: string,
  options: ExpressionOptions = {},
): VirtAddr {
  const { value } = evaluate(context, text, options);
  return guarded(text, () => addressOf(value));
}

class ProgramScope implements ExpressionScope {
  readonly context: Program;
  readonly space: AddressSpace;
  usesPerCpu = false;
  readonly warnings: string[] = [];
  readonly #program: Program;
  readonly #values: readonly Value[];
  readonly #cpu: number | undefined;

  constructor(context: CommandContext, { cpu, user = false }: ExpressionOptions) {
    this.context = context.program;
    this.#program = context.program;
    this.#values = context.session.values;
    this.#cpu = cpu;
    this.space = user ? userSpaceOf(context) : context.program.kernel;
  }

  findType(name: string): Type | undefined {
    return this.#program.findShownType(name);
  }

  findVariable(name: string): Value | undefined {
    const { symbols } = this.#program;
    const symbol = symbols.find(name);
    if (symbol === undefined) return undefined;
    this.#warnOfOthers(symbol);
    if (isPerCpuSymbol(this.#program, symbol)) return this.#perCpuVariable(symbol);
    if (!isFunctionSymbol(this.#program, symbol)) return this.#variable(symbol, symbol.address);
    const type = this.#program.findFunctionType(symbol) ?? NO_PROTOTYPE;
    return { object: this.#program.object(type, symbol.address), isLvalue: true };
  }

  /** Static variables of several files may have one name; a symbol does not tell of which file. */
  #warnOfOthers({ name, address, module }: FoundSymbol): void {
    if (module !== undefined) return;
    const all = this.#program.symbols.kernelTable?.findSymbols(name) ?? [];
    const others = [...all].filter((each) => each.address !== address);
    if (others.length === 0) return;
    const text = `${name} is the name of ${others.length + 1} symbols; this is the one at ${hex(address)}, not ${others.map((each) => hex(each.address)).join(', ')}.`;
    if (!this.warnings.includes(text)) this.warnings.push(text);
  }

  #variable(symbol: FoundSymbol, address: VirtAddr): Value {
    const told = this.#program.findVariableType(symbol);
    const type = told ?? knownGlobalType(this.#program, symbol);
    const object = this.#program.object(type ?? NO_TYPE, address);
    if (type === undefined) return { object, isLvalue: true, untyped: symbol.name };
    const value = { object, isLvalue: true };
    return told === undefined ? { ...value, origin: KNOWN_GLOBAL } : value;
  }

  #perCpuVariable(symbol: FoundSymbol): Value {
    this.usesPerCpu = true;
    const { name, address } = symbol;
    if (this.#cpu !== undefined) {
      return this.#variable(symbol, this.#program.perCpuAddress(address, this.#cpu));
    }
    const value = this.#variable(symbol, address);
    const space = new UnreadableSpace(
      'per-CPU section',
      () => new ExpressionError(`${name} is per-CPU: say which CPU, e.g. ${name}:0`, 1),
    );
    const object = new KernelObject(this.#program, value.object.type, address, space);
    return { ...value, object, perCpu: name };
  }

  findStaticLocal(functionName: string, name: string): Value | undefined {
    const { debugInfo, symbols } = this.#program;
    if (debugInfo === undefined) return undefined;
    const functions = symbols
      .findAll(functionName)
      .filter((symbol) => isFunctionSymbol(this.#program, symbol));
    const found = findStaticLocal(debugInfo, functions, functionName, name);
    if (found === undefined) return undefined;
    return { object: this.#program.object(found.type, found.address), isLvalue: true };
  }

  findEnumerator(name: string): Enumerator | undefined {
    return this.#program.types.findEnumerator(name);
  }

  /** As gdb counts: `$` the last, `$$` the one before, `$$n` n before the last, `$n` by number. */
  findHistory(name: string): Value | undefined {
    const match = /^\$(\$?)([0-9]*)$/.exec(name);
    if (match === null) return undefined;
    const [, relative, digits] = match;
    const count = this.#values.length;
    if (relative === '') return this.#values[digits === '' ? count - 1 : Number(digits) - 1];
    return this.#values[count - 1 - (digits === '' ? 1 : Number(digits))];
  }

  perCpuAddress(variable: VirtAddr, cpu: number): VirtAddr {
    const { possible } = this.#program.cpus;
    if (!possible.includes(cpu)) {
      throw new RangeError(`CPU ${cpu} does not exist (there are ${possible.length})`);
    }
    return this.#program.perCpuAddress(variable, cpu);
  }

  namesLike(name: string): readonly string[] {
    if (!/^[\w.]{3,}$/.test(name)) return [];
    const found: string[] = [];
    for (const symbol of this.#program.symbols.iterate({ substring: name })) {
      found.push(symbol.name);
      if (found.length >= 5) break;
    }
    return found;
  }
}

function userSpaceOf(context: CommandContext): AddressSpace {
  const task = requireCurrentTask(context);
  const space = findUserSpace(context.program, task);
  if (space !== undefined) return space;
  throw new UsageError(`PID ${task.pid} (${task.command}) has no user memory`);
}
