import type { Block, ByteState, EngineService, Table } from '../../../src-shared/contract/index.ts';
import { realEngine } from './engine.ts';
import { SAMPLE } from './window.ts';

/** What a hostile kernel could put into any of its names: markup, controls, reversed text, length. */
export const HOSTILE = `<img src=x onerror="globalThis.owned=1"><script>owned=1</script>\u202e\u0007${'A'.repeat(300)}`;

/** The real engine over the real dump, with hostile text in every name and message. */
export function hostileEngine(): EngineService {
  const engine = realEngine();
  return {
    ...engine,
    run: async (request, call) => {
      const result = await engine.run(request, call);
      return { ...result, blocks: result.blocks.map(spoilt) };
    },
    describe: async (request) =>
      (await engine.describe(request)).map((info) => ({ ...info, label: HOSTILE })),
  };
}

function spoilt(block: Block): Block {
  switch (block.type) {
    case 'facts':
      return {
        ...block,
        facts: block.facts.map((fact) =>
          fact.kind === 'text' && typeof fact.value === 'string' && !fact.id.startsWith('level')
            ? { ...fact, value: HOSTILE }
            : fact,
        ),
      };
    case 'table':
      return { ...block, table: spoiltTable(block.table) };
    case 'stack':
      return {
        ...block,
        stack: { ...block.stack, task: { ...block.stack.task, command: HOSTILE } },
      };
    case 'log':
      return {
        ...block,
        records: { ...block.records, text: block.records.text.map(() => HOSTILE) },
      };
    default:
      return block;
  }
}

function spoiltTable(table: Table): Table {
  return {
    ...table,
    data: table.data.map((cells, index) =>
      ['comm', 'name', 'meaning'].includes(table.columns[index]?.id ?? '')
        ? cells.map(() => HOSTILE)
        : cells,
    ),
  };
}

/** Opens nothing: tells some progress, then waits until it is cancelled. */
export function endlessEngine(): EngineService & { readonly cancelled: () => boolean } {
  const engine = realEngine();
  let cancelled = false;
  return {
    ...engine,
    cancelled: () => cancelled,
    open: (_request, call) =>
      new Promise((_resolve, reject) => {
        call?.onProgress?.({ phase: 'file', text: 'kdump-compressed v6' });
        call?.onProgress?.({ phase: 'symbols', text: 'Decoding kallsyms', fraction: 0.4 });
        call?.signal?.addEventListener('abort', () => {
          cancelled = true;
          reject(Object.assign(new Error('cancelled'), { kind: 'cancelled' }));
        });
      }),
  };
}

/** A physical address of the sample whose byte is in this state. */
export async function findPhysical(state: ByteState): Promise<bigint> {
  const engine = realEngine();
  const { session } = await engine.open({ paths: [SAMPLE] });
  const length = 65_536;
  for (let address = 0n; address < 1n << 30n; address += BigInt(length)) {
    const { spans } = await engine.readMemory({
      session,
      space: { kind: 'physical' },
      address,
      length,
    });
    const span = spans.find((candidate) => candidate.state === state);
    if (!span) continue;
    await engine.close({ session });
    return address + BigInt(span.offset);
  }
  throw new Error(`no physical address of the sample is ${state}`);
}

/** The real engine, whose frames from the third on are said to come from a scan of the stack. */
export function guessingEngine(): EngineService {
  const engine = realEngine();
  const guessed = (block: Block): Block =>
    block.type === 'stack'
      ? {
          ...block,
          stack: {
            ...block.stack,
            frames: block.stack.frames.map((frame) =>
              frame.index < 3 ? frame : { ...frame, method: 'scan', exact: false },
            ),
            end: { complete: false, why: 'the next stack page is excluded by the dump filter' },
          },
        }
      : block;
  return {
    ...engine,
    run: async (request, call) => {
      const result = await engine.run(request, call);
      return { ...result, blocks: result.blocks.map(guessed) };
    },
  };
}
