import type { EngineService, SessionInfo } from '../../../src-shared/contract/index.ts';
import { errorInfoOf } from '../../../src-shared/rpc/rpc-error.ts';
import { printable } from '../../render/printable.ts';
import { complain, type Output } from './output.ts';

/** Opens the dump and says what opening had to warn of; undefined when it cannot be opened. */
export async function openSession(
  engine: EngineService,
  files: readonly string[],
  debuginfo: readonly string[],
  output: Output,
): Promise<SessionInfo | undefined> {
  try {
    const info = await engine.open({
      paths: files,
      ...(debuginfo.length > 0 && { debuginfo }),
    });
    for (const warning of info.warnings) {
      complain(output, 'warning', warning.split('\n').map(printable).join('\n  '));
    }
    return info;
  } catch (thrown) {
    const { kind, message } = errorInfoOf(thrown);
    if (kind === 'internal') throw thrown;
    complain(output, 'error', printable(message));
    return undefined;
  }
}
