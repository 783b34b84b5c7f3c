import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { gunzip } from '../../../src-main/io/gunzip.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const DATA = 0xffff_ffff_8200_0ff0n;
const TEXT = '#\n# Automatically generated file; DO NOT EDIT.\n#\nCONFIG_IKCONFIG=y\n';
const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const packed = [...gzipSync(TEXT)];

function config(machine: DrawnMachine): string {
  const context = createContext(machine.program(), { gunzip });
  const [block] = findCommand('sys')!.run(context, ['config']);
  return block?.type === 'text' ? block.lines.join('\n') : JSON.stringify(block);
}
const machine = (): DrawnMachine => new DrawnMachine('struct list_head { void *next; }');

describe('sys config', () => {
  it('since 5.1: between two symbols', () => {
    const drawn = machine()
      .bytes(DATA, [...packed, ...ascii('IKCFG_ED')])
      .symbol('kernel_config_data', DATA)
      .symbol('kernel_config_data_end', DATA + BigInt(packed.length));
    expect(`${config(drawn)}\n`).toBe(TEXT);
  });

  it('before: between two marks, over the end of a page', () => {
    const drawn = machine()
      .bytes(DATA, [...ascii('IKCFG_ST'), ...packed, ...ascii('IKCFG_ED')])
      .symbol('kernel_config_data', DATA);
    expect(`${config(drawn)}\n`).toBe(TEXT);
  });

  it('of a kernel that carries none says what crash says', () => {
    expect(() => config(machine().symbol('_stext', DATA))).toThrow(
      'kernel_config_data does not exist in this kernel',
    );
  });

  it('that is damaged, or not in the dump, says so', () => {
    const damaged = packed.map((byte, i) => (i > 12 ? byte ^ 0x55 : byte));
    const drawn = (bytes: readonly number[]) =>
      machine()
        .bytes(DATA, [...bytes, ...ascii('IKCFG_ED')])
        .symbol('kernel_config_data', DATA);
    expect(() => config(drawn(damaged))).toThrow(/expected gzip that unpacks, found damaged data/);
    expect(() => config(drawn(ascii('nonsense')))).toThrow(/expected gzip, found 0x6e6f/);
    const missing = machine().symbol('kernel_config_data', DATA);
    expect(() => config(missing)).toThrow(/page excluded by the dump filter/);
  });

  it('does not unpack without end', () => {
    const bomb = gzipSync(new Uint8Array(16 << 20));
    expect(gunzip(bomb, 8 << 20)).toBeUndefined();
  });
});
