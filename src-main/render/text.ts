import type { Block } from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { codeLines } from './text-code.ts';
import { entriesLines } from './text-entries.ts';
import { factsLines } from './text-facts.ts';
import { layoutLines } from './text-layout.ts';
import { logLines } from './text-log.ts';
import { memoryLines } from './text-memory.ts';
import { sourceTextLines } from './text-source.ts';
import { stackLines } from './text-stack.ts';
import { symbolLines } from './text-symbols.ts';
import { tableLines } from './text-table.ts';
import { taskLine } from './text-task.ts';
import { translationLines } from './text-translation.ts';
import { valueLines } from './text-value.ts';

/** Lines of one block in crash's layout. Notices are not part of it: see {@link noticeText}. */
export function blockLines(block: Exclude<Block, { type: 'notice' }>, before?: Block): string[] {
  switch (block.type) {
    case 'table':
      return tableLines(block);
    case 'facts':
      return factsLines(block);
    case 'task':
      return [taskLine(block.task)];
    case 'stack':
      return stackLines(block);
    case 'log':
      return logLines(block);
    case 'memory':
      return memoryLines(block);
    case 'value':
      if (block.showLayout && block.value.layout !== undefined) return layoutLines(block);
      return valueLines(block, before?.type === 'value' && before.cpu === block.cpu);
    case 'symbols':
      return symbolLines(block);
    case 'translation':
      return translationLines(block);
    case 'entries':
      return entriesLines(block);
    case 'code':
      return codeLines(block);
    case 'source':
      return sourceTextLines(block);
    case 'text':
      return block.lines.map(printable);
  }
}

/**
 * The blocks of one command as text, as they arrive: knows what came before, because crash sets
 * some blocks apart by a blank line and not others.
 */
export class TextRenderer {
  #last: Block | undefined;
  /** What comes belongs to a task named by a header before. */
  #ofTask = false;

  /** @returns the text of the block with its line ends; empty for a notice */
  render(block: Block): string {
    if (block.type === 'notice') return '';
    const before = this.#last;
    const apart = before !== undefined && standsApart(before, block);
    this.#last = block;
    if (block.type === 'task') this.#ofTask = true;
    const lines = blockLines(block, before);
    const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
    return apart ? `\n${text}` : text;
  }

  /** What crash ends the command's output with. */
  end(): string {
    const last = this.#last;
    const ofTask = this.#ofTask;
    this.#last = undefined;
    this.#ofTask = false;
    const apart = last?.type === 'facts' || last?.type === 'value';
    return ofTask && apart ? '\n' : '';
  }
}

/** Whether a blank line goes between the two. */
function standsApart(before: Block, block: Block): boolean {
  if (block.type === 'stack') return before.type === 'stack';
  if (block.type === 'translation') return before.type === 'translation';
  if (block.type === 'task') return before.type !== 'task';
  if (block.type === 'value' && before.type === 'value' && block.printed === undefined) {
    return before.value.name === '' && block.value.name === '' && block.cpu === undefined;
  }
  if (block.type === 'table') {
    if (before.type === 'table') return / CPU: /.test(block.name) || !block.name.startsWith('ps-');
    return before.type === 'facts';
  }
  return block.type === 'facts' && before.type === 'facts';
}

/** A notice for standard error, without colour: `warning: …`. */
export function noticeText(block: Extract<Block, { type: 'notice' }>): string {
  const lead = block.severity === 'info' ? 'note' : block.severity;
  return `${lead}: ${block.text.split('\n').map(printable).join('\n  ')}\n`;
}
