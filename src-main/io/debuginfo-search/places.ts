import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DEEP, FLAT, type WalkLimits } from './walk.ts';

/** Where to look, in the order of asking. */
export type Place =
  /** A folder whose files are looked at by name. */
  | {
      readonly kind: 'folder';
      readonly name: string;
      readonly folder: string;
      readonly limits: WalkLimits;
      /** Only these, where the folder holds those of many kernels. */
      readonly vmlinux?: readonly string[];
      /** In-tree modules that are compressed are stripped: not decompressed to find that out. */
      readonly isInstalled?: boolean;
      /** Packages in it may be opened. */
      readonly mayHoldPackages?: boolean;
    }
  /** A tree keyed by build-id. */
  | {
      readonly kind: 'by-id';
      readonly name: string;
      /** Its top; of a folder that may hold one, that folder. */
      readonly folder: string;
      pathsOf(buildId: string): readonly string[];
    };

export interface PlacesRequest {
  readonly release: string;
  readonly dumpPath?: string | undefined;
  /** Named by the user, now or earlier. */
  readonly folders?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Instead of `/`, for a mounted image of the crashed machine. */
  readonly root?: string | undefined;
}

/**
 * Every place that distributions, kernel builds and debuginfod put debuginfo in.
 * @source Debian linux-image-*-dbg, RPM's find-debuginfo, `make modules_install`, gdb's "Separate
 *   Debug Files", elfutils' debuginfod_find_debuginfo(3)
 */
export function placesOf(request: PlacesRequest): Place[] {
  const { release, dumpPath, folders = [], root = '/', env = process.env } = request;
  const at = (...parts: string[]): string => join(root, ...parts);
  const places: Place[] = [];
  if (dumpPath !== undefined) {
    const folder = dirname(dumpPath);
    const name = 'beside the dump';
    places.push({ kind: 'folder', name, folder, limits: FLAT, mayHoldPackages: true });
  }
  for (const folder of folders) {
    const name = 'a folder named by the user';
    places.push({ kind: 'folder', name, folder, limits: DEEP, mayHoldPackages: true });
  }
  // A release is part of a path below: one from a hostile dump must not climb.
  if (/^[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}$/.test(release)) {
    const names = [`vmlinux-${release}`, `vmlinux-${release}.debug`, `vmlinux-${release}.xz`];
    const installed = (name: string, folder: string, vmlinux: string[], limits = FLAT): void => {
      places.push({ kind: 'folder', name, folder, limits, vmlinux, isInstalled: true });
    };
    installed('debug files of /boot', at('usr/lib/debug/boot'), names);
    installed('debug files', at('usr/lib/debug'), names);
    for (const modules of ['lib/modules', 'usr/lib/modules']) {
      const folder = at('usr/lib/debug', modules, release);
      installed('debug files of modules', folder, ['vmlinux', 'vmlinux.debug'], DEEP);
    }
    const folder = at('usr/lib/modules', release);
    installed('installed kernel', folder, ['build/vmlinux', 'vmlinux', 'vmlinux.xz'], DEEP);
    installed('installed kernel', at('boot'), names);
  }
  places.push({
    kind: 'by-id',
    name: 'build-id tree /usr/lib/debug/.build-id',
    folder: at('usr/lib/debug/.build-id'),
    pathsOf: (id) => [at('usr/lib/debug/.build-id', id.slice(0, 2), `${id.slice(2)}.debug`)],
  });
  for (const folder of debuginfodCaches(env)) {
    const name = `debuginfod's cache ${folder}`;
    places.push({ kind: 'by-id', name, folder, pathsOf: (id) => [join(folder, id, 'debuginfo')] });
  }
  // Trees by build-id in folders of the user's, too: an unpacked package has one.
  for (const folder of folders) {
    places.push({
      kind: 'by-id',
      name: `build-id tree in ${folder}`,
      folder,
      pathsOf: (id) =>
        ['.build-id', 'usr/lib/debug/.build-id'].map((tree) =>
          join(folder, tree, id.slice(0, 2), `${id.slice(2)}.debug`),
        ),
    });
  }
  return places;
}

/** @source elfutils debuginfod-client.c: the variable, XDG's folder, the folder of old versions */
function debuginfodCaches(env: NodeJS.ProcessEnv): string[] {
  const home = env['HOME'] || homedir();
  const told = env['DEBUGINFOD_CACHE_PATH'];
  const xdg = env['XDG_CACHE_HOME'] || join(home, '.cache');
  const usual = [join(xdg, 'debuginfod_client'), join(home, '.debuginfod_client_cache')];
  return told ? [told, ...usual] : usual;
}
