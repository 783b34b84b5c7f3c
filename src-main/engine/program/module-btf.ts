import { hex, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { MAX_READ } from './address-space.ts';
import { containerOf, type ObjectContext } from './object.ts';

/** Split BTF of the loaded modules, as the kernel keeps it. */
export interface ModuleBtfs {
  /** By address of `struct module`. Ids and strings continue those of vmlinux's BTF. */
  readonly blobs: ReadonlyMap<bigint, Uint8Array>;
  readonly warnings: readonly string[];
}

/** More than any machine loads; a damaged list must end. */
const MAX_MODULES = 4096;
/**
 * Bytes of all modules together, four times what all of a distribution's have. Page tables may show
 * one page as any number of blobs.
 */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Walks `btf_modules`. The blob is that of `struct btf`, which the kernel has relocated to
 * vmlinux's BTF where it was built against another one (6.12+): `module.btf_data` points to the
 * section as loaded, and is NULL once the module is.
 * @param head address of the `btf_modules` symbol (5.11+)
 * @source kernel/bpf/btf.c `struct btf_module`, btf_module_notify(); kernel/module/main.c
 */
export function readModuleBtfs(context: ObjectContext, head: VirtAddr): ModuleBtfs {
  const blobs = new Map<bigint, Uint8Array>();
  const warnings: string[] = [];
  const seen = new Set<bigint>([head]);
  let total = 0;
  try {
    let node = context.kernel.readU64(head) as VirtAddr;
    while (node !== head) {
      if (seen.has(node) || seen.size > MAX_MODULES) {
        warnings.push(`The list of modules' BTF comes back to ${hex(node)} before its end.`);
        break;
      }
      seen.add(node);
      const entry = containerOf(context, node, 'struct btf_module', 'list');
      const btf = entry.member('btf').deref();
      const size = btf.member('data_size').number();
      if (total + size > MAX_BYTES) {
        warnings.push(`The modules' BTF is larger than is read; what follows ${hex(node)} is not.`);
        break;
      }
      if (size > 0 && size <= MAX_READ) {
        total += size;
        const bytes = context.kernel.read(btf.member('data').pointer(), size);
        blobs.set(entry.member('module').pointer(), bytes);
      } else {
        warnings.push(`BTF of ${size} bytes at ${hex(btf.address)} is not believable.`);
      }
      node = context.kernel.readU64(node) as VirtAddr;
    }
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    warnings.push(`The list of modules' BTF ends after ${blobs.size}: ${error.message}.`);
  }
  return { blobs, warnings };
}
