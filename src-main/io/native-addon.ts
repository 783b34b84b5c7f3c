import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Exports of an addon of build/native, or `undefined` where it was not built for this platform.
 * From the sources and from the bundle (out/) it is found by walking up to the folder that has
 * build/native/out; in a packaged app it is in the resources.
 * @param name of its source file, e.g. `mmap`
 */
export function loadNativeAddon(name: string): unknown {
  const path = candidates(name).find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  try {
    return createRequire(import.meta.url)(path);
  } catch {
    // Built for another C library or CPU: others do the same work, slower.
    return undefined;
  }
}

function candidates(name: string): string[] {
  const file = `oopscope-${name}-${process.platform}-${process.arch}.node`;
  const found: string[] = [];
  const { resourcesPath } = process as { resourcesPath?: string };
  if (resourcesPath !== undefined) found.push(join(resourcesPath, 'native', file));
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    found.push(join(folder, 'build', 'native', 'out', file));
    const parent = dirname(folder);
    if (parent === folder) return found;
    folder = parent;
  }
}
