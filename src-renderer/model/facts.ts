import type { Block, Fact, FactsBlock, Table } from '../../src-shared/contract/index.ts';

/** Looks facts up by id or label, whichever the engine chose: `LOAD AVERAGE` is `load_average`. */
export class FactSheet {
  readonly #facts = new Map<string, Fact>();
  constructor(blocks: readonly FactsBlock[]) {
    for (const block of blocks) {
      for (const fact of block.facts) {
        for (const key of [fact.id, fact.label]) {
          const name = normal(key);
          if (!this.#facts.has(name)) this.#facts.set(name, fact);
        }
      }
    }
  }
  find(...names: readonly string[]): Fact | undefined {
    for (const name of names) {
      const fact = this.#facts.get(normal(name));
      if (fact) return fact;
    }
    return undefined;
  }
}

function normal(key: string): string {
  return key
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
}

export function factsBlocks(blocks: readonly Block[]): readonly FactsBlock[] {
  return blocks.filter((block) => block.type === 'facts');
}

export function findTable(
  blocks: readonly Block[],
  ...names: readonly string[]
): Table | undefined {
  for (const block of blocks)
    if (block.type === 'table' && (names.length === 0 || names.includes(block.name)))
      return block.table;
  return undefined;
}

/** task_struct of the task that died, where `sys` names it. */
export function panicTaskOf(blocks: readonly Block[]): bigint | undefined {
  const task = new FactSheet(factsBlocks(blocks)).find('task')?.value;
  return typeof task === 'bigint' ? task : undefined;
}
