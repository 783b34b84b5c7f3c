import type { EngineService, SessionInfo } from '../../../src-shared/contract/index.ts';
import { errorInfoOf } from '../../../src-shared/rpc/rpc-error.ts';
import { printable } from '../../render/printable.ts';
import { complain, type Output } from './output.ts';

/** What the command line names. */
export interface Named {
  readonly files: readonly string[];
  readonly debuginfo: readonly string[];
  readonly override: readonly string[];
  /** Each `PATH` or `PREFIX=PATH`. */
  readonly sources: readonly string[];
  readonly search: boolean;
}

/**
 * Opens the dump and says what opening had to warn of; undefined when it cannot be opened.
 * @param advises whether to say how to get what would fit, where all that was named is refused
 */
export async function openSession(
  engine: EngineService,
  { files, debuginfo, override, sources, search }: Named,
  output: Output,
  advises = true,
): Promise<SessionInfo | undefined> {
  try {
    const request = {
      paths: files,
      ...(debuginfo.length > 0 && { debuginfo }),
      ...(override.length > 0 && { override }),
      ...(sources.length > 0 && { sources }),
      ...(!search && { search }),
    };
    const { progress } = output;
    const info = await engine
      .open(request, progress && { onProgress: (step) => progress.show(step) })
      .finally(() => progress?.clear());
    for (const warning of info.warnings) {
      complain(output, 'warning', warning.split('\n').map(printable).join('\n  '));
    }
    const { given, parts, override: word } = info.debuginfo;
    if (word !== undefined) complain(output, 'warning', printable(word));
    if (advises && given.length > 0 && parts.length === 0) await advise(info, output);
    return info;
  } catch (thrown) {
    const { kind, message } = errorInfoOf(thrown);
    if (kind === 'internal') throw thrown;
    complain(output, 'error', printable(message));
    return undefined;
  }
}

/** Where what would fit is to be had, by the likely way. */
async function advise({ debuginfo }: SessionInfo, output: Output): Promise<void> {
  const { shortAdviceText } = await import('../../io/debuginfo-search/advice.ts');
  const { wanted, advice } = debuginfo;
  const needed = { release: wanted.release ?? 'unknown', buildId: wanted.buildId, ways: advice };
  const text = shortAdviceText(needed, 'oopscope debuginfo find DUMP');
  complain(output, 'note', text.trimEnd().split('\n').map(printable).join('\n  '));
}
