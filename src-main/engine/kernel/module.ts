import type { VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { containerOf, type KernelObject } from '../program/object.ts';
import type { LoadedModule } from '../program/modules.ts';
import type { Program } from '../program/program.ts';
import { walkList } from './list.ts';

/** What `lsmod` and crash's `mod` say of one module; undefined where that part cannot be read. */
export interface ModuleView {
  readonly module: LoadedModule;
  /** `struct module *`. */
  readonly address: VirtAddr;
  readonly name: string;
  /** Core memory before 6.4; the text region since (crash's TEXT_BASE). */
  readonly base: VirtAddr | undefined;
  /** Bytes of all memory but the init sections, as crash and lsmod count. */
  readonly size: number;
  readonly taints: bigint | undefined;
  /** References without the module's own. */
  readonly references: number | undefined;
  /** Names of modules that use this one. */
  readonly usedBy: readonly string[];
  readonly state: 'Live' | 'Loading' | 'Unloading' | 'Unformed' | 'unknown';
  /** What could not be read, full sentences. */
  readonly problems: readonly string[];
}

const STATES = ['Live', 'Loading', 'Unloading', 'Unformed'] as const;
/** `MODULE_REF_BASE`. @source kernel/module/main.c */
const MODULE_REF_BASE = 1;

/**
 * Modules ascending by base, as crash lists them. Since 6.4 (commit ac3b43283923) a module's memory is
 * `mem[]` by type; before, `core_layout` and `init_layout`.
 * @source include/linux/module.h `struct module`
 */
export function listModules(program: Program): readonly ModuleView[] {
  const views = program.modules().map((module) => viewOf(program, module));
  return views.sort((a, b) => ((a.base ?? 0n) < (b.base ?? 0n) ? -1 : 1));
}

function viewOf(program: Program, module: LoadedModule): ModuleView {
  const { object } = module;
  const problems: string[] = [];
  const attempt = <T>(what: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      problems.push(`${what} of module ${module.name} cannot be read: ${error.message}.`);
      return undefined;
    }
  };
  const core = module.regions.filter((region) => !region.kind.startsWith('init'));
  const base = core.find((region) => region.kind === 'text' || region.kind === 'core')?.start;
  return {
    module,
    address: object.address,
    name: module.name,
    base,
    size: core.reduce((sum, region) => sum + Number(region.end - region.start), 0),
    taints: attempt('The taints', () => BigInt.asUintN(64, object.member('taints').bigint())),
    references: object.has('refcnt')
      ? attempt(
          'The reference count',
          () => object.member('refcnt.counter').number() - MODULE_REF_BASE,
        )
      : undefined,
    usedBy: attempt('The users', () => usersOf(program, object, problems)) ?? [],
    state: attempt('The state', () => STATES[object.member('state').number()]) ?? 'unknown',
    problems,
  };
}

/** `module->source_list` holds a `struct module_use` for every module that uses this one. */
function usersOf(program: Program, module: KernelObject, problems: string[]): string[] {
  if (!module.has('source_list')) return []; // !CONFIG_MODULE_UNLOAD
  const head = module.member('source_list').address;
  const walk = walkList(program.kernel, head, `The users of the module at ${module.address}`, 4096);
  if (walk.problem !== undefined) problems.push(`${walk.problem}.`);
  return walk.items.map((node) => {
    const use = containerOf(program, node, 'struct module_use', 'source_list');
    return use.member('source').follow('name').text(64);
  });
}
