/** A larger array with what a full one holds. @param to zeros */
export function grown<T extends { set(from: T): void }>(to: T, from: T): T {
  to.set(from);
  return to;
}
