/**
 * Brings an element into view inside its own pane (a tab panel, list, or what says that it
 * scrolls) and nowhere else: `scrollIntoView` would move the frame of the window, too, which clips
 * but does not scroll. What is centred stays so while the pane finds its size, until it is scrolled.
 */
export function reveal(wanted: boolean, block: 'center' | 'nearest') {
  return (element: HTMLElement): (() => void) | undefined => {
    const panes = '[data-scrolls], [role=tabpanel], [role=listbox]';
    const pane = wanted ? element.closest<HTMLElement>(panes) : null;
    if (!pane) return undefined;
    const bring = () => {
      const box = element.getBoundingClientRect();
      const frame = pane.getBoundingClientRect();
      if (block === 'center')
        pane.scrollTop += box.top + box.height / 2 - (frame.top + frame.height / 2);
      else if (box.top < frame.top) pane.scrollTop -= frame.top - box.top;
      else if (box.bottom > frame.bottom) pane.scrollTop += box.bottom - frame.bottom;
    };
    bring();
    if (block !== 'center') return undefined;
    let placed = pane.scrollTop;
    const observer = new ResizeObserver(() => {
      // The browser itself keeps the position within what there is to scroll.
      if (Math.abs(pane.scrollTop - placed) > 1) observer.disconnect();
      else {
        bring();
        placed = pane.scrollTop;
      }
    });
    observer.observe(pane);
    return () => {
      observer.disconnect();
    };
  };
}
