/** Lets waiting messages (a cancel) in. As that of node:timers/promises, which takes a millisecond to load. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
