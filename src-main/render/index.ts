export * from './csv.ts';
export * from './json.ts';
export * from './markdown.ts';
export * from './printable.ts';
export * from './text.ts';
