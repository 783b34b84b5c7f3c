import type { CallOptions, OpenProgress, OpenRequest } from '../../../src-shared/contract/index.ts';
import type { VirtAddr } from '../base/address.ts';
import {
  readKernelIdentity,
  readModuleIdentity,
  readModuleSections,
} from '../program/build-identity.ts';
import { ProgramDebugInfo, type DebugInfoPart } from '../program/debug-info.ts';
import type { LoadedModule } from '../program/modules.ts';
import type { Program } from '../program/program.ts';
import type { EngineDeps, FoundDebuginfo, OpenedDebugFile } from './engine-deps.ts';

/** Gives a program the debuginfo the user named, as far as it is this kernel's. */
export async function attachDebuginfo(
  deps: EngineDeps,
  program: Program,
  request: OpenRequest,
  call: CallOptions<OpenProgress> | undefined,
): Promise<FoundDebuginfo | undefined> {
  const given = request.debuginfo ?? [];
  if (given.length === 0) return undefined;
  call?.onProgress?.({ phase: 'debuginfo', text: 'Opening debuginfo' });
  const modules = program.modules();
  const found = await deps.findDebuginfo({
    ...readKernelIdentity(program),
    modules: modules.map((module) => {
      const sections = readModuleSections(module);
      return { ...readModuleIdentity(module), sectionAddress: (name) => sections.get(name) };
    }),
    dumpPath: request.paths[0] ?? '',
    given,
    onProgress: (text, fraction) => call?.onProgress?.({ phase: 'debuginfo', text, fraction }),
    signal: call?.signal,
  });
  const parts = found.files.flatMap((file) => partOf(program, modules, file));
  if (parts.length > 0) {
    const debugInfo = new ProgramDebugInfo(parts);
    const kernel = parts.find(({ name }) => name === 'vmlinux');
    const types = kernel && debugInfo.typesOf(kernel);
    program.attachDebugInfo(debugInfo, types);
  }
  return found;
}

function partOf(
  program: Program,
  modules: readonly LoadedModule[],
  { name, path, match, dwarf }: OpenedDebugFile,
): DebugInfoPart[] {
  if (dwarf === undefined) return [];
  const module = modules.find((each) => each.name === name);
  if (module !== undefined) {
    const covers = (address: VirtAddr): boolean => module.contains(address);
    return [{ name, path, match, dwarf, slide: 0n, covers }];
  }
  const covers = (address: VirtAddr): boolean =>
    !modules.some((each) => each.contains(address)) && program.symbols.at(address) !== undefined;
  // Without KASLR's offset every line would be another function's.
  const slide = program.translator.kernelOffset;
  return slide === undefined ? [] : [{ name, path, match, dwarf, slide, covers }];
}
