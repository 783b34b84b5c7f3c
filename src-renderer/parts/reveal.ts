/**
 * Brings an element into view inside its own pane (a tab panel, list, or what says that it
 * scrolls) and nowhere else: `scrollIntoView` would move the frame of the window, too, which clips
 * but does not scroll.
 */
export function reveal(wanted: boolean, block: 'center' | 'nearest') {
  return (element: HTMLElement): void => {
    const panes = '[data-scrolls], [role=tabpanel], [role=listbox]';
    const pane = wanted ? element.closest<HTMLElement>(panes) : null;
    if (!pane) return;
    const box = element.getBoundingClientRect();
    const frame = pane.getBoundingClientRect();
    if (block === 'center')
      pane.scrollTop += box.top + box.height / 2 - (frame.top + frame.height / 2);
    else if (box.top < frame.top) pane.scrollTop -= frame.top - box.top;
    else if (box.bottom > frame.bottom) pane.scrollTop += box.bottom - frame.bottom;
  };
}
