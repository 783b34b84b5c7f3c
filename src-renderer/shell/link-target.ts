import { hex16 } from '../model/format.ts';
import { cNameOf } from '../model/type-names.ts';
import type { DumpSession } from '../state/session.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';

/** What an element stands for, by its data attributes. */
export interface LinkTarget {
  readonly element: HTMLElement;
  readonly label: string;
  readonly address: bigint | undefined;
  readonly space: string;
  readonly symbol: string | undefined;
  readonly task: bigint | undefined;
  /** Named as in the location of the Types view. */
  readonly type: string | undefined;
}

export function linkTargetOf(node: EventTarget | null): LinkTarget | undefined {
  const element =
    node instanceof Element
      ? node.closest<HTMLElement>('[data-address], [data-symbol], [data-task], [data-type]')
      : null;
  if (!element) return undefined;
  const { address, space, symbol, task, type } = element.dataset;
  const at = parse(address);
  return {
    element,
    label: symbol ?? (at === undefined ? (element.textContent ?? '').trim() : hex16(at)),
    address: at,
    space: space ?? 'kernel',
    symbol,
    task: parse(task),
    type,
  };
}

function parse(text: string | undefined): bigint | undefined {
  return text && /^[0-9a-f]{1,16}$/.test(text) ? BigInt(`0x${text}`) : undefined;
}

export interface LinkAction {
  readonly text: string;
  readonly hint?: string;
  readonly run: () => void;
}

export function linkActions(
  target: LinkTarget,
  workbench: Workbench,
  session: DumpSession,
): readonly LinkAction[] {
  const { address, symbol, task, type } = target;
  const actions: LinkAction[] = [];
  const command = (text: string, line: string) => {
    const name = line.split(' ')[0] ?? '';
    actions.push({
      text,
      hint: name,
      run: () => {
        workbench.inConsole(line);
      },
    });
  };
  const copy = (what: string, text: string) => {
    actions.push({ text: `Copy ${what}`, run: () => void workbench.copy(text, what) });
  };
  if (type !== undefined) {
    actions.push({
      text: 'Open in Types view',
      run: () => {
        workbench.go({ view: 'types', name: type, ...(address !== undefined && { address }) });
      },
    });
    copy('type', cNameOf(type));
  }
  if (symbol !== undefined) {
    copy('symbol', symbol);
    command('Look the symbol up', `sym ${symbol}`);
  }
  if (address !== undefined) {
    // A link to memory leads there by itself; others stand for an address, too.
    const leadsElsewhere = target.element.getAttribute('href')?.startsWith('#/memory') === false;
    if (leadsElsewhere && target.space === 'kernel') {
      actions.push({
        text: 'Open in Memory view',
        run: () => {
          workbench.go({ view: 'memory', space: { kind: 'kernel' }, address });
        },
      });
    }
    copy('address', hex16(address));
    const digits = hex16(address);
    if (target.space === 'kernel') {
      command('Read as words', `rd -s ${digits} 16`);
      command('Translate to physical', `vtop ${digits}`);
      if (symbol === undefined) command('Name what is here', `sym ${digits}`);
    } else if (target.space === 'physical') {
      command('Read as words', `rd -p ${digits} 16`);
    }
  }
  if (task !== undefined) {
    actions.push({
      text: 'Open in Stack view',
      run: () => {
        workbench.go({ view: 'stack', task });
      },
    });
    actions.push({
      text: 'Open task_struct in Types view',
      run: () => {
        workbench.go({ view: 'types', name: 'task_struct', address: task });
      },
    });
    copy('task address', hex16(task));
    command('Backtrace', `bt ${hex16(task)}`);
    command('Read task_struct', `struct task_struct ${hex16(task)}`);
  }
  if (session.info.capabilities.length === 0) return actions.filter(({ hint }) => !hint);
  return actions;
}
