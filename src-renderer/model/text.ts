import {
  isAbsent,
  type Block,
  type FrameVariable,
  type RegisterSet,
  type SourceLine,
  type StackTrace,
  type Table,
  type TaskRef,
  type ValueNode,
} from '../../src-shared/contract/index.ts';
import { declaration } from '../../src-shared/text/c-declaration.ts';
import { ABSENT_LABEL } from './absent.ts';
import { bracketed, hex, hex16, logTime, symbolText } from './format.ts';
import { gapsAfter, gapText } from './layout-marks.ts';
import { registersInOrder } from './stacks.ts';
import { cellText, isNumeric } from './table.ts';
import { knownRegisterTexts, savedRegistersHead, wordTexts } from './text-frame.ts';

/** Plain text for the clipboard. The command line's exact layouts are made elsewhere. */
export function blocksText(blocks: readonly Block[]): string {
  return blocks.map(blockText).join('\n');
}

export function blockText(block: Block): string {
  switch (block.type) {
    case 'table':
      return tableText(block.table);
    case 'facts':
      return block.facts
        .map((fact) => {
          const column = { id: fact.id, title: fact.label, kind: fact.kind };
          const note = fact.note === undefined ? '' : ` ${bracketed(fact.note)}`;
          return `${fact.label.padStart(14)}: ${cellText(fact.value, column)}${note}`;
        })
        .join('\n');
    case 'task':
      return taskText(block.task);
    case 'stack':
      return block.savedRegisters
        ? savedRegistersText(block.stack, block.savedRegisters.title)
        : stackText(block.stack);
    case 'log':
      return block.records.text
        .map((text, row) => `[${logTime(block.records.tsNsec[row] ?? 0n).padStart(12)}] ${text}`)
        .join('\n');
    case 'memory':
      return memoryText(block.range.address, block.range.bytes);
    case 'value':
      return valueText(block.value, 0, block.radix);
    case 'symbols':
      return block.symbols
        .map((symbol) => {
          const offset = symbol.offset ? `+${symbol.offset}` : '';
          const module = symbol.module ? ` [${symbol.module}]` : '';
          return `${hex16(symbol.address)} (${symbol.letter}) ${symbol.name}${offset}${module}`;
        })
        .join('\n');
    case 'translation':
      return `${hex16(block.virt)}  ${
        isAbsent(block.phys) ? ABSENT_LABEL[block.phys.absent] : hex(block.phys)
      }`;
    case 'entries':
      return block.entries
        .map(({ address, position, values }) =>
          [
            position === undefined ? hex16(address) : `${hex16(address)}  ${position}`,
            ...(values ?? []).map(({ value }) => valueText(value, 1)),
          ].join('\n'),
        )
        .join('\n');
    case 'code':
      return block.instructions
        .map(({ address, symbol, mnemonic, operands, target }) => {
          const where = symbol ? ` <${symbolText(symbol)}>` : '';
          const to = target?.symbol ? ` <${symbolText(target.symbol)}>` : '';
          return `${hex16(address)}${where}: ${mnemonic} ${operands}${to}`;
        })
        .join('\n');
    case 'source':
      return block.source.lines.join('\n');
    case 'text':
      return block.lines.join('\n');
    case 'notice':
      return `${block.severity}: ${block.text}`;
  }
}

export function taskText(task: TaskRef): string {
  const cpu = isAbsent(task.cpu) ? '-' : String(task.cpu);
  return `PID: ${task.pid}  TASK: ${hex16(task.task)}  CPU: ${cpu}  COMMAND: "${task.command}"`;
}

function placeText(source: SourceLine | undefined): string {
  return source === undefined ? '' : `  ${source.file}:${source.line}`;
}

export function stackText(stack: StackTrace): string {
  const lines = [taskText(stack.task)];
  if (stack.startRegisters) lines.push(registersText(stack.startRegisters));
  for (const frame of stack.frames) {
    const guess = frame.exact ? '' : '? ';
    const where = frame.symbol ? symbolText(frame.symbol) : '(unknown)';
    for (const inlined of frame.inlined ?? []) {
      lines.push(`    (inlined) ${inlined.function}${placeText(inlined.source)}`);
      lines.push(...variableTexts(inlined.variables));
    }
    lines.push(
      `${`#${frame.index}`.padStart(3)} [${hex16(frame.sp)}] ${guess}${where} at ${hex16(frame.pc)}${placeText(frame.source)}`,
    );
    lines.push(...variableTexts(frame.variables), ...knownRegisterTexts(frame.known));
    if (frame.registers) lines.push(registersText(frame.registers));
    lines.push(...wordTexts(frame.words));
  }
  for (const warning of stack.warnings) lines.push(`warning: ${warning}`);
  if (!stack.end.complete) lines.push(`(ends here: ${stack.end.why})`);
  return lines.join('\n');
}

function savedRegistersText(stack: StackTrace, title = taskText(stack.task)): string {
  const lines = [title];
  for (const frame of stack.frames)
    if (frame.registers) lines.push(savedRegistersHead(frame), registersText(frame.registers));
  return [...lines, ...stack.warnings.map((warning) => `warning: ${warning}`)].join('\n');
}

/** As gdb's `bt full` has them, with how a value was come by where that is not plain. */
export function variableTexts(variables: readonly FrameVariable[] | undefined): readonly string[] {
  return (variables ?? []).flatMap(({ node, how, derived }) => {
    const lines = valueText(node).split('\n');
    const by = [...(derived ? ['derived'] : []), ...how].join('; ');
    return lines.map((line, index) => `        ${line}${index === 0 && by ? `  (${by})` : ''}`);
  });
}

function registersText(set: RegisterSet): string {
  const cells = registersInOrder(set).map(
    ([name, value]) => `${name.toUpperCase().padStart(8)}: ${hex16(value)}`,
  );
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += 3)
    lines.push(`    ${cells.slice(at, at + 3).join(' ')}`);
  return lines.join('\n');
}

export function tableText(table: Table): string {
  const columns = table.columns.map((column, index) => {
    const cells = (table.data[index] ?? []).map((value) => cellText(value, column));
    const width = cells.reduce((most, text) => Math.max(most, text.length), column.title.length);
    return { column, cells, width };
  });
  const line = (texts: readonly string[]) =>
    columns
      .map(({ column, width }, index) => {
        const text = texts[index] ?? '';
        return isNumeric(column) ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const lines = [line(columns.map(({ column }) => column.title))];
  for (let row = 0; row < table.rowCount; row++)
    lines.push(line(columns.map(({ cells }) => cells[row] ?? '')));
  return lines.join('\n');
}

function memoryText(address: bigint, bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)];
    const digits = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${hex16(address + BigInt(at))}: ${digits}`);
  }
  return lines.join('\n');
}

function valueText(node: ValueNode, depth = 0, radix?: 10 | 16): string {
  const indent = '  '.repeat(depth);
  if (!node.children) {
    const value = node.value === undefined ? '' : ` = ${valueOf(node, radix)}`;
    const bits = node.bits === undefined ? '' : ` : ${node.bits.size}`;
    return `${indent}${declaration(node.typeName, node.name)}${bits}${value};`;
  }
  const gaps = (after: number) =>
    gapsAfter(node, after).map((gap) => `${indent}  /* ${gapText(gap)} */`);
  const inner = [
    ...gaps(-1),
    ...node.children.flatMap((child, index) => [
      valueText(child, depth + 1, radix),
      ...gaps(index),
    ]),
  ].join('\n');
  return `${indent}${declaration(node.typeName, node.name)} {\n${inner}\n${indent}}`;
}

/** @param radix of integers, as `struct -x` asks for; decimal otherwise */
export function valueOf(node: ValueNode, radix?: 10 | 16): string {
  const { value } = node;
  if (value === undefined) return '';
  if (isAbsent(value)) return ABSENT_LABEL[value.absent];
  if (node.kind === 'pointer' && typeof value === 'bigint') {
    return node.symbol ? `0x${hex16(value)} <${symbolText(node.symbol)}>` : `0x${hex16(value)}`;
  }
  if (node.text !== undefined)
    return node.kind === 'enum' ? `${node.text} (${String(value)})` : JSON.stringify(node.text);
  if (radix === 16 && node.kind === 'int' && /^-?\d+$/.test(String(value)))
    return hex(BigInt.asUintN(node.bits?.size ?? node.size * 8, BigInt(String(value))));
  return String(value);
}
