import type { SymbolRef } from '../../../src-shared/contract/block.ts';
import { virtAddr, type VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import { memoized } from '../base/memo.ts';
import { PTE_NX } from '../arch/x86-64/paging.ts';
import type { CfiRow } from '../debuginfo/dwarf/cfi-row.ts';
import type { OrcEntry } from '../debuginfo/orc.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import type { StackRange, UnwindEnvironment } from './environment.ts';
import { findFtraceTrampoline } from './ftrace-trampoline.ts';
import { replacedReturns } from './replaced-return.ts';
import { cpuStacksOf, type CpuStacks } from './stacks.ts';

/** Kernel code, by the symbols at its ends. */
const TEXT_SECTIONS = [
  ['_stext', '_etext'],
  ['_sinittext', '_einittext'],
] as const;
/** Module regions that hold code; before 6.4 one region holds everything. */
const CODE_REGIONS = new Set(['text', 'init-text', 'core']);

/** What does not depend on the task, kept per program: most tasks sleep in the same places. */
class CodeMap {
  readonly hasOrc: boolean;
  readonly spIndirect: UnwindEnvironment['spIndirect'];
  readonly #program: Program;
  readonly #text: readonly (readonly [bigint, bigint])[];
  readonly #isText = new Map<bigint, boolean>();
  readonly #orc = new Map<bigint, OrcEntry | undefined>();
  readonly #symbols = new Map<bigint, SymbolRef | undefined>();
  readonly #cpuStacks = new Map<number, CpuStacks>();

  constructor(program: Program) {
    this.#program = program;
    const { symbols } = program;
    this.#text = TEXT_SECTIONS.flatMap(([from, to]) => {
      const start = symbols.findInKernel(from)?.address;
      const end = symbols.findInKernel(to)?.address;
      return start === undefined || end === undefined ? [] : [[start, end] as const];
    });
    const probe = this.#text[0]?.[0];
    const table = probe === undefined ? undefined : tryRead(() => program.orcAt(virtAddr(probe)));
    this.hasOrc = table !== undefined && table.count > 0;
    // asm_call_on_stack (5.8-5.11) went with the change of the format's meaning, in one series.
    const old = ['asm_call_on_stack', 'asm_call_irq_on_stack', 'asm_call_sysvec_on_stack'];
    this.spIndirect = old.some((name) => symbols.findInKernel(name) !== undefined)
      ? 'add-then-load'
      : 'load-then-add';
  }

  isText(pc: VirtAddr): boolean {
    let isText = this.#isText.get(pc);
    if (isText === undefined) {
      isText = this.#inKernel(pc) || this.#inModule(pc);
      this.#isText.set(pc, isText);
    }
    return isText;
  }

  /** @throws FaultError */
  orcAt(pc: VirtAddr): OrcEntry | undefined {
    if (this.#orc.has(pc)) return this.#orc.get(pc);
    const entry = this.#findOrc(pc);
    this.#orc.set(pc, entry);
    return entry;
  }

  symbolAt(pc: VirtAddr): SymbolRef | undefined {
    if (this.#symbols.has(pc)) return this.#symbols.get(pc);
    const hit = this.isText(pc) ? this.#program.symbols.at(pc) : undefined;
    const symbol = hit && {
      name: hit.symbol.name,
      offset: hit.offset,
      size: hit.symbol.size,
      ...(hit.symbol.module !== undefined && { module: hit.symbol.module }),
    };
    this.#symbols.set(pc, symbol);
    return symbol;
  }

  cpuStacks(cpu: number): CpuStacks {
    let stacks = this.#cpuStacks.get(cpu);
    if (stacks === undefined) {
      stacks = cpuStacksOf(this.#program, cpu);
      this.#cpuStacks.set(cpu, stacks);
    }
    return stacks;
  }

  #inKernel(pc: bigint): boolean {
    return this.#text.some(([start, end]) => pc >= start && pc < end);
  }

  #inModule(pc: bigint): boolean {
    for (const module of this.#program.modules()) {
      for (const { kind, start, end } of module.regions) {
        if (pc >= start && pc < end) return CODE_REGIONS.has(kind);
      }
    }
    return false;
  }

  #findOrc(pc: VirtAddr): OrcEntry | undefined {
    if (this.isText(pc)) return this.#program.orcAt(pc)?.find(pc);
    const copied = tryRead(() => findFtraceTrampoline(this.#program, pc));
    return copied && this.#program.orcAt(copied)?.find(copied);
  }
}

const codeMapOf = memoized((program: Program) => new CodeMap(program));

/**
 * What the unwinder needs for one task of a program.
 * @param stacks the task's own stack, where it is known
 * @param cpu for a task that was running: its CPU, whose stacks it may be on too
 */
export function environmentOf(
  program: Program,
  task: KernelObject | undefined,
  stacks: readonly StackRange[],
  cpu: number | undefined,
): UnwindEnvironment {
  return new ProgramEnvironment(program, task, stacks, cpu);
}

class ProgramEnvironment implements UnwindEnvironment {
  readonly stacks: readonly StackRange[];
  readonly stacksComplete: boolean;
  readonly hasOrc: boolean;
  readonly spIndirect: UnwindEnvironment['spIndirect'];
  readonly replacedReturn: UnwindEnvironment['replacedReturn'];
  readonly #program: Program;
  readonly #map: CodeMap;

  constructor(
    program: Program,
    task: KernelObject | undefined,
    stacks: readonly StackRange[],
    cpu: number | undefined,
  ) {
    const map = codeMapOf(program);
    const cpuStacks = cpu === undefined ? undefined : map.cpuStacks(cpu);
    this.stacks = stacks.length === 0 ? [] : [...stacks, ...(cpuStacks?.ranges ?? [])];
    this.stacksComplete = cpuStacks?.complete ?? true;
    this.hasOrc = map.hasOrc;
    this.spIndirect = map.spIndirect;
    this.replacedReturn = replacedReturns(program, task);
    this.#program = program;
    this.#map = map;
  }

  readU64(address: VirtAddr): bigint {
    return this.#program.kernel.readU64(address);
  }

  read(address: VirtAddr, length: number): Uint8Array {
    return this.#program.kernel.read(address, length);
  }

  orcAt(pc: VirtAddr): OrcEntry | undefined {
    return this.#map.orcAt(pc);
  }

  cfiAt(pc: VirtAddr): CfiRow | undefined {
    return cfiAt(this.#program, pc);
  }

  isText(pc: VirtAddr): boolean {
    return this.#map.isText(pc);
  }

  isExecutable(pc: VirtAddr): boolean {
    return isExecutable(this.#program, pc);
  }

  symbolAt(pc: VirtAddr): SymbolRef | undefined {
    return this.#map.symbolAt(pc);
  }
}

/** Indexes the call frame information of its file when first asked. @throws FaultError `corrupt` */
function cfiAt({ debugInfo }: Program, pc: VirtAddr): CfiRow | undefined {
  const part = debugInfo?.partAt(pc);
  return part && debugInfo?.cfiOf(part).find(pc - part.slide);
}

/** A kernel page that is mapped and not NX at any level. */
function isExecutable(program: Program, pc: VirtAddr): boolean {
  if (pc < 1n << 63n) return false;
  const walk = program.kernel.walk(pc);
  return (
    walk.end.kind === 'mapped' &&
    walk.steps.every(({ entry }) => entry !== undefined && (entry & PTE_NX) === 0n)
  );
}
