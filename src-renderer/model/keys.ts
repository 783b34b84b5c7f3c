/** The window's shortcuts, once: the help sheet and the handlers read this list. */
export interface Shortcut {
  readonly keys: readonly string[];
  readonly what: string;
}

export const SHORTCUTS: readonly { readonly group: string; readonly keys: readonly Shortcut[] }[] =
  [
    {
      group: 'Everywhere',
      keys: [
        { keys: ['Ctrl K', 'Ctrl Shift P'], what: 'Command palette: view, symbol, address, task' },
        { keys: ['Alt ←', 'Alt →'], what: 'Back and forward' },
        { keys: ['1 … 7'], what: 'Overview, Tasks, Stack, Log, Memory, Types, Modules' },
        { keys: ['Ctrl `', '`'], what: 'Console' },
        { keys: ['/', 'Ctrl F'], what: 'Filter or search in this view' },
        { keys: ['G'], what: 'Go to an address or symbol in memory' },
        {
          keys: ['D'],
          what: 'Debuginfo: what is in use, what is missing, adding some, folders searched',
        },
        { keys: ['Ctrl O'], what: 'Open a dump' },
        { keys: ['Shift F10'], what: 'Menu of the address, symbol or task in focus' },
        { keys: ['?'], what: 'This list' },
      ],
    },
    {
      group: 'Lists',
      keys: [
        { keys: ['↑', '↓'], what: 'Previous and next row' },
        { keys: ['Page ↑', 'Page ↓'], what: 'A page up and down' },
        { keys: ['Home', 'End'], what: 'First and last row' },
        { keys: ['Ctrl C'], what: 'Copy the row' },
        { keys: ['Enter'], what: 'In Tasks: the task in the Stack view, as a double click' },
      ],
    },
    {
      group: 'Stack',
      keys: [
        { keys: ['↑', '↓'], what: 'Previous and next frame, inlined ones too (in the list)' },
        { keys: ['[', ']'], what: 'The same from anywhere: inner and outer frame' },
        { keys: ['Enter', '→'], what: 'From the list to what is known of the frame' },
        { keys: ['← →'], what: 'Previous and next tab' },
      ],
    },
    {
      group: 'Log',
      keys: [
        { keys: ['Enter', 'F3'], what: 'Next hit' },
        { keys: ['Shift Enter', 'Shift F3'], what: 'Previous hit' },
      ],
    },
    {
      group: 'Memory',
      keys: [
        { keys: ['← ↑ ↓ →'], what: 'Move by a byte or a row; with Shift, select' },
        { keys: ['Page ↑', 'Page ↓'], what: 'A page of rows' },
        { keys: ['Home', 'End'], what: 'Start and end of the row' },
        { keys: ['Ctrl Home', 'Ctrl End'], what: 'Start and end of the region' },
        { keys: ['[', ']'], what: 'Previous and next region' },
        { keys: ['Enter'], what: 'Follow the pointer under the cursor' },
      ],
    },
    {
      group: 'Types',
      keys: [
        { keys: ['T'], what: 'Choose a type' },
        { keys: ['A'], what: 'Address of the object' },
        { keys: ['↑', '↓'], what: 'Previous and next member' },
        { keys: ['→', '←'], what: 'Open what is in it or behind it; close, then out' },
        { keys: ['Enter'], what: 'Follow the pointer, or look at the embedded struct alone' },
        { keys: ['[', ']'], what: 'Previous and next object, as in an array' },
        { keys: ['Ctrl C'], what: 'Copy the member' },
      ],
    },
    {
      group: 'Console',
      keys: [
        { keys: ['Tab'], what: 'Complete' },
        { keys: ['↑', '↓'], what: 'Earlier commands' },
        { keys: ['Ctrl C'], what: 'Stop the running command' },
        { keys: ['Ctrl L'], what: 'Clear' },
      ],
    },
  ];

/** A key for the window itself: without Ctrl and Alt, not typed into a field, not handled yet. */
export function isBareKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return false;
  return !(
    event.target instanceof Element && event.target.closest('input, textarea, select, [role=menu]')
  );
}
