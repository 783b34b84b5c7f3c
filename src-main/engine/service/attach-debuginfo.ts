import type {
  CallOptions,
  DebuginfoInfo,
  DebuginfoPart,
  GivenDebuginfo,
  OpenProgress,
  OpenRequest,
} from '../../../src-shared/contract/index.ts';
import type { VirtAddr } from '../base/address.ts';
import {
  readKernelIdentity,
  readModuleIdentity,
  readModuleSections,
  type KernelIdentity,
} from '../program/build-identity.ts';
import { ProgramDebugInfo, type DebugInfoPart } from '../program/debug-info.ts';
import type { LoadedModule } from '../program/modules.ts';
import type { VmlinuxSymbols } from '../program/find-symbols.ts';
import { openProgram } from '../program/open.ts';
import type { Program } from '../program/program.ts';
import { compareKernelSymbols, compareModuleSymbols } from '../program/symbol-agreement.ts';
import { NamesOnDemand, withNames } from './names.ts';
import type { EngineDeps, FoundDebuginfo, OpenedDebugFile } from './engine-deps.ts';

/** The debuginfo of a session's program; its files are open until close(). */
export interface AttachedDebuginfo {
  readonly program: Program;
  readonly info: DebuginfoInfo;
  readonly problems: readonly string[];
  /** What look-ups by name in the kernel's DWARF wait for. */
  readonly names: NamesOnDemand | undefined;
  close(): void;
}

const MAX_NAMES = 64;

/** Gives a program the debuginfo that is found, as far as it is this kernel's. */
export async function attachDebuginfo(
  deps: EngineDeps,
  program: Program,
  request: OpenRequest,
  call: CallOptions<OpenProgress> | undefined,
): Promise<AttachedDebuginfo> {
  // What was named twice counts once, with the stronger word.
  const named = new Map<string, GivenDebuginfo>([
    ...(request.debuginfo ?? []).map((path) => [path, { path }] as const),
    ...(request.override ?? []).map((path) => [path, { path, override: true }] as const),
  ]);
  const given = [...named.values()];
  return attachGiven(deps, program, { ...request, given }, call);
}

export interface GivenRequest {
  readonly paths: readonly string[];
  readonly given: readonly GivenDebuginfo[];
  readonly search?: boolean;
}

/**
 * @param opened made anew from the same dump where vmlinux's symbols stand in for its own: the
 *   answer's program is to be used
 * @throws only what cancels; what fails is told in the steps and problems
 */
export async function attachGiven(
  deps: EngineDeps,
  opened: Program,
  given: GivenRequest,
  call: CallOptions<OpenProgress> | undefined,
): Promise<AttachedDebuginfo> {
  const started = deps.now();
  let program = opened;
  let found = await lookFor(deps, program, given, call);
  const vmlinux = needsSymbols(program) ? symbolsIn(found.files) : undefined;
  if (vmlinux !== undefined) {
    program = openProgram(program.image, undefined, vmlinux);
    // Only now the modules are known, and what the kernel's notes say.
    found.close();
    found = await lookFor(deps, program, given, call);
  }
  return attachFound(program, found, given, () => deps.now() - started);
}

function publicPart(file: OpenedDebugFile): DebuginfoPart {
  const { name, path, match, buildId, how, hasDwarf, origin } = file;
  return { name, path, match, buildId, how, hasDwarf, ...(origin && { origin }) };
}

function needsSymbols({ symbols: { kernelTable } }: Program): boolean {
  return kernelTable === undefined || kernelTable.lost > 0;
}

/** Symbols of another build are no stand-in, whoever wanted its lines. */
function symbolsIn(files: readonly OpenedDebugFile[]): VmlinuxSymbols | undefined {
  const file = files.find(({ name }) => name === 'vmlinux');
  if (file?.readKernelSymbols === undefined || file.match === 'override') return undefined;
  const { path, match, buildId, readKernelSymbols } = file;
  return { path, match, buildId, read: readKernelSymbols };
}

/** What is found; what fails is told in its steps and problems. @throws only what cancels */
async function lookFor(
  deps: EngineDeps,
  program: Program,
  { paths, given, search = true }: GivenRequest,
  call: CallOptions<OpenProgress> | undefined,
): Promise<FoundDebuginfo> {
  if (!search && given.length === 0) return NOTHING;
  const report = (text: string, fraction?: number): void =>
    call?.onProgress?.({
      phase: 'debuginfo',
      text,
      ...(fraction !== undefined && { fraction }),
    });
  report('Looking for debuginfo');
  try {
    return await deps.findDebuginfo({
      ...readKernelIdentity(program),
      compare: compareKernelSymbols(program),
      modules: program.modules().map((module) => wantedModule(module)),
      dumpPath: paths[0] ?? '',
      given,
      search,
      onProgress: report,
      signal: call?.signal,
    });
  } catch (error) {
    if (call?.signal?.aborted === true || !(error instanceof Error)) throw error;
    return failed(error);
  }
}

async function attachFound(
  program: Program,
  found: FoundDebuginfo,
  { given, search = true }: GivenRequest,
  tookMs: () => number,
): Promise<AttachedDebuginfo> {
  const identity = readKernelIdentity(program);
  const modules = program.modules();
  const parts = found.files.flatMap((file) => partOf(program, modules, file));
  const namesOnDemand = attachParts(program, found.files, parts);
  const names = new Set(parts.map(({ name }) => name));
  const unplaced = found.files.filter(({ name, dwarf }) => dwarf !== undefined && !names.has(name));
  const missing = modules.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  const override = overrideSentence(found.files, identity);
  const info: DebuginfoInfo = {
    wanted: { release: identity.release, buildId: identity.buildId },
    given,
    searched: search,
    parts: found.files.filter((file) => !unplaced.includes(file)).map(publicPart),
    steps: [...found.steps, ...unplaced.map(unplacedStep)],
    stepsLeftOut: found.stepsLeftOut ?? 0,
    missingModules: missing,
    moduleCount: modules.length,
    advice: found.advice,
    types: await withNames(namesOnDemand, () => typesOf(program, names.has('vmlinux'))),
    override,
    tookMs: tookMs(),
  };
  const close = (): void => {
    namesOnDemand?.close();
    found.close();
  };
  const problems = [...found.problems, ...unplaced.map((file) => `${unplacedStep(file).message}.`)];
  return { program, info, problems, names: namesOnDemand, close };
}

const NOTHING: FoundDebuginfo = {
  files: [],
  steps: [],
  problems: [],
  advice: [],
  close: () => undefined,
};

/** Of a file that matches, and yet nobody knows which of its addresses are which of the dump's. */
function unplacedStep({ name, path }: OpenedDebugFile) {
  const message = `${path} is not used: the dump does not tell by how much KASLR moved the kernel`;
  return { place: 'the dump', what: name, outcome: 'unreadable', message, path } as const;
}

function failed({ message }: Error): FoundDebuginfo {
  const step = { place: 'the search', what: 'vmlinux', outcome: 'unreadable', message } as const;
  return { ...NOTHING, steps: [step], problems: [`debuginfo: ${message}`] };
}

/** What is asked for only where a place has something to compare is read only then. */
function wantedModule(module: LoadedModule) {
  let identity: ReturnType<typeof readModuleIdentity> | undefined;
  const known = () => (identity ??= readModuleIdentity(module));
  let sections: ReadonlyMap<string, VirtAddr> | undefined;
  const sectionAddress = (name: string) => (sections ??= readModuleSections(module)).get(name);
  return {
    name: module.name,
    compare: compareModuleSymbols(module, sectionAddress),
    get buildId() {
      return known().buildId;
    },
    get srcversion() {
      return known().srcversion;
    },
    sectionAddress,
  };
}

function attachParts(
  program: Program,
  files: readonly OpenedDebugFile[],
  parts: readonly DebugInfoPart[],
): NamesOnDemand | undefined {
  if (parts.length === 0) return undefined;
  const debugInfo = new ProgramDebugInfo(parts);
  const kernel = parts.find(({ name }) => name === 'vmlinux');
  const types = kernel && debugInfo.typesOf(kernel);
  const readNames = files.find(({ name }) => name === 'vmlinux')?.readNames;
  const names = types && readNames && new NamesOnDemand(types, readNames);
  program.attachDebugInfo(debugInfo, types);
  return names;
}

function partOf(
  program: Program,
  modules: readonly LoadedModule[],
  { name, path, match, dwarf, origin, readSymbols, findSymbolFile }: OpenedDebugFile,
): DebugInfoPart[] {
  if (dwarf === undefined) return [];
  const file = { name, path, match, dwarf, takenFrom: origin?.path, findSymbolFile };
  const module = modules.find((each) => each.name === name);
  if (module !== undefined) {
    const covers = (address: VirtAddr): boolean => module.contains(address);
    return [{ ...file, slide: 0n, readSymbols, covers }];
  }
  const covers = (address: VirtAddr): boolean =>
    !modules.some((each) => each.contains(address)) && program.symbols.at(address) !== undefined;
  // Without KASLR's offset every line would be another function's.
  const slide = program.kernelSlide;
  return slide === undefined ? [] : [{ ...file, slide, covers }];
}

function overrideSentence(
  files: readonly OpenedDebugFile[],
  { buildId, release }: KernelIdentity,
): string | undefined {
  const others = files.filter(({ match }) => match === 'override');
  const [first] = others;
  if (first === undefined) return undefined;
  const names = others.slice(0, MAX_NAMES).map(({ name, path }) => `${name} from ${path}`);
  const ids =
    first.name === 'vmlinux'
      ? first.buildId !== undefined && first.buildId === buildId
        ? ` (it claims the dump's build-id ${buildId}, but its functions are not the dump's)`
        : ` (build-id ${first.buildId ?? 'unknown'}; the dump's is ${buildId ?? 'unknown'}, release ${release ?? 'unknown'})`
      : '';
  return `OVERRIDE: debuginfo of another build is in use on your word: ${names.join(', ')}${ids}. Lines, inlined functions, variables and types by it may be wrong.`;
}

function typesOf(program: Program, hasDwarf: boolean): string {
  const types = program.capabilities.find(({ name }) => name === 'types');
  if (types === undefined || !types.ok) return types?.how ?? 'nobody';
  return hasDwarf && !types.how.startsWith('DWARF')
    ? `${types.how}; DWARF of vmlinux for variables and functions`
    : types.how;
}
