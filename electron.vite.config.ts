import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import { build, type Plugin } from 'vite';

/**
 * `new URL('./name.ts', import.meta.url)` names a worker's entry so that Node runs it from the
 * sources; in the bundle the same expression must find `name.js` beside the importing file. This
 * makes each such file an entry of its own and rewrites the name.
 */
function workerEntries(emit = true): Plugin {
  return {
    name: 'oopscope:worker-entries',
    apply: 'build',
    transform: {
      order: 'pre',
      handler(code, id) {
        if (id.includes('node_modules') || !code.includes('import.meta.url')) return null;
        let found = false;
        const rewritten = code.replaceAll(
          /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\.ts\1,\s*import\.meta\.url,?\s*\)/g,
          (_, quote: string, path: string) => {
            found = true;
            const entry = resolve(dirname(id), `${path}.ts`);
            if (!existsSync(entry)) this.error(`${id}: no worker entry ${entry}`);
            const name = path.slice(path.lastIndexOf('/') + 1);
            if (emit) this.emitFile({ type: 'chunk', id: entry, fileName: `${name}.js` });
            return `new URL(${quote}./${name}.js${quote}, import.meta.url)`;
          },
        );
        return found ? { code: rewritten, map: null } : null;
      },
    },
  };
}

/** Installed beside the bundle: they have files of their own, or native code. */
const EXTERNAL = [
  'better-sqlite3',
  'capstone-wasm',
  'xz-decompress',
  'bufferutil',
  'utf-8-validate',
];

/** Needed by some commands only, and each takes milliseconds to load (crypto 15). */
const SELDOM_NEEDED = /^let (\w+) = require\("(node:(?!fs"|path"|url"|os"|module")[\w/]+)"\);$/gm;

/** In a CommonJS bundle all modules of Node are loaded first: here those that may not be needed are not. */
function loadedOnDemand(): Plugin {
  return {
    name: 'oopscope:loaded-on-demand',
    renderChunk: (code) => ({
      code: code.replace(
        SELDOM_NEEDED,
        'let $1 = new Proxy({}, { get: (_, member) => require("$2")[member] });',
      ),
      map: null,
    }),
  };
}

/**
 * V8 keeps text that is all ASCII in half of the memory, and reads it in a fraction of the time. The
 * code of a bundle has other characters in its literals only, where an escape means the same.
 */
function inAscii(): Plugin {
  return {
    name: 'oopscope:in-ascii',
    // The last word: what comes after renderChunk writes literals anew.
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\x7f]/g, escaped);
      }
    },
  };
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * The command line as CommonJS beside the other bundles: its entry, because an entry that imports
 * takes 4 ms longer to load, and the whole program in one file, see hosts/cli/compiled-code.ts.
 */
function commandLine(): Plugin {
  return {
    name: 'oopscope:command-line',
    apply: 'build',
    async closeBundle() {
      await buildCommonJs('src-main/hosts/cli/main.ts', 'cli.cjs');
      await buildCommonJs('src-main/hosts/cli/program.ts', 'cli-program.cjs');
    },
  };
}

async function buildCommonJs(source: string, fileName: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    plugins: [workerEntries(false), loadedOnDemand(), inAscii()],
    ssr: { noExternal: true, external: EXTERNAL },
    build: {
      ssr: source,
      outDir: 'out/main',
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      sourcemap: true,
      rollupOptions: {
        output: {
          format: 'cjs',
          entryFileNames: fileName,
          codeSplitting: false,
          // A script that is given its compiled code has no loader for import().
          dynamicImportInCjs: false,
          // A third of the file, which is read at every start.
          comments: { legal: true, annotation: false, jsdoc: false },
        },
      },
    },
  });
}

/** Entries not written yet are left out, so that the rest can be built. */
const present = (entries: Record<string, string>) =>
  Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)));

export default defineConfig({
  main: {
    plugins: [workerEntries(), commandLine()],
    build: {
      outDir: 'out/main',
      target: 'node24',
      minify: false,
      sourcemap: true,
      // Small pure-JavaScript packages go into the bundle: a cold start reads one file.
      externalizeDeps: { exclude: ['ws', 'zstddec', 'hysnappy'] },
      rollupOptions: {
        input: present({
          main: 'src-main/main.ts',
        }),
        external: ['bufferutil', 'utf-8-validate'],
        // All beside one another, so that what `import.meta.url` finds does not depend on chunking.
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      sourcemap: false,
      externalizeDeps: false,
      rollupOptions: {
        input: present({ preload: 'src-main/hosts/electron/preload/index.ts' }),
        // A sandboxed preload is a CommonJS script.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [svelte({ configFile: false })],
    base: './',
    build: {
      outDir: 'out/renderer',
      target: 'chrome130',
      sourcemap: true,
      rollupOptions: { input: 'src-renderer/index.html' },
    },
  },
});
