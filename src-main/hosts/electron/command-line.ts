import { resolve } from 'node:path';

/**
 * The dump files among the arguments of a process, absolute.
 * @param argv with the executable first, and with the app's folder second where `unpackaged`
 */
export function filesOf(argv: readonly string[], cwd: string, unpackaged: boolean): string[] {
  // Chromium and Electron put switches of their own among the arguments.
  const given = argv.slice(1).filter((argument) => !argument.startsWith('-'));
  return given.slice(unpackaged ? 1 : 0).map((file) => resolve(cwd, file));
}
