export type ThemeChoice = 'auto' | 'light' | 'dark';

const KEY = 'oopscope.theme';

/** Light, dark, or what the system says; kept in the window's storage where there is one. */
export class Theme {
  choice = $state<ThemeChoice>(stored());
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  readonly dark = $derived(this.choice === 'auto' ? this.#systemDark : this.choice === 'dark');

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
      this.#systemDark = event.matches;
    });
    this.#apply();
  }

  /** To the other of light and dark; back to `auto` when that is what the system says. */
  toggle(): void {
    const wanted = this.dark ? 'light' : 'dark';
    this.choice = this.#systemDark === (wanted === 'dark') ? 'auto' : wanted;
    this.#apply();
    try {
      localStorage.setItem(KEY, this.choice);
    } catch {
      // No storage: the choice lasts as long as the window.
    }
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.choice;
  }
}

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto';
  }
}
