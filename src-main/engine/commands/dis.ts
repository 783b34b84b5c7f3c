import type { Block, CodeInstruction, SymbolRef } from '../../../src-shared/contract/index.ts';
import type { Disassembler } from '../arch/disassembler.ts';
import { addVirt, hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { findUserSpace } from '../kernel/task-user.ts';
import type { AddressSpace } from '../program/address-space.ts';
import type { Program } from '../program/program.ts';
import { codeOf, LONGEST_INSTRUCTION, withoutPadding } from './code.ts';
import { UsageError, type Command } from './command.ts';
import { info, requireCurrentTask, warning, type CommandContext } from './context.ts';
import { addressExpression } from './expression.ts';
import { requireCount } from './numbers.ts';
import { parseOptions, type Options } from './options.ts';
import { checkNotices, excerptsOf, linePointOf, listSource, NO_LINES } from './source-listing.ts';

/** More code than any function has. */
const MAX_BYTES = 1 << 20;
const MAX_COUNT = 50_000;
/** Behind a ud2; kernels that put the place of a BUG there took ten. */
const MAX_SKIPPED = 64;

export const dis: Command = {
  name: 'dis',
  summary: 'machine code as assembly',
  usage: '[-r | -f] [-u] [-x | -d] [-l] [-s] [-b bytes] address | symbol | (expression) [count]',
  help: [
    'Disassembles from a text address: one instruction, or count; of the start of a function all of it,',
    'without the padding behind it. The bytes are those of the dump, with what the running kernel',
    'patched into itself: alternatives, static calls, jump labels, tracing. Targets of calls and jumps',
    'and data addressed relative to rip are named.',
    '',
    '  -r      from the start of the function up to the address; with count the last of these',
    '  -f      from the address to the end of the function',
    '  -u      a user address of the current task',
    '  -x, -d  offsets in hexadecimal, in decimal',
    '  -l      with source lines (needs debug information)',
    '  -s      source text instead: five lines before the one of the address, then to the end of the',
    '          function, or count lines after it (needs debug information, and source text given at open)',
    '  -b n    leaves out n bytes behind each ud2, data of the BUG that it stands for',
    '  -l -s   both: assembly with the text of the lines it was compiled from',
  ],
  needs: ['memory'],
  uses: ['disassembler'],
  *run(context, args) {
    if (args.join(' ') === '-b') {
      yield { type: 'text', lines: ['encoded bytes being skipped after ud2a: 0'] };
      return;
    }
    const options = parseOptions(args, 'rfluxdsb:');
    const direction = options.atMostOne('rf');
    const [where, countText, ...rest] = options.operands;
    if (where === undefined || rest.length > 0) {
      throw new UsageError('an address, symbol or expression, and a count');
    }
    const count = countText === undefined ? undefined : requireCount(countText, 'the count');
    if (count !== undefined && (count < 1 || count > MAX_COUNT)) {
      throw new UsageError(`invalid count: ${countText}`);
    }
    const skipped = options.value('b');
    if (skipped !== undefined && requireCount(skipped, 'the bytes to skip') > MAX_SKIPPED) {
      throw new UsageError(`at most ${MAX_SKIPPED} bytes can be left out`);
    }
    const { disassembler } = context;
    if (disassembler === undefined) throw new UsageError('no disassembler is at hand');
    if (options.has('s') && options.has('u')) throw new UsageError('-s is for kernel code');
    const textOnly = options.has('s') && !options.has('l');
    if (textOnly && direction !== undefined) {
      throw new UsageError(`-${direction} and -s are mutually exclusive`);
    }
    refuseAmbiguous(context.program, where);
    const { address } = addressExpression(context, where);
    if (textOnly) {
      yield* listSource(context, where, linePointOf(context.program, address, where), count);
      return;
    }
    const code = new Code(context, options, disassembler);
    if (options.has('l') && context.program.debugInfo === undefined) yield info(`${NO_LINES}.`);
    yield* code.blocks(address, direction, count);
  },
};

/** Static functions of several files may have one name: which is meant cannot be guessed. */
function refuseAmbiguous({ symbols }: Program, name: string): void {
  if (!/^[A-Za-z_]/.test(name) || symbols.findInKernel(name) === undefined) return;
  const all = [...(symbols.kernelTable?.findSymbols(name) ?? [])];
  if (new Set(all.map(({ address }) => address)).size < 2) return;
  const lines = all.map(({ address, type }) => `${address.toString(16)} (${type}) ${name}`);
  throw new UsageError(
    `${name}: duplicate text symbols found, give an address:\n${lines.join('\n')}`,
  );
}

class Code {
  readonly #program: Program;
  readonly #space: AddressSpace;
  readonly #isUser: boolean;
  readonly #radix: 10 | 16;
  readonly #lines: boolean;
  /** With the text of the lines. */
  readonly #text: boolean;
  readonly #context: CommandContext;
  readonly #disassembler: Disassembler;
  /** Bytes left out behind a ud2. */
  readonly #skipped: number;

  constructor(context: CommandContext, options: Options, disassembler: Disassembler) {
    this.#context = context;
    this.#program = context.program;
    this.#isUser = options.has('u');
    this.#space = this.#isUser ? userSpace(context) : context.program.kernel;
    this.#radix = options.atMostOne('xd') === 'x' ? 16 : 10;
    this.#lines = options.has('l') && !this.#isUser;
    this.#text = this.#lines && options.has('s') && context.program.debugInfo !== undefined;
    this.#disassembler = disassembler;
    this.#skipped = Number(options.value('b') ?? 0);
  }

  *blocks(
    address: VirtAddr,
    direction: string | undefined,
    count: number | undefined,
  ): Generator<Block> {
    const symbol = this.#isUser ? undefined : this.#program.symbols.at(address);
    if (symbol === undefined && !this.#isUser) {
      yield warning(`${hex(address)}: no associated kernel symbol found.`);
    }
    const wholeFunction = count === undefined && symbol?.offset === 0 && !this.#isUser;
    const needsFunction = direction === 'r' || (direction === 'f' && count === undefined);
    if (!wholeFunction && !needsFunction) {
      yield* this.#show(this.#read(address, (count ?? 1) * LONGEST_INSTRUCTION, count ?? 1));
      return;
    }
    if (symbol === undefined)
      throw new UsageError('-r and -f need the address of a kernel function');
    const start = addVirt(address, -symbol.offset);
    const size = Math.min(symbol.symbol.size, MAX_BYTES);
    if (size <= symbol.offset) {
      throw new UsageError(`the end of ${symbol.symbol.name} is not known: give a count`);
    }
    const whole = this.#read(start, size, MAX_COUNT);
    const { instructions } = whole;
    if (direction !== undefined && !instructions.some((each) => each.address === address)) {
      yield warning(`${hex(address)} is not at the start of an instruction.`);
    }
    if (direction === 'r') {
      const end = instructions.findIndex((each) => each.address >= address);
      const upTo = end < 0 ? instructions : instructions.slice(0, end + 1);
      const last = count === undefined ? upTo : upTo.slice(-count);
      yield* this.#show({ ...whole, instructions: last });
      return;
    }
    const from = instructions.filter((each) => each.address >= address);
    yield* this.#show({ ...whole, instructions: withoutPadding(from) });
  }

  *#show({ instructions, problem }: Listing): Generator<Block> {
    if (instructions.length > 0) {
      const shown = this.#lines ? withLines(this.#program, instructions) : instructions;
      const code = { type: 'code', instructions: shown, radix: this.#radix } as const;
      if (!this.#text) yield code;
      else {
        const { excerpts, files, missing } = excerptsOf(this.#context, shown);
        yield* checkNotices(files);
        yield excerpts.length > 0 ? { ...code, sources: excerpts } : code;
        for (const why of missing) yield warning(`source code is not available: ${why}`);
      }
    }
    if (problem !== undefined) yield warning(`${problem}.`);
  }

  /** Up to `length` bytes; ends before memory that is missing. @throws FaultError for the first byte */
  #read(address: VirtAddr, length: number, count: number): Listing {
    const { bytes, problem } = readable(this.#space, address, Math.min(length, MAX_BYTES));
    const name = (at: VirtAddr) => (this.#isUser ? undefined : symbolRef(this.#program, at));
    const instructions = codeOf(this.#disassembler, bytes, address, count, name, this.#skipped);
    const end = instructions.at(-1);
    // What is missing matters only when the listing came to it.
    const reached =
      end !== undefined &&
      Number(end.address - address) + end.bytes.length >= bytes.length - LONGEST_INSTRUCTION;
    return { instructions, problem: reached && instructions.length < count ? problem : undefined };
  }
}

/** With the row of the line table each instruction came from: inlined code keeps its own lines. */
function withLines(
  { debugInfo }: Program,
  instructions: readonly CodeInstruction[],
): readonly CodeInstruction[] {
  return instructions.map((instruction) => {
    const line = debugInfo?.findLocation(virtAddr(instruction.address), false)?.line;
    if (line === undefined) return instruction;
    return { ...instruction, source: { file: line.file, line: line.line } };
  });
}

interface Listing {
  readonly instructions: readonly CodeInstruction[];
  readonly problem: string | undefined;
}

const PAGE = 4096;

/** Page by page, up to the first that is missing. */
function readable(
  space: AddressSpace,
  address: VirtAddr,
  length: number,
): { bytes: Uint8Array; problem: string | undefined } {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const at = addVirt(address, done);
    const chunk = Math.min(PAGE - Number(at & 0xfffn), length - done);
    try {
      space.readInto(at, bytes, done, chunk);
    } catch (error) {
      if (!(error instanceof FaultError) || done === 0) throw error;
      return { bytes: bytes.subarray(0, done), problem: error.message };
    }
    done += chunk;
  }
  return { bytes, problem: undefined };
}

function symbolRef(program: Program, address: VirtAddr): SymbolRef | undefined {
  const hit = program.symbols.at(virtAddr(address));
  if (hit === undefined) return undefined;
  const { name, size, module } = hit.symbol;
  const reference = { name, offset: hit.offset, size };
  return module === undefined ? reference : { ...reference, module };
}

function userSpace(context: CommandContext): AddressSpace {
  const task = requireCurrentTask(context);
  const space = findUserSpace(context.program, task);
  if (space !== undefined) return space;
  throw new UsageError(`PID ${task.pid} (${task.command}) has no user memory`);
}
