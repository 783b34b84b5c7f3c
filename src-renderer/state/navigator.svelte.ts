import { hashOf, locationOf, type Location } from '../model/location.ts';

interface EntryState {
  readonly entry: number;
}

/**
 * Where the window is, kept in the URL's hash: links are plain links, and back and forward are the
 * browser's own. Each history entry carries its number, so that the buttons know their ends.
 */
export class Navigator {
  location = $state.raw<Location>({ view: 'overview' });
  #entry = $state(0);
  #first = $state(0);
  #last = $state(0);
  readonly canGoBack = $derived(this.#entry > this.#first);
  readonly canGoForward = $derived(this.#entry < this.#last);

  /** Begins to follow the hash. @returns a function that ends it */
  start(): () => void {
    this.#entry = entryOf(history.state) ?? 0;
    this.#last = this.#entry;
    this.#mark();
    this.location = locationOf(location.hash);
    const follow = () => {
      this.#follow();
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }

  /** Forgets what came before: another dump was opened. */
  reset(to: Location = { view: 'overview' }): void {
    this.go(to);
    this.#first = this.#entry;
    this.#last = this.#entry;
  }

  /** A new entry, unless it is where the window is already. */
  go(to: Location): void {
    const hash = hashOf(to);
    if (hash === location.hash) return;
    history.pushState({ entry: this.#entry + 1 } satisfies EntryState, '', hash);
    this.#entry++;
    this.#last = this.#entry;
    this.location = to;
  }

  /** The same entry with another place: moving the selection is not worth a step back. */
  replace(to: Location): void {
    history.replaceState({ entry: this.#entry } satisfies EntryState, '', hashOf(to));
    this.location = to;
  }

  back(): void {
    if (this.canGoBack) history.back();
  }

  forward(): void {
    if (this.canGoForward) history.forward();
  }

  #follow(): void {
    const known = entryOf(history.state);
    if (known === undefined) {
      // A link was followed: the browser made the entry, and it has no number yet.
      this.#entry++;
      this.#last = this.#entry;
      this.#mark();
    } else {
      this.#entry = known;
    }
    this.location = locationOf(location.hash);
  }

  #mark(): void {
    history.replaceState({ entry: this.#entry } satisfies EntryState, '');
  }
}

function entryOf(state: unknown): number | undefined {
  return typeof state === 'object' && state !== null && 'entry' in state
    ? Number(state.entry)
    : undefined;
}
