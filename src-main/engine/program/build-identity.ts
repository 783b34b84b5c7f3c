import { FaultError, tryRead } from '../base/fault.ts';
import type { VirtAddr } from '../base/address.ts';
import { buildIdOf } from '../debuginfo/elf-notes.ts';
import type { LoadedModule } from './modules.ts';
import type { KernelObject } from './object.ts';
import type { Program } from './program.ts';

/** What tells a kernel's build from any other; the keys to its debuginfo. */
export interface KernelIdentity {
  /** `uname -r` */
  readonly release: string | undefined;
  /** Hex. */
  readonly buildId: string | undefined;
  /** Where the build-id was read. */
  readonly buildIdFrom: 'VMCOREINFO' | 'notes in memory' | undefined;
  /** `linux_banner` */
  readonly banner: string | undefined;
}

export interface ModuleIdentity {
  readonly name: string;
  readonly buildId: string | undefined;
  /** `srcversion` of modinfo; most modules have none. */
  readonly srcversion: string | undefined;
}

/** The kernel's .notes have some 500 bytes, a module's 100. */
const MAX_NOTES = 64 * 1024;
/** -ffunction-sections (live patching) makes hundreds. */
const MAX_SECTIONS = 4096;

/**
 * Parts that cannot be read are undefined.
 * @source include/asm-generic/vmlinux.lds.h `NOTES`; kernel/vmcore_info.c (BUILD-ID since 5.13,
 *   commit 0935288c6e00)
 */
export function readKernelIdentity(program: Program): KernelIdentity {
  const { vmcoreinfo } = program;
  const banner = tryRead(() => {
    const symbol = program.symbols.findInKernel('linux_banner');
    return symbol && program.kernel.readCString(symbol.address, 1024).trim();
  });
  const told = vmcoreinfo.buildId;
  const inMemory = told === undefined ? tryRead(() => kernelNotesId(program)) : undefined;
  return {
    release: vmcoreinfo.osRelease ?? /^Linux version (\S+)/.exec(banner ?? '')?.[1],
    buildId: told ?? inMemory,
    buildIdFrom:
      told !== undefined ? 'VMCOREINFO' : inMemory === undefined ? undefined : 'notes in memory',
    banner,
  };
}

function kernelNotesId(program: Program): string | undefined {
  const start = program.symbols.findInKernel('__start_notes');
  const stop = program.symbols.findInKernel('__stop_notes');
  if (start === undefined || stop === undefined) return undefined;
  const size = stop.address - start.address;
  if (size <= 0n || size > BigInt(MAX_NOTES)) return undefined;
  return buildIdOf(program.kernel.read(start.address, Number(size)));
}

export function readModuleIdentity({ name, object }: LoadedModule): ModuleIdentity {
  return {
    name,
    buildId: tryRead(() => moduleNotesId(object)),
    srcversion: tryRead(() => textAt(object, 'srcversion')),
  };
}

/**
 * Where the module's sections were loaded, by name (`.text`, `.data`, `.bss`): what relocates its
 * debuginfo. Sections freed after initialisation (`.init.text`) are listed by the kernel, too.
 * Empty where the kernel keeps no list (no CONFIG_KALLSYMS or sysfs) or its types are unknown.
 * @source kernel/module/sysfs.c `struct module_sect_attrs`: `attrs[]` with `address`; since 6.14
 *   (commit 4b2c11e4aaf7) bin_attributes whose `private` is the address
 */
export function readModuleSections({ object }: LoadedModule): ReadonlyMap<string, VirtAddr> {
  const sections = new Map<string, VirtAddr>();
  try {
    const list = object.member('sect_attrs');
    if (list.pointer() === 0n) return sections;
    const attrs = list.deref();
    if (attrs.has('nsections')) {
      const count = Math.min(attrs.member('nsections').number(), MAX_SECTIONS);
      for (let i = 0; i < count; i++) {
        const attr = attrs.member('attrs').index(i);
        const name = textAt(attr, 'battr.attr.name');
        if (name !== undefined) sections.set(name, attr.member('address').pointer());
      }
    } else {
      for (const attr of binAttributes(attrs)) {
        const name = textAt(attr, 'attr.name');
        if (name !== undefined) sections.set(name, attr.member('private').pointer());
      }
    }
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
  }
  return sections;
}

/** @source kernel/module/sysfs.c `add_notes_attrs`: `private` and `size` are the note section's */
function moduleNotesId(module: KernelObject): string | undefined {
  const list = module.member('notes_attrs');
  if (list.pointer() === 0n) return undefined;
  const attrs = list.deref();
  const notes = attrs.has('notes')
    ? elementsOf(attrs.member('attrs'), Math.min(attrs.member('notes').number(), MAX_SECTIONS))
    : binAttributes(attrs);
  for (const note of notes) {
    const size = note.member('size').bigint();
    if (size > BigInt(MAX_NOTES)) continue;
    const found = buildIdOf(note.space.read(note.member('private').pointer(), Number(size)));
    if (found !== undefined) return found;
  }
  return undefined;
}

function* elementsOf(array: KernelObject, count: number): Generator<KernelObject> {
  for (let i = 0; i < count; i++) yield array.index(i);
}

/** The attribute group's list, which a NULL ends. */
function* binAttributes(attrs: KernelObject): Generator<KernelObject> {
  const list = attrs.member('grp.bin_attrs');
  if (list.pointer() === 0n) return;
  for (let i = 0; i < MAX_SECTIONS; i++) {
    const entry = list.index(i);
    if (entry.pointer() === 0n) return;
    yield entry.deref();
  }
}

function textAt(object: KernelObject, path: string): string | undefined {
  const pointer = object.member(path).pointer();
  if (pointer === 0n) return undefined;
  const text = object.space.readCString(pointer, 128);
  return text === '' ? undefined : text;
}
