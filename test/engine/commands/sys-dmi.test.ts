import { expect, it } from 'vitest';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const TABLE = 0xffff_ffff_8300_0000n;
const STRINGS = 0xffff_8880_0000_1000n;
const FAR = 0xffff_8880_0000_5000n;

it('sys -i: the strings that are set; one that is not in the dump says so', () => {
  const machine = new DrawnMachine(
    'enum dmi_field { DMI_NONE = 0, DMI_BIOS_VENDOR = 1, DMI_SYS_VENDOR = 2, DMI_BOARD_NAME = 3, DMI_CHASSIS_ASSET_TAG = 4, DMI_STRING_MAX = 5 }',
  )
    .bytes(TABLE, new Uint8Array(48))
    .u64(TABLE + 8n, STRINGS)
    .u64(TABLE + 16n, FAR)
    .u64(TABLE + 32n, STRINGS + 64n)
    .u64(TABLE + 40n, STRINGS)
    .text(STRINGS, 'SeaBIOS\x1b[2J')
    .text(STRINGS + 64n, '')
    .symbol('dmi_ident', TABLE);
  const renderer = new TextRenderer();
  const blocks = [...findCommand('sys')!.run(createContext(machine.program()), ['-i'])];
  const lines = blocks.map((block) => renderer.render(block)).join('');
  const [vendor, system, tag, ...rest] = lines.split('\n');
  expect(vendor).toMatch(/^ {10}DMI_BIOS_VENDOR: SeaBIOS\S*\[2J$/);
  expect(vendor).not.toContain('\x1b');
  expect(system).toMatch(/^ {11}DMI_SYS_VENDOR: \(excluded\) page excluded by the dump filter/);
  expect(tag).toBe('    DMI_CHASSIS_ASSET_TAG: ');
  expect(rest).toEqual(['']);
});
