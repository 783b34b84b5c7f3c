/**
 * The files a window may open: those the user chose in a dialog, dropped, gave on the command line
 * or opened before. A window that was taken over cannot read other files through the engine.
 */
export class ApprovedPaths {
  readonly #paths = new Set<string>();

  approve(paths: Iterable<string>): void {
    for (const path of paths) this.#paths.add(path);
  }

  /** The first of `paths` that the user never chose. */
  findForeign(paths: readonly string[]): string | undefined {
    return paths.find((path) => !this.#paths.has(path));
  }
}
