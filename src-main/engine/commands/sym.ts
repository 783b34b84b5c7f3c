import type { Block, SymbolsBlock } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import type { SymbolTable } from '../debuginfo/symbol-table.ts';
import type { Program } from '../program/program.ts';
import type { FoundSymbol } from '../program/symbols.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, info, type CommandContext } from './context.ts';
import { findAddressArgument, findHex } from './numbers.ts';
import { parseOptions } from './options.ts';

type Row = SymbolsBlock['symbols'][number];

/** Symbols in one block, so that a listing of 100,000 can begin to be shown. */
const CHUNK = 4096;

export const sym: Command = {
  name: 'sym',
  summary: 'symbols by name or address',
  usage: '[-l | -M | -m module | -q string] [-p] [-n] [symbol | address] …',
  help: [
    'For each symbol its address and type letter; for each address the symbol it lies in and the',
    'offset. A name that several symbols have shows them all.',
    '',
    '  -l  all symbols of the kernel and its modules',
    '  -M  all symbols of modules       -m module  of one module',
    '  -q string  symbols whose name contains the string',
    '  -p, -n     with the symbol before, the symbol after',
  ],
  needs: ['memory', 'symbols'],
  *run(context, args) {
    const options = parseOptions(args, 'lMm:q:pn');
    const listing = options.atMostOne('lMmq');
    if (listing === undefined && options.operands.length === 0) {
      throw new UsageError('a symbol, an address or a listing option is needed');
    }
    const { program } = context;
    if (listing === 'q') yield* query(context, options.value('q') ?? '');
    else if (listing !== undefined) {
      const module = options.value('m');
      if (module !== undefined && !program.modules().some(({ name }) => name === module)) {
        throw new UsageError(`no module is called ${module}`);
      }
      yield* list(context, (symbol) =>
        module === undefined
          ? listing === 'l' || symbol.module !== undefined
          : symbol.module === module,
      );
    }
    const neighbours = { previous: options.has('p'), next: options.has('n') };
    for (const text of options.operands) {
      const rows = lookUp(program, text, neighbours);
      yield { type: 'symbols', symbols: rows.map((row) => withLine(program, row)) };
    }
  },
};

function* query(context: CommandContext, part: string): Generator<Block> {
  if (part === '') throw new UsageError('-q needs some text');
  const rows: Row[] = [];
  for (const symbol of context.program.symbols.iterate({ substring: part }))
    rows.push(rowOf(symbol));
  if (rows.length === 0) yield info(`no symbol contains ${part}`);
  else yield { type: 'symbols', symbols: rows };
}

function* list(
  context: CommandContext,
  wanted: (symbol: FoundSymbol) => boolean,
): Generator<Block> {
  let rows: Row[] = [];
  for (const symbol of context.program.symbols.iterate()) {
    if (!wanted(symbol)) continue;
    rows.push(rowOf(symbol));
    if (rows.length < CHUNK) continue;
    checkCancelled(context);
    yield { type: 'symbols', symbols: rows };
    rows = [];
  }
  if (rows.length > 0) yield { type: 'symbols', symbols: rows };
}

interface Neighbours {
  readonly previous: boolean;
  readonly next: boolean;
}

/** @throws UsageError when there is no such symbol, or the address lies in none */
function lookUp(program: Program, text: string, neighbours: Neighbours): Row[] {
  const named = program.symbols.findAll(text).toSorted((a, b) => (a.address < b.address ? -1 : 1));
  if (named.length > 0) {
    return named.flatMap((symbol) => around(program, symbol, rowOf(symbol), neighbours));
  }
  const argument = findAddressArgument(program, text);
  if (argument === undefined) throw new UsageError(`symbol not found: ${text}`);
  const at = program.symbols.at(argument.address);
  if (at === undefined) {
    throw new UsageError(
      findHex(text) === undefined
        ? `symbol not found: ${text}`
        : `no symbol holds the address ${text}`,
    );
  }
  const row = { ...rowOf(at.symbol), address: argument.address, offset: at.offset };
  return around(program, at.symbol, row, neighbours);
}

/** The row with the symbols before and after, of the same table. */
function around(program: Program, symbol: FoundSymbol, row: Row, neighbours: Neighbours): Row[] {
  const rows = [row];
  if (!neighbours.previous && !neighbours.next) return rows;
  const table = tableOf(program, symbol);
  const index = table?.symbolAt(symbol.address)?.symbol.index;
  if (table === undefined || index === undefined) return rows;
  const neighbour = (i: number): Row | undefined => {
    if (i < 0 || i >= table.count) return undefined;
    const { name, address, type } = table.at(i);
    const found = { address: virtAddr(address), letter: type, name };
    return symbol.module === undefined ? found : { ...found, module: symbol.module };
  };
  const before = neighbours.previous ? neighbour(index - 1) : undefined;
  const after = neighbours.next ? neighbour(index + 1) : undefined;
  if (before !== undefined) rows.unshift(before);
  if (after !== undefined) rows.push(after);
  return rows;
}

function tableOf(program: Program, symbol: FoundSymbol): SymbolTable | undefined {
  if (symbol.module === undefined) return program.symbols.kernelTable;
  return program
    .modules()
    .find(({ name }) => name === symbol.module)
    ?.table();
}

/** With the source line of code. */
function withLine({ debugInfo }: Program, row: Row): Row {
  if (!/[tTwW]/.test(row.letter)) return row;
  const line = debugInfo?.findLocation(virtAddr(row.address), false)?.line;
  return line === undefined ? row : { ...row, source: { file: line.file, line: line.line } };
}

function rowOf(symbol: FoundSymbol): Row {
  const { address, letter, name, module } = symbol;
  return module === undefined ? { address, letter, name } : { address, letter, name, module };
}
