import { containerOf, type KernelObject } from '../program/object.ts';

/** Deeper than any path the kernel accepts (PATH_MAX 4096, two bytes a step). */
const MAX_STEPS = 2048;

/**
 * Path of an open file as its process's namespace root sees it: up the dentries to the root of the
 * mount, across the mount point, and on. A deleted file keeps the name it had.
 * @param file `struct file`
 * @throws FaultError
 * @source fs/d_path.c `prepend_path()`
 */
export function filePath(file: KernelObject): string {
  let dentry = file.member('f_path.dentry').deref();
  let mount = containerOf(file.context, file.member('f_path.mnt').pointer(), 'struct mount', 'mnt');
  const names: string[] = [];
  for (let step = 0; step < MAX_STEPS; step++) {
    const root = mount.member('mnt.mnt_root').pointer();
    const parent = dentry.member('d_parent').pointer();
    if (dentry.address !== root && dentry.address !== parent) {
      names.unshift(nameOf(dentry));
      dentry = dentry.member('d_parent').deref();
      continue;
    }
    const above = mount.member('mnt_parent').deref();
    if (above.address === mount.address || dentry.address !== root) break;
    dentry = mount.member('mnt_mountpoint').deref();
    mount = above;
  }
  // files of no directory (pipes, memfds) are their own root and carry a name
  return names.length === 0 ? nameOf(dentry) : `/${names.join('/')}`;
}

function nameOf(dentry: KernelObject): string {
  return dentry.member('d_name.name').text(256);
}
