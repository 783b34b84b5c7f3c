import { VIEWS, type Location } from '../model/location.ts';
import type { DumpSession } from '../state/session.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';

/** The shortcuts that work everywhere; see model/keys.ts for the list people read. */
export function windowKeys(event: KeyboardEvent, workbench: Workbench): void {
  if (event.defaultPrevented) return;
  const done =
    event.ctrlKey || event.metaKey
      ? withControl(event, workbench)
      : event.altKey
        ? withAlt(event, workbench)
        : plain(event, workbench);
  if (done) event.preventDefault();
}

function withControl(event: KeyboardEvent, workbench: Workbench): boolean {
  const { session } = workbench;
  switch (event.key.toLowerCase()) {
    case 'k':
      return openPalette(workbench);
    case 'p':
      return event.shiftKey && openPalette(workbench);
    case 'o':
      workbench.menu('open');
      return true;
    case 'f':
      if (!workbench.focusFilter) return false;
      workbench.focusFilter();
      return true;
    case '`':
      if (session) session.console.open = !session.console.open;
      return session !== undefined;
    default:
      return false;
  }
}

function withAlt(event: KeyboardEvent, workbench: Workbench): boolean {
  if (event.key === 'ArrowLeft') workbench.navigator.back();
  else if (event.key === 'ArrowRight') workbench.navigator.forward();
  else return false;
  return true;
}

function plain(event: KeyboardEvent, workbench: Workbench): boolean {
  if (event.key === 'Escape' && workbench.help) {
    workbench.help = false;
    return true;
  }
  if (isTyping(event.target) || workbench.palette !== 'closed' || workbench.debuginfo.open)
    return false;
  const { session } = workbench;
  if (event.key === '?') {
    workbench.help = !workbench.help;
    return true;
  }
  if (event.key.toLowerCase() === 'd') {
    workbench.debuginfo.show();
    return true;
  }
  if (!session) return false;
  const view = VIEWS[Number(event.key) - 1];
  if (view) {
    workbench.go(homeOf(view.id, session));
    return true;
  }
  switch (event.key) {
    case '/':
      workbench.focusFilter?.();
      return workbench.focusFilter !== undefined;
    case '`':
      session.console.open = !session.console.open;
      return true;
    case 'g':
    case 'G':
      workbench.palette = 'go-to';
      return true;
    default:
      return false;
  }
}

/** Where a view begins: Tasks and Stack with the task that was chosen in either. */
export function homeOf(view: Location['view'], session: DumpSession): Location {
  const task = session.tasks.chosen;
  switch (view) {
    case 'memory':
      return { view, space: { kind: 'kernel' } };
    case 'tasks':
    case 'stack':
      return task === undefined ? { view } : { view, task };
    default:
      return { view };
  }
}

function openPalette(workbench: Workbench): boolean {
  if (workbench.session) workbench.palette = 'palette';
  return workbench.session !== undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.matches('input, textarea, select') || target.isContentEditable)
  );
}
