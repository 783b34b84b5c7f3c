import { basename } from 'node:path';

/** What a file's name says it is; the content decides. */
export type DebuginfoName =
  | { readonly kind: 'vmlinux'; readonly release: string | undefined }
  /** `name` with `_` for `-`, as the kernel has it. */
  | { readonly kind: 'module'; readonly name: string };

const COMPRESSED = String.raw`(?:\.(?:xz|zst|gz|bz2))?`;
/** vmlinux, vmlinux-6.1.0-9-amd64, vmlinux-6.4.0-default.debug, vmlinux.xz */
const VMLINUX = new RegExp(String.raw`^vmlinux(?:-(.+?))?(?:\.debug)?${COMPRESSED}$`);
/** virtio-rng.ko, xfs.ko.xz, xfs.ko.debug, xfs.ko-6.5.6-300.fc39.x86_64.debug */
const MODULE = new RegExp(String.raw`^(.+?)\.ko(?:-[^/]+?)?(?:\.debug)?${COMPRESSED}$`);

/** Undefined for a name that neither vmlinux nor a module's debuginfo has. */
export function debuginfoNameOf(path: string): DebuginfoName | undefined {
  const name = basename(path);
  const vmlinux = VMLINUX.exec(name);
  if (vmlinux) return { kind: 'vmlinux', release: vmlinux[1] };
  const module = MODULE.exec(name)?.[1];
  return module === undefined ? undefined : { kind: 'module', name: plainModuleName(module) };
}

/** The kernel writes `_` where a module's file has `-`. */
export function plainModuleName(name: string): string {
  return name.replaceAll('-', '_');
}
