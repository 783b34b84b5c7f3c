import type { DebuginfoFolderList, HostBridge } from '../../src-shared/contract/index.ts';
import { errorInfoOf } from './errors.ts';

/** Whose host keeps the folders, and of which release the dump is that is open. */
interface Owner {
  readonly bridge: HostBridge;
  readonly session: { readonly info: { readonly release: string | undefined } } | undefined;
}

/** The folders that every search for debuginfo asks, as the host keeps them. */
export class FoldersModel {
  /** Undefined until they are known. */
  list = $state.raw<DebuginfoFolderList | undefined>();
  /** Why the last change failed. */
  problem = $state<string | undefined>();
  busy = $state(false);
  readonly #owner: Owner;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  async load(): Promise<void> {
    await this.#take((bridge, about) => bridge.debuginfoFolders(about));
  }

  /** @returns whether it is remembered now */
  async add(path: string): Promise<boolean> {
    return this.#take((bridge, about) => bridge.addDebuginfoFolder({ path, ...about }));
  }

  async remove(path: string): Promise<boolean> {
    return this.#take((bridge, about) => bridge.removeDebuginfoFolder({ path, ...about }));
  }

  async #take(
    call: (bridge: HostBridge, about: { release?: string }) => Promise<DebuginfoFolderList>,
  ): Promise<boolean> {
    const { bridge, session } = this.#owner;
    const release = session?.info.release;
    this.busy = true;
    this.problem = undefined;
    try {
      this.list = await call(bridge, release === undefined ? {} : { release });
      return true;
    } catch (reason) {
      this.problem = errorInfoOf(reason).message;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
