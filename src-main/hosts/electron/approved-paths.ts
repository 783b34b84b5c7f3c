import { RpcError } from '../../../src-shared/rpc/index.ts';

/**
 * The files a window may open: those the user chose in a dialog, dropped, gave on the command line
 * or opened before. A window that was taken over cannot read other files through the engine.
 */
export class ApprovedPaths {
  readonly #paths = new Set<string>();

  approve(paths: Iterable<string>): void {
    for (const path of paths) this.#paths.add(path);
  }

  /** @throws RpcError `open` naming the first of `paths` that the user never chose */
  check(paths: readonly string[]): void {
    const foreign = paths.find((path) => !this.#paths.has(path));
    if (foreign === undefined) return;
    throw new RpcError('open', `${foreign} was not chosen in a dialog, dropped or given`);
  }
}
