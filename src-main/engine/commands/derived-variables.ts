import type { Absent, FrameVariable, StackFrame } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import { DETACHED, DetachedSpace } from '../program/expression/detached-space.ts';
import { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import type { FoundSymbol } from '../program/symbols.ts';
import { declarationOf } from '../types/declaration.ts';
import { findSize, resolveTypedef } from '../types/layout.ts';
import type { FunctionType, Type } from '../types/type.ts';
import { ARGUMENT_REGISTERS, type DerivedArguments } from '../unwind/derived-arguments.ts';
import type { FrameState } from '../unwind/frame-state.ts';
import { valueNode } from './value-node.ts';

/**
 * Parameters of a frame's function where no debug information covers it: names and types by its
 * prototype (BTF), values at the function's entry by machine code, where they are certain.
 * @returns undefined where the prototype is not known for certain
 */
export function derivedVariables(
  program: Program,
  found: DerivedArguments,
  state: FrameState,
): FrameVariable[] | undefined {
  const { frame } = state;
  if (!frame.exact) return undefined;
  const symbol = symbolOf(program, frame);
  const prototype = symbol && prototypeOf(program, symbol);
  if (symbol === undefined || prototype === undefined) return undefined;
  const byClang = compilerOf(program) !== 'gcc';
  // Clang drops arguments that local functions do not use, and does not set others'.
  const local = byClang && symbol.letter === symbol.letter.toLowerCase();
  let why = local ? 'its calling convention may be another one' : undefined;
  return prototype.parameters.map(({ name, type }, i) => {
    const size = sizeInRegister(type);
    const register = ARGUMENT_REGISTERS[i];
    if (register === undefined) why ??= 'it was passed on the stack';
    // What comes behind it may lie anywhere.
    if (size === undefined) why ??= 'its place among the arguments is not followed';
    if (why !== undefined || register === undefined || size === undefined) {
      return parameter(name, type, { absent: 'unknown', why: why ?? '' });
    }
    const told = found.find(frame.index, register, size * 8, !byClang);
    if (typeof told === 'string') return parameter(name, type, { absent: 'unknown', why: told });
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, told.value), true);
    const space = new DetachedSpace(program.kernel, bytes.subarray(0, size));
    const object = new KernelObject(program, type, DETACHED, space);
    return {
      kind: 'parameter',
      node: valueNode(program, object, name),
      place: { kind: 'computed' },
      how: [told.how],
      derived: true,
    };
  });
}

function parameter(name: string, type: Type, value: Absent): FrameVariable {
  const resolved = tryRead(() => resolveTypedef(type))?.kind ?? 'void';
  const kind = resolved === 'typedef' || resolved === 'qualified' ? 'void' : resolved;
  const size = tryRead(() => findSize(type)) ?? 0;
  const node = { name, typeName: declarationOf(type), kind, offset: 0, size, value };
  return { kind: 'parameter', node, place: { kind: 'none' }, how: [], derived: true };
}

/** Bytes of an argument that is passed in one general register; undefined for any other. */
function sizeInRegister(type: Type): number | undefined {
  const size = tryRead(() => findSize(type));
  const kind = tryRead(() => resolveTypedef(type))?.kind;
  const scalar = kind === 'int' || kind === 'enum' || kind === 'pointer';
  if (size === undefined || !(scalar || kind === 'struct' || kind === 'union')) return undefined;
  return size > 0 && size <= 8 ? size : undefined;
}

function symbolOf(program: Program, frame: StackFrame): FoundSymbol | undefined {
  const at = frame.interrupted ? frame.pc : frame.pc - 1n;
  return program.symbols.at(virtAddr(at))?.symbol;
}

/** The prototype of the only function of its name, where no other one has the same code. */
function prototypeOf(program: Program, symbol: FoundSymbol): FunctionType | undefined {
  const { name, address, module } = symbol;
  // `.isra`, `.constprop`, `.part`, `.cold`: not the source's function.
  if (name.includes('.') || program.symbols.findAll(name).length !== 1) return undefined;
  const prototype = tryRead(() => program.findFunctionType(symbol));
  if (prototype === undefined) return undefined;
  const result = tryRead(() => resolveTypedef(prototype.result));
  const resultSize = tryRead(() => findSize(prototype.result)) ?? 0;
  // Its place would be the first argument.
  if (result === undefined || resultSize > 8) return undefined;
  const table =
    module === undefined
      ? program.symbols.kernelTable
      : program
          .modules()
          .find((each) => each.name === module)
          ?.table();
  const text = declarationOf(prototype);
  for (const alias of table?.aliasesAt(virtAddr(address)) ?? []) {
    if (alias.name === name) continue;
    const other = tryRead(() => program.types.findFunctionType(alias.name));
    if (other !== undefined && declarationOf(other) !== text) return undefined;
  }
  return prototype;
}

const compilers = new WeakMap<Program, 'gcc' | 'other'>();

/** What the kernel's banner says it was built with. */
function compilerOf(program: Program): 'gcc' | 'other' {
  let compiler = compilers.get(program);
  if (compiler === undefined) {
    const banner = program.symbols.findInKernel('linux_banner');
    const text = banner && tryRead(() => program.kernel.readCString(banner.address, 512));
    compiler =
      text !== undefined && /\bgcc\b/.test(text) && !/\bclang\b/.test(text) ? 'gcc' : 'other';
    compilers.set(program, compiler);
  }
  return compiler;
}
