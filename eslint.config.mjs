import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** Rules of the house: what the compiler does not see. Layout is prettier's. */
export default ts.config(
  {
    ignores: [
      'out/',
      'node_modules/',
      'release/',
      'coverage/',
      '.cache/',
      'test/golden/',
      'electron.vite.config.*.mjs',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      // Index signatures and typed arrays are everywhere; the compiler checks undefined already.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      // Hostile strings carry control characters, and the tests and patterns name them.
      'no-control-regex': 'off',
      eqeqeq: ['error', 'always'],
      'no-console': 'off',
    },
  },
  {
    // The compiler resolves names in TypeScript.
    files: ['**/*.ts', '**/*.svelte'],
    rules: { 'no-undef': 'off' },
  },
  {
    // Where promises are: the engine is synchronous and is spared the slow, typed rules.
    files: [
      'src-main/{io,casefile,hosts}/**/*.ts',
      'src-main/main.ts',
      'src-shared/rpc/**/*.ts',
      'src-renderer/**/*.ts',
      'build/**/*.ts',
      'test/**/*.ts',
    ],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  {
    files: ['src-main/engine/**', 'src-main/render/**', 'src-shared/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['src-renderer/**'],
    languageOptions: { globals: { ...globals.browser } },
    rules: { 'no-console': 'error' },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
  },
  {
    files: ['**/*.svelte'],
    rules: {
      // A dump's strings are only ever text.
      'svelte/no-at-html-tags': 'error',
      'svelte/require-each-key': 'error',
      'svelte/no-target-blank': 'error',
      'svelte/button-has-type': 'error',
      // `{' '}` keeps a space that the formatter would move.
      'svelte/no-useless-mustaches': 'off',
    },
  },
  {
    files: ['src-renderer/**'],
    rules: {
      // Caches beside the reactive state are plain on purpose: writing to them redraws nothing.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
);
