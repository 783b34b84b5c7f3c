import type {
  Absent,
  FrameVariable,
  StackFrame,
  ValueNode,
  VariablePlace,
} from '../../../src-shared/contract/index.ts';
import { DWARF_REGISTERS } from '../arch/x86-64/dwarf-registers.ts';
import { virtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { FrameContext } from '../debuginfo/dwarf/frame-context.ts';
import type { FunctionScope } from '../debuginfo/dwarf/functions.ts';
import type { ValueLocation } from '../debuginfo/dwarf/location.ts';
import { readValueBytes } from '../debuginfo/dwarf/value-bytes.ts';
import { locateVariable, variablesOf, type ScopeVariable } from '../debuginfo/dwarf/variables.ts';
import type { DebugInfoPart } from '../program/debug-info.ts';
import { DETACHED, DetachedSpace } from '../program/expression/detached-space.ts';
import { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { declarationOf } from '../types/declaration.ts';
import { findSize, resolveTypedef } from '../types/layout.ts';
import type { Type } from '../types/type.ts';
import type { FrameState } from '../unwind/frame-state.ts';
import { absentOf } from './facts.ts';
import { valueNode } from './value-node.ts';

const RSP = 7;
const RIP = 16;

/** The variables of a frame, and of each function inlined into it (innermost first). */
export interface FrameVariables {
  readonly variables: readonly FrameVariable[];
  readonly inlined: readonly (readonly FrameVariable[])[];
}

/** A frame with the parameters and locals of its function and of the inlined ones. */
export function withVariables(frame: StackFrame, found: FrameVariables | undefined): StackFrame {
  if (found === undefined) return frame;
  const { inlined } = frame;
  return {
    ...frame,
    variables: found.variables,
    ...(inlined && {
      inlined: inlined.map((each, i) => ({ ...each, variables: found.inlined[i] ?? [] })),
    }),
  };
}

/**
 * Parameters and locals in scope where a frame stands, with their values.
 * @returns undefined where no debug information covers the frame
 * @throws FaultError `corrupt` when the file's DWARF is damaged there
 */
export function variablesOfFrame(program: Program, state: FrameState): FrameVariables | undefined {
  const { location, context, part } = state;
  const real = location?.scopes.at(-1);
  if (location === undefined || context === undefined || part === undefined || !real) {
    return undefined;
  }
  const all = location.scopes.map((scope) =>
    scopeVariablesOf(scope).map((variable) => {
      const place = { program, state, part, context, real };
      return frameVariable(place, variable);
    }),
  );
  return {
    variables: all.at(-1) ?? [],
    inlined: all.filter((_, i) => location.scopes[i]?.inlined),
  };
}

/** Most tasks of a machine sleep in the same places, which share their scopes. */
const scopeVariables = new WeakMap<FunctionScope, readonly ScopeVariable[]>();

function scopeVariablesOf(scope: FunctionScope): readonly ScopeVariable[] {
  let found = scopeVariables.get(scope);
  if (found === undefined) {
    const all = variablesOf(scope);
    // Stable: own before those of inner blocks.
    found = [...all.filter(isParameter), ...all.filter((each) => !isParameter(each))];
    scopeVariables.set(scope, found);
  }
  return found;
}

function isParameter({ kind }: ScopeVariable): boolean {
  return kind === 'parameter';
}

/** Where a variable is looked for. */
interface Surroundings {
  readonly program: Program;
  readonly state: FrameState;
  readonly part: DebugInfoPart;
  readonly context: FrameContext;
  /** The frame's own function. */
  readonly real: FunctionScope;
}

function frameVariable(at: Surroundings, variable: ScopeVariable): FrameVariable {
  const { program, state, part, context, real } = at;
  const used = new Set<number>();
  const watched: FrameContext = {
    ...context,
    register: (number) => {
      used.add(number);
      return context.register(number);
    },
  };
  const common = {
    kind: variable.kind,
    ...(variable.line > 0 && { line: variable.line }),
  };
  try {
    const type = program.debugInfo!.typesOf(part).types.typeOf(variable.type);
    const size = variable.type === undefined ? undefined : findSize(type);
    const location = locateVariable(variable, real.die, watched, size);
    return {
      ...common,
      node: nodeOf(program, variable.name, type, size, location, context),
      place: placeOf(location),
      how: [...savedRegisters(state, used), ...location.recovered],
    };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const value = absentOf(error.fault);
    const node: ValueNode = {
      name: variable.name,
      typeName: '',
      kind: 'void',
      offset: 0,
      size: 0,
      value,
    };
    return { ...common, node, place: { kind: 'none' }, how: [] };
  }
}

/** Registers of this frame that a function further in had saved. */
function savedRegisters(state: FrameState, used: ReadonlySet<number>): string[] {
  return [...used].flatMap((number) => {
    const register = state.registers.get(number);
    const told = number !== RSP && number !== RIP && register?.how.startsWith('saved by ');
    return told === true ? [`${register!.name} was ${register!.how}`] : [];
  });
}

function placeOf({ place, pieces, isStatic }: ValueLocation): VariablePlace {
  if (pieces !== undefined) return { kind: 'pieces' };
  switch (place.kind) {
    case 'memory':
      return { kind: 'memory', address: place.address, ...(isStatic && { isStatic }) };
    case 'register': {
      const register = DWARF_REGISTERS[place.register] ?? `register ${place.register}`;
      return { kind: 'register', register };
    }
    case 'bytes':
    case 'implicit-pointer':
      return { kind: 'computed' };
    case 'absent':
      return { kind: 'none' };
  }
}

function nodeOf(
  program: Program,
  name: string,
  type: Type,
  size: number | undefined,
  location: ValueLocation,
  { read }: FrameContext,
): ValueNode {
  const { place, pieces } = location;
  if (location.isStatic && place.kind === 'memory' && isPerCpu(program, place.address)) {
    const why = `${name} is a per-CPU variable: every CPU has one of its own`;
    return absentNode(name, type, absentOf({ kind: 'unavailable', why }));
  }
  if (pieces === undefined && place.kind === 'memory') {
    return valueNode(program, new KernelObject(program, type, virtAddr(place.address)), name);
  }
  if (pieces === undefined && place.kind === 'absent') {
    const kind = place.reason === 'optimized-out' ? 'optimized-out' : 'unavailable';
    return absentNode(name, type, absentOf({ kind, why: place.why }));
  }
  if (size === undefined) {
    const why = `the size of ${name}'s type is not known`;
    return absentNode(name, type, { absent: 'unknown-type', why });
  }
  const { bytes, missing } = readValueBytes(location, size, read);
  const [first] = missing;
  if (first?.bitOffset === 0 && first.bitSize >= bytes.length * 8) {
    return absentNode(name, type, absentOf(first.fault));
  }
  const unknown = missing.map(({ bitOffset, bitSize, fault }) => ({
    start: Math.floor(bitOffset / 8),
    end: Math.ceil((bitOffset + bitSize) / 8),
    fault,
  }));
  const space = new DetachedSpace(program.kernel, bytes, unknown);
  return valueNode(program, new KernelObject(program, type, DETACHED, space), name);
}

/**
 * What stands at the address itself is the first copy's, which the kernel frees, or nothing.
 * @source commit 9d7de2aa8b41 ("x86/percpu/64: Use relative percpu offsets"): offsets before 6.15
 */
function isPerCpu({ symbols }: Program, address: bigint): boolean {
  const start = symbols.findInKernel('__per_cpu_start')?.address;
  const end = symbols.findInKernel('__per_cpu_end')?.address;
  return start !== undefined && end !== undefined && address >= start && address < end;
}

/** A value of which nothing is known. */
function absentNode(name: string, type: Type, value: Absent): ValueNode {
  const { kind } = resolveTypedef(type);
  const shown = kind === 'typedef' || kind === 'qualified' ? 'void' : kind;
  return {
    name,
    typeName: declarationOf(type),
    kind: shown,
    offset: 0,
    size: findSize(type) ?? 0,
    value,
  };
}
