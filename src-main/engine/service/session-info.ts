import type { SessionId, SessionInfo } from '../../../src-shared/contract/index.ts';
import type { Program } from '../program/program.ts';
import type { AttachedDebuginfo } from './attach-debuginfo.ts';

/** What opening found, for the caller. */
export function sessionInfoOf(
  session: SessionId,
  program: Program,
  openedInMs: number,
  { info: debuginfo, problems }: AttachedDebuginfo,
): Omit<SessionInfo, 'sources'> {
  const { image, vmcoreinfo, capabilities, decisions, warnings } = program;
  return {
    session,
    files: image.sources.map((source) => source.name),
    format: image.format,
    release: vmcoreinfo.osRelease ?? (image.utsname?.release || undefined),
    machine: image.machine,
    openedInMs,
    capabilities,
    decisions,
    warnings: [...image.warnings, ...warnings, ...problems],
    debuginfo,
  };
}
