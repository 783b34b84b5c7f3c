import type { Block, CallOptions, ErrorInfo, RunResult } from '../../src-shared/contract/index.ts';
import type { SortKey } from '../model/table.ts';
import { errorInfoOf } from './errors.ts';

/** What a view remembers while another one is shown. */
export class TasksModel {
  /** The task that Tasks and Stack look at; undefined: the one that died. */
  chosen = $state.raw<bigint | undefined>();
  text = $state('');
  state = $state('');
  kind = $state<'all' | 'user' | 'kernel'>('all');
  activeOnly = $state(false);
  sort = $state.raw<SortKey | undefined>();
  scrollTop = 0;

  /** All tasks are listed again. */
  showAll(): void {
    this.text = '';
    this.state = '';
    this.kind = 'all';
    this.activeOnly = false;
  }
}

export type CodePane = 'both' | 'source' | 'assembly';
export type DataPane = 'variables' | 'words' | 'registers';

export class StackModel {
  /** The tab chosen; until then both where the frame has source lines, else assembly. */
  code = $state<CodePane | undefined>();
  data = $state<DataPane>('variables');
  /** In a narrow window there is one row of tabs for all of them. */
  narrow = $state<Exclude<CodePane, 'both'> | DataPane>('variables');
  share = $state(0.56);
  bytes = $state(false);
}

export class LogModel {
  maxLevel = $state(7);
  query = $state('');
  /** Which hit is current. */
  hit = $state(0);
  relative = $state(false);
  callers = $state(false);
  wrap = $state(true);
  scrollTop: number | undefined;
}

export class MemoryModel {
  /** Row number (address / 16) at the top of the window. */
  topRow = $state<bigint>(0n);
  cursor = $state<bigint>(0n);
  /** The other end of the selection; equals the cursor when one byte is selected. */
  anchor = $state<bigint>(0n);
  words = $state(false);
  /** The location that was last brought into view, so that a redraw does not jump back to it. */
  shown = '';
}

export type TypesPane = 'members' | 'definition' | 'users';

const MOST_RECENT = 8;
/** Types whose open rows are kept. */
const MOST_LEFT = 30;

export class TypesModel {
  /** Of the list of all types. */
  text = $state('');
  kind = $state('all');
  sort = $state.raw<SortKey | undefined>();
  scrollTop = 0;
  /** Types looked at, the last one first; named as in the location. */
  recent = $state.raw<readonly string[]>([]);
  pane = $state<TypesPane>('members');
  offsetRadix = $state<10 | 16>(16);
  radix = $state<10 | 16>(10);
  /** Of the members of one type: what the filter says, which rows are not as they begin. */
  filter = $state('');
  toggled = $state.raw<ReadonlySet<string>>(new Set());
  membersTop = 0;
  usersTop = 0;
  #of = '';
  readonly #left = new Map<string, Pick<TypesModel, 'filter' | 'toggled' | 'membersTop'>>();

  /** A type is looked at: as it was left, or as it begins. */
  look(name: string): void {
    if (this.#of === name) return;
    const { filter, toggled, membersTop } = this;
    this.#left.delete(this.#of);
    this.#left.set(this.#of, { filter, toggled, membersTop });
    for (const oldest of this.#left.keys()) {
      if (this.#left.size <= MOST_LEFT) break;
      this.#left.delete(oldest);
    }
    const before = this.#left.get(name);
    this.filter = before?.filter ?? '';
    this.toggled = before?.toggled ?? new Set();
    this.membersTop = before?.membersTop ?? 0;
    this.usersTop = 0;
    this.#of = name;
  }

  /** There is such a type, and it is looked at for a while. */
  remember(name: string): void {
    this.recent = [name, ...this.recent.filter((each) => each !== name)].slice(0, MOST_RECENT);
  }
}

export class ModulesModel {
  text = $state('');
  sort = $state.raw<SortKey | undefined>();
  scrollTop = 0;
}

/** One command of the console, its answer growing while it runs. */
export class ConsoleEntry {
  readonly id: number;
  readonly line: string;
  blocks = $state.raw<readonly Block[]>([]);
  error = $state.raw<ErrorInfo | undefined>();
  running = $state(true);
  readonly abort = new AbortController();
  constructor(id: number, line: string) {
    this.id = id;
    this.line = line;
  }
}

interface Runner {
  stream(line: string, call: CallOptions<Block>): Promise<RunResult>;
}

const SHOW_EVERY_MS = 40;
const MOST_ENTRIES = 100;

export class ConsoleModel {
  open = $state(false);
  height = $state(300);
  entries = $state.raw<readonly ConsoleEntry[]>([]);
  history: readonly string[] = [];
  #next = 0;

  submit(line: string, runner: Runner): void {
    const wanted = line.trim();
    if (!wanted) return;
    this.history = [...this.history.filter((known) => known !== wanted), wanted].slice(-200);
    const entry = new ConsoleEntry(this.#next++, wanted);
    this.entries = [...this.entries, entry].slice(-MOST_ENTRIES);
    void this.#run(entry, runner);
  }

  async #run(entry: ConsoleEntry, runner: Runner): Promise<void> {
    let made: Block[] = [];
    // Thousands of blocks are shown in some steps, not each in one of its own.
    const show = (): void => {
      if (made.length > 0) entry.blocks = [...entry.blocks, ...made];
      made = [];
    };
    const steps = setInterval(show, SHOW_EVERY_MS);
    try {
      const result = await runner.stream(entry.line, {
        signal: entry.abort.signal,
        onProgress: (block) => void made.push(block),
      });
      entry.error = result.error;
    } catch (reason) {
      entry.error = errorInfoOf(reason);
    } finally {
      clearInterval(steps);
      show();
      entry.running = false;
    }
  }

  get running(): ConsoleEntry | undefined {
    return this.entries.findLast((entry) => entry.running);
  }

  clear(): void {
    this.entries = this.entries.filter((entry) => entry.running);
  }
}
