import { FaultError } from '../../base/fault.ts';
import { DW_AT, DW_TAG } from './constants.ts';
import type { DieCursor } from './die-cursor.ts';
import { findLinkageName, findName } from './die-names.ts';
import type { LineTable, SourceLocation } from './line-table.ts';
import { ListBudget } from './list-window.ts';
import { RangeMap } from './range-map.ts';
import { covers, rangesOf } from './ranges.ts';
import type { DieRef, DwarfUnit } from './unit.ts';

/** A function whose code covers an address: real, or inlined into the next one of the chain. */
export interface FunctionScope {
  /** Undefined when the DWARF gives it none. */
  readonly name: string | undefined;
  readonly linkageName: string | undefined;
  readonly inlined: boolean;
  /** DW_TAG_subprogram or DW_TAG_inlined_subroutine. */
  readonly die: DieRef;
  /** The DIE itself and its lexical blocks that cover the address, outermost first. */
  readonly blocks: readonly DieRef[];
  /** Inlined: the call in the function around it; undefined parts were not told. */
  readonly call: Partial<SourceLocation> | undefined;
}

/** Inlining and blocks in blocks deeper than this are damage. */
const MAX_DEPTH = 256;
const MAX_FUNCTIONS = 1_000_000;

const BLOCK_TAGS = new Set<number>([DW_TAG.lexicalBlock, DW_TAG.tryBlock, DW_TAG.catchBlock]);
/** Hold functions in languages other than C. */
const SPACE_TAGS = new Set<number>([
  DW_TAG.namespace,
  DW_TAG.structureType,
  DW_TAG.classType,
  DW_TAG.unionType,
  DW_TAG.enumerationType,
]);
/** DW_LANG_*: C89, C, C99, C11, C17, Mips_Assembler: functions stand at the top only. */
const C_LANGUAGES = new Set([0x1, 0x2, 0xc, 0x1d, 0x2c, 0x8001]);

/** The functions of one unit by address; their inner scopes are read when asked for. */
export class UnitFunctions {
  readonly unit: DwarfUnit;
  /** Why functions are left out: the first that could not be read, a full sentence. */
  readonly problem: string | undefined;
  readonly #functions: RangeMap;

  /** @throws FaultError `corrupt` */
  constructor(unit: DwarfUnit) {
    this.unit = unit;
    const { map, problem } = readFunctions(unit);
    this.#functions = map;
    this.problem = problem;
  }

  /** Section offset of the subprogram that covers an address. */
  findSubprogram(address: number): DieRef | undefined {
    const offset = this.#functions.find(address);
    return offset === undefined ? undefined : { unit: this.unit, offset };
  }

  /**
   * The functions that cover an address: innermost inlined one first, the real one last. Empty
   * when none does.
   * @throws FaultError `corrupt`
   */
  scopesAt(address: number, lines: () => LineTable | undefined): FunctionScope[] {
    const subprogram = this.findSubprogram(address);
    if (subprogram === undefined) return [];
    const scopes: OpenScope[] = [];
    const die = this.unit.dieAt(subprogram.offset);
    scopes.push(openScope(die, undefined));
    descend(die, address, scopes, { lines, budget: new ListBudget() }, 0);
    return scopes.reverse();
  }
}

/** A scope still being filled with blocks. */
type OpenScope = Omit<FunctionScope, 'blocks'> & { readonly blocks: DieRef[] };

function openScope(die: DieCursor, call: FunctionScope['call']): OpenScope {
  return {
    name: findName(die),
    linkageName: findLinkageName(die),
    inlined: call !== undefined,
    die: die.ref,
    blocks: [die.ref],
    call,
  };
}

function descend(
  die: DieCursor,
  address: number,
  scopes: OpenScope[],
  reading: { readonly lines: () => LineTable | undefined; readonly budget: ListBudget },
  depth: number,
): void {
  if (depth > MAX_DEPTH) return;
  die.forEachChild((child) => {
    const isInlined = child.tag === DW_TAG.inlinedSubroutine;
    if (!isInlined && !BLOCK_TAGS.has(child.tag)) return true;
    const ranges = rangesOf(child, reading.budget);
    // A block without code of its own may hold one that has: GCC keeps them for their variables.
    const silent = !isInlined && ranges.length === 0 && child.hasChildren;
    if (!silent && !covers(ranges, address)) return true;
    if (isInlined) scopes.push(openScope(child, callOf(child, reading.lines)));
    else if (!silent) scopes.at(-1)!.blocks.push(child.ref);
    const before = scopes.length;
    descend(child, address, scopes, reading, depth + 1);
    return silent && scopes.length === before;
  });
}

function callOf(die: DieCursor, lines: () => LineTable | undefined): Partial<SourceLocation> {
  const file = die.unsigned(DW_AT.callFile);
  const line = die.unsigned(DW_AT.callLine);
  const column = die.unsigned(DW_AT.callColumn);
  const name = file === undefined ? undefined : lines()?.fileName(file);
  return {
    ...(name === undefined ? {} : { file: name }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

function readFunctions(unit: DwarfUnit): { map: RangeMap; problem: string | undefined } {
  const map = new RangeMap();
  const budget = new ListBudget();
  let problem: string | undefined;
  const die = unit.cursor();
  if (!die.next()) return { map, problem };
  const add = (child: DieCursor): boolean => {
    const why = addFunction(map, child, budget);
    problem ??= why;
    return map.count < MAX_FUNCTIONS;
  };
  if (C_LANGUAGES.has(unit.root.language)) {
    die.forEachChildWithCode(DW_TAG.subprogram, add);
    return { map, problem };
  }
  const visit = (child: DieCursor, depth: number): boolean => {
    if (child.tag === DW_TAG.subprogram) return add(child);
    if (depth < MAX_DEPTH && SPACE_TAGS.has(child.tag)) {
      child.forEachChild((inner) => visit(inner, depth + 1));
    }
    return true;
  };
  die.forEachChild((child) => visit(child, 0));
  return { map, problem };
}

/**
 * A function whose ranges cannot be read is left out; the others still answer.
 * @returns why it is left out
 */
function addFunction(map: RangeMap, die: DieCursor, budget: ListBudget): string | undefined {
  try {
    const ranges = rangesOf(die, budget);
    for (let i = 0; i < ranges.length; i += 2) map.add(ranges[i]!, ranges[i + 1]!, die.offset);
    return undefined;
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return `${error.message}.`;
  }
}
