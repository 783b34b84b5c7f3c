import type { Block, ErrorInfo } from '../../../src-shared/contract/index.ts';
import { blockJson, jsonLine } from '../../render/json.ts';
import { printable } from '../../render/printable.ts';
import { tableCsv } from '../../render/csv.ts';
import { tableMarkdown } from '../../render/markdown.ts';
import { noticeText, TextRenderer } from '../../render/text.ts';
import type { OutputFormat } from './argument-reader.ts';
import { complain, type Output } from './output.ts';

/** Writes the blocks of one command in the format asked for, notices to standard error. */
export interface BlockWriter {
  block(block: Block): void;
  end(error: ErrorInfo | undefined): void;
}

/** @param said a notice that was told already; JSON, which is kept, has it with every answer */
export function blockWriter(
  format: OutputFormat,
  line: string,
  output: Output,
  said?: string,
): BlockWriter {
  return format === 'json' ? jsonWriter(line, output) : textWriter(format, line, output, said);
}

/** All blocks of one answer. */
export function writeBlocks(
  format: OutputFormat,
  line: string,
  output: Output,
  blocks: readonly Block[],
  error: ErrorInfo | undefined,
): void {
  const writer = blockWriter(format, line, output);
  for (const block of blocks) writer.block(block);
  writer.end(error);
}

/** One line of JSON a command. */
function jsonWriter(line: string, output: Output): BlockWriter {
  const blocks: unknown[] = [];
  return {
    block: (block) => blocks.push(blockJson(block)),
    end: (error) => output.out(jsonLine({ command: line, blocks, ...(error && { error }) })),
  };
}

function textWriter(
  format: Exclude<OutputFormat, 'json'>,
  line: string,
  output: Output,
  said: string | undefined,
): BlockWriter {
  const text = new TextRenderer();
  return {
    block: (block) => {
      if (block.type === 'notice' && block.text === said) return;
      if (block.type === 'notice') notice(block, output);
      else if (format === 'text') output.out(text.render(block));
      else if (block.type === 'table') {
        output.out(format === 'csv' ? tableCsv(block.table) : tableMarkdown(block.table));
      }
    },
    end: (error) => {
      if (format === 'text') output.out(text.end());
      const name = line.trim().split(/\s/, 1)[0] ?? '';
      if (error === undefined) return;
      const said = error.message.startsWith(`${name}:`) ? '' : `${name}: `;
      complain(output, 'error', printableLines(`${said}${error.message}`));
    },
  };
}

function notice(block: Extract<Block, { type: 'notice' }>, output: Output): void {
  const text = noticeText(block);
  const lead = block.severity === 'info' ? 'note' : block.severity;
  complain(output, lead, text.slice(text.indexOf(':') + 2).trimEnd());
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
