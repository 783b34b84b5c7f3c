import type { Completion } from '../../src-shared/contract/index.ts';
import { hex16, symbolText } from '../model/format.ts';
import { VIEWS, type Location } from '../model/location.ts';
import { locationNameOf } from '../model/type-names.ts';
import type { DumpSession } from '../state/session.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import { homeOf } from './window-keys.ts';

export interface PaletteEntry {
  readonly key: string;
  readonly kind: string;
  readonly text: string;
  readonly detail: string;
  /** Left out when the entry only explains. */
  readonly run?: () => void;
  /** What Tab puts into the field. */
  readonly completion?: string;
}

const MOST = 40;

/** What the text can mean, best first: an exact address, symbol or task, then names that fit. */
export async function findEntries(
  text: string,
  mode: 'palette' | 'go-to',
  workbench: Workbench,
  session: DumpSession,
): Promise<readonly PaletteEntry[]> {
  const wanted = text.trim();
  const actions = mode === 'palette' ? actionEntries(wanted, workbench, session) : [];
  if (wanted === '') return actions;
  const [exact, completions] = await Promise.all([
    session.resolve(wanted),
    session.complete(wanted, MOST),
  ]);
  const entries: PaletteEntry[] = [];
  if (exact.kind === 'address') {
    entries.push({
      key: 'exact',
      kind: 'memory',
      text: exact.symbol ? symbolText(exact.symbol) : hex16(exact.address),
      detail: exact.symbol ? hex16(exact.address) : '',
      run: () => {
        workbench.go(memoryAt(exact.address));
      },
    });
  } else if (exact.kind === 'task') {
    const { task } = exact;
    entries.push({
      key: 'exact',
      kind: 'task',
      text: `${exact.pid} ${exact.command}`,
      detail: hex16(task),
      run: () => {
        workbench.go({ view: 'tasks', task });
      },
    });
    entries.push({
      key: 'exact-stack',
      kind: 'stack',
      text: `Stack of ${exact.pid} ${exact.command}`,
      detail: 'frames, variables, code',
      run: () => {
        workbench.go({ view: 'stack', task });
      },
    });
  }
  // Who types the name of a view means the view, though a symbol may have the name too.
  const named = actions.filter(({ text: name }) =>
    name.toLowerCase().startsWith(wanted.toLowerCase()),
  );
  entries.unshift(...named);
  entries.push(...actions.filter((action) => !named.includes(action)));
  for (const [index, completion] of completions.entries()) {
    const entry = completionEntry(completion, index, workbench, session);
    if (entry && (mode === 'palette' || completion.kind === 'symbol')) entries.push(entry);
  }
  if (mode === 'palette' && /^\w+\s+\S/.test(wanted)) {
    const line = {
      key: 'line',
      kind: 'run',
      text: wanted,
      detail: 'in the console',
      run: () => {
        workbench.inConsole(wanted);
      },
    };
    const known = (await session.commands()).some(({ name }) => name === wanted.split(/\s/)[0]);
    if (known) entries.unshift(line);
    else entries.push(line);
  }
  if (entries.length === 0 && exact.kind === 'none')
    entries.push({ key: 'none', kind: 'nothing', text: exact.why, detail: '' });
  return entries;
}

function completionEntry(
  completion: Completion,
  index: number,
  workbench: Workbench,
  session: DumpSession,
): PaletteEntry | undefined {
  const { kind, text, detail, address, pid } = completion;
  const base = { key: `${kind}-${index}`, kind, text, detail, completion: text };
  switch (kind) {
    case 'symbol':
      if (address === undefined) return undefined;
      return {
        ...base,
        detail: `${detail}  ${hex16(address)}`,
        run: () => {
          workbench.go(memoryAt(address));
        },
      };
    case 'task':
      return {
        ...base,
        run: () => {
          if (address !== undefined) workbench.go({ view: 'tasks', task: address });
          else if (pid !== undefined) void goToPid(pid, workbench, session);
        },
      };
    case 'command':
      return {
        ...base,
        completion: `${text} `,
        run: () => {
          workbench.inConsole(text);
        },
      };
    case 'type':
      return {
        ...base,
        detail: 'in Types',
        run: () => {
          workbench.go({ view: 'types', name: locationNameOf(text) });
        },
      };
    case 'member':
    case 'option':
      // Words of a command line, which was not asked about.
      return undefined;
  }
}

async function goToPid(pid: number, workbench: Workbench, session: DumpSession): Promise<void> {
  const found = await session.resolve(String(pid));
  if (found.kind === 'task') workbench.go({ view: 'tasks', task: found.task });
}

function actionEntries(
  wanted: string,
  workbench: Workbench,
  session: DumpSession,
): readonly PaletteEntry[] {
  const all: PaletteEntry[] = VIEWS.map(({ id, title }, index) => ({
    key: `view-${id}`,
    kind: 'view',
    text: title,
    detail: String(index + 1),
    run: () => {
      workbench.go(homeOf(id, session));
    },
  }));
  const action = (text: string, detail: string, run: () => void) => {
    all.push({ key: `action-${text}`, kind: 'action', text, detail, run });
  };
  action('Console', '`', () => (session.console.open = !session.console.open));
  action('Switch between light and dark', '', () => {
    workbench.theme.toggle();
  });
  action('Debuginfo', 'D', () => {
    workbench.debuginfo.show();
  });
  action('Open another dump', 'Ctrl O', () => {
    workbench.menu('open');
  });
  action('Shortcuts', '?', () => (workbench.help = true));
  const folded = wanted.toLowerCase();
  return all.filter(({ text }) => text.toLowerCase().includes(folded));
}

function memoryAt(address: bigint): Location {
  return { view: 'memory', space: { kind: 'kernel' }, address };
}
