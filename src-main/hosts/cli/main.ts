/**
 * Entry of the command line. The bundle has the whole program in one file beside this one, whose
 * compiled code is kept between runs; from the sources it is loaded as it is.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codeFolder, loadCompiled } from './compiled-code.ts';
import type { program as Program } from './program.ts';

async function main(args: readonly string[]): Promise<void> {
  const bundled = fileURLToPath(new URL('cli-program.cjs', import.meta.url));
  const { program } = (
    existsSync(bundled)
      ? loadCompiled(bundled, args, codeFolder())
      : await import(new URL('program.ts', import.meta.url).href)
  ) as { readonly program: typeof Program };
  // Not process.exit: what is still being written goes out first.
  process.exitCode = await program(args);
}

void main(process.argv.slice(2));
