import type {
  Block,
  MemoryBlock,
  MemoryRange,
  MemorySpace,
} from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import { MAX_RANGE, readMemoryRange } from '../kernel/memory-range.ts';
import type { Program } from '../program/program.ts';
import { UsageError, type Command } from './command.ts';
import { requireCurrentTask, warning, type CommandContext } from './context.ts';
import { cpuAddresses } from './cpu-addresses.ts';
import { findHex, requireCount } from './numbers.ts';
import { parseOptions, type Options } from './options.ts';
import { findWordName } from './word-name.ts';

export const rd: Command = {
  name: 'rd',
  summary: 'memory',
  usage:
    '[-p | -u] [-8|-16|-32|-64] [-x] [-d|-D|-a|-s|-S] [-N] [-R] [-o offset] [-e end] address|symbol[:cpus] [count]',
  help: [
    'Memory at an address (hexadecimal), a symbol, symbol+offset, or a per-CPU symbol of some CPUs',
    '(runqueues:0, runqueues:a): count units, one when nothing is said. What is not in the dump is not',
    'shown as zeros: each hole says why.',
    '',
    '  -p  physical address             -u  user address of the current task',
    '  -8 -16 -32 -64  bits of a unit; 64 when nothing is said',
    '  -d  signed decimal               -D  unsigned decimal',
    '  -a  text; without count up to the first byte that is none',
    '  -s  addresses of symbols by name -S  and addresses of slab objects by cache',
    '  -x  without the text column      -N  in network byte order (-16, -32)',
    '  -o offset  adds to the address   -e end  up to this address',
    '  -R  count units that end at the address',
  ],
  needs: ['memory'],
  *run(context, args) {
    const options = parseOptions(args, 'puxdDasSNRo:e:', ['8', '16', '32', '64']);
    options.atMostOne('pu');
    const format = formatOf(options);
    const unit = format === 'ascii' ? 1 : unitOf(options, format);
    const swapped = options.has('N') && (unit === 2 || unit === 4);
    if (options.has('N') && !swapped) yield warning('-N is for 16- and 32-bit units only.');
    const [where, countText, ...rest] = options.operands;
    if (where === undefined || rest.length > 0) throw new UsageError('an address and a count');
    for (const { address, cpu } of cpuAddresses(context, where)) {
      const start = BigInt.asUintN(64, address + offsetOf(options));
      const space = spaceOf(context, options, start);
      const { from, length } = extent(context, options, space, start, countText, unit, format);
      const range = readMemoryRange(context.program, space, from, length);
      const block: MemoryBlock = {
        type: 'memory',
        range: format.startsWith('symbol') ? withWords(context.program, range, format) : range,
        unit,
        format,
        ...(options.has('x') && { noAscii: true }),
        ...(swapped && { bigEndian: true }),
        ...(cpu !== undefined && { cpu }),
      };
      yield block;
      yield* notices(range);
    }
  },
};

function formatOf(options: Options): MemoryBlock['format'] {
  const given = options.atMostOne('dDasS');
  switch (given) {
    case 'd':
      return 'decimal';
    case 'D':
      return 'unsigned';
    case 'a':
      return 'ascii';
    case 's':
      return 'symbol';
    case 'S':
      return 'symbol-slab';
    default:
      return 'hex';
  }
}

function unitOf(options: Options, format: MemoryBlock['format']): 1 | 2 | 4 | 8 {
  const units = ([1, 2, 4, 8] as const).filter((unit) => options.has(String(unit * 8)));
  if (units.length > 1) throw new UsageError('one of -8 -16 -32 -64');
  const unit = units[0] ?? 8;
  if (format.startsWith('symbol') && unit !== 8)
    throw new UsageError('-s and -S need 64-bit units');
  return unit;
}

function offsetOf(options: Options): bigint {
  const text = options.value('o');
  return text === undefined ? 0n : BigInt(requireCount(text, 'the offset'));
}

/** As crash: an address that is none of the kernel's is one of the current task. */
function spaceOf(context: CommandContext, options: Options, start: bigint): MemorySpace {
  if (options.has('p')) return { kind: 'physical' };
  const isUser = context.program.translator.regionOf(virtAddr(start)).name === 'user';
  if (!options.has('u') && !isUser) return { kind: 'kernel' };
  const task = requireCurrentTask(context);
  if (task.mm === 0n) {
    throw new UsageError(
      `the current task (PID ${task.pid}) has no user memory; choose one with set`,
    );
  }
  return { kind: 'user', task: task.address };
}

function extent(
  context: CommandContext,
  options: Options,
  space: MemorySpace,
  start: bigint,
  countText: string | undefined,
  unit: number,
  format: MemoryBlock['format'],
): { from: bigint; length: number } {
  const count =
    countText === undefined
      ? defaultCount(context, options, space, start, unit, format)
      : requireCount(countText, 'the count');
  if (count <= 0) throw new UsageError(`invalid count: ${countText ?? count}`);
  const length = count * unit;
  if (length > MAX_RANGE) throw new UsageError(`at most ${MAX_RANGE / unit} units at a time`);
  const from = options.has('R') ? start - BigInt(length - unit) : start;
  return { from: BigInt.asUintN(64, from), length };
}

function defaultCount(
  { program }: CommandContext,
  options: Options,
  space: MemorySpace,
  start: bigint,
  unit: number,
  format: MemoryBlock['format'],
): number {
  const endText = options.value('e');
  if (endText !== undefined) {
    const end = findHex(endText);
    if (end === undefined || end <= start)
      throw new UsageError(`invalid ending address: ${endText}`);
    return Math.max(1, Number((end - start) / BigInt(unit)));
  }
  return format === 'ascii' ? textLength(program, space, start) : 1;
}

/** Bytes up to the first that is no printable text. */
function textLength(program: Program, space: MemorySpace, start: bigint): number {
  const { bytes, spans } = readMemoryRange(program, space, start, 4096);
  const readable =
    spans.find(({ state }) => state !== 'present' && state !== 'zero')?.offset ?? bytes.length;
  let length = 0;
  while (length < readable && isText(bytes[length]!)) length++;
  return Math.max(1, length);
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x09 || byte === 0x0d;
}

/** Names the words that are addresses of something. */
function withWords(
  program: Program,
  range: MemoryRange,
  format: MemoryBlock['format'],
): MemoryRange {
  const view = new DataView(range.bytes.buffer, range.bytes.byteOffset, range.bytes.byteLength);
  const words: { index: number; label: string }[] = [];
  for (const span of range.spans) {
    if (span.state !== 'present') continue;
    const last = Math.floor((span.offset + span.length) / 8);
    for (let index = Math.ceil(span.offset / 8); index < last; index++) {
      const value = view.getBigUint64(index * 8, true);
      const label = findWordName(program, value, format === 'symbol-slab' ? 'slab' : 'none');
      if (label !== undefined) words.push({ index, label });
    }
  }
  return { ...range, words };
}

/** One notice a kind of hole; the block itself says where each is. */
function* notices(range: MemoryRange): Generator<Block> {
  const told = new Set<string>();
  for (const span of range.spans) {
    if (span.state === 'present' || span.state === 'zero' || told.has(span.state)) continue;
    told.add(span.state);
    yield warning(span.why ?? span.state);
  }
}
