import {
  isAbsent,
  type Absent,
  type EngineService,
  type SourceLine,
  type SourceText,
} from '../../src-shared/contract/index.ts';
import { errorInfoOf } from './errors.ts';

/** Lines read at first on each side of the one that executes. */
const AROUND = 100;
/** Lines read when the end of what is shown comes near. */
const STEP = 200;

/** A source file that is read as far as it is looked at. */
export class SourceReader {
  /** All lines read so far, without gaps; why there are none; undefined while they are read. */
  found = $state.raw<SourceText | Absent | undefined>();
  readonly #read: (first: number, count: number) => Promise<SourceText | Absent>;
  #busy = true;

  /** @param address code that was compiled from the line */
  constructor(engine: EngineService, session: string, { file, line }: SourceLine, address: bigint) {
    this.#read = async (first, count) => {
      try {
        return await engine.readSource({ session, file, first, count, address });
      } catch (reason) {
        return { absent: 'unknown', why: errorInfoOf(reason).message };
      }
    };
    const first = Math.max(1, line - AROUND);
    void this.#read(first, line + AROUND - first + 1).then((found) => {
      this.found = found;
      this.#busy = false;
    });
  }

  /** The lines before or after those that were read. */
  async more(where: 'before' | 'after'): Promise<void> {
    const now = this.found;
    if (this.#busy || now === undefined || isAbsent(now)) return;
    const end = now.first + now.lines.length;
    const first = where === 'before' ? Math.max(1, now.first - STEP) : end;
    const count = Math.min(STEP, where === 'before' ? now.first - first : now.count - end + 1);
    if (count <= 0) return;
    this.#busy = true;
    const more = await this.#read(first, count);
    this.#busy = false;
    // What was read stays when more of it cannot be had.
    if (isAbsent(more) || more.lines.length === 0) return;
    this.found =
      where === 'before'
        ? { ...now, first, lines: [...more.lines, ...now.lines] }
        : { ...now, lines: [...now.lines, ...more.lines] };
  }
}
