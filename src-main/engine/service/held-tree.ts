import type { SourceTree } from '../program/source-tree.ts';

/** Source text of a session; let go, it stays open for the commands that began with it. */
export class HeldTree {
  readonly tree: SourceTree;
  #users = 0;
  #dropped = false;

  constructor(tree: SourceTree) {
    this.tree = tree;
  }

  /** @returns to be called at the end, once */
  hold(): () => void {
    this.#users++;
    return () => {
      this.#users--;
      if (this.#dropped && this.#users === 0) this.tree.close();
    };
  }

  drop(): void {
    this.#dropped = true;
    if (this.#users === 0) this.tree.close();
  }
}
