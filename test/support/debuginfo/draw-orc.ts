import { little } from './draw-kallsyms.ts';

/** Kernels whose struct orc_entry or register numbers differ. */
export type OrcVersion = '5.10' | '6.3' | '6.4' | '7.2';

const OLD = ['u', 'cfa', 'dx', 'di', 'bp', 'sp', 'r10', 'r13', '*bp', '*sp'];
const NEW = ['u', 'ax', 'dx', 'sp', 'bp', 'di', 'r10', 'r13', 'cfa', '*sp', '*bp'];
const OLD_TYPES: Readonly<Record<string, number>> = {
  call: 0,
  regs: 1,
  partial: 2,
  none: 0,
  end: 0,
};
const NEW_TYPES: Readonly<Record<string, number>> = {
  none: 0,
  end: 1,
  call: 2,
  regs: 3,
  partial: 4,
};

/**
 * ORC tables from lines `address  sp-rule  bp-rule  type`:
 *
 *     ffffffff81000000  sp+8   u       call
 *     ffffffff81000004  bp+16  cfa-16  call
 *     ffffffff81000100  sp+0   u       regs
 *     ffffffff81000200  -      -       end
 */
export function drawOrc(
  text: string,
  version: OrcVersion,
  ipTable: bigint,
): { ips: Uint8Array; entries: Uint8Array; count: number } {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const registers = version === '7.2' ? NEW : OLD;
  const ips: number[] = [];
  const entries: number[] = [];
  lines.forEach(([address = '0', sp = '-', bp = '-', type = 'call'], i) => {
    ips.push(...little(BigInt(`0x${address}`) - ipTable - BigInt(i * 4), 4));
    const [spReg, spOffset] = ruleOf(sp, registers);
    const [bpReg, bpOffset] = ruleOf(bp, registers);
    const signal = type === 'regs' || type === 'partial';
    const flags = spReg | (bpReg << 4) | typeBits(type, signal, version);
    entries.push(...little(BigInt(spOffset), 2), ...little(BigInt(bpOffset), 2));
    entries.push(...little(BigInt(flags), 2));
  });
  return { ips: Uint8Array.from(ips), entries: Uint8Array.from(entries), count: lines.length };
}

function typeBits(type: string, signal: boolean, version: OrcVersion): number {
  if (version === '6.4' || version === '7.2') return (NEW_TYPES[type]! << 8) | (signal ? 0x800 : 0);
  const end = type === 'end';
  if (version === '6.3') return (OLD_TYPES[type]! << 8) | (signal ? 0x400 : 0) | (end ? 0x800 : 0);
  return (OLD_TYPES[type]! << 8) | (end ? 0x400 : 0);
}

function ruleOf(rule: string, registers: readonly string[]): [number, number] {
  if (rule === '-') return [0, 0];
  const match = /^(\*?[a-z0-9]+?)([+-]\d+)?$/.exec(rule);
  const register = registers.indexOf(match?.[1] ?? '');
  if (register < 0) throw new Error(`no ORC register: ${rule}`);
  return [register, Number(match?.[2] ?? 0)];
}

/** Members of struct orc_entry as BTF gives them. */
export const ORC_STRUCTS: Readonly<
  Record<
    OrcVersion,
    { size: number; members: { name: string; bitOffset: number; bitSize: number }[] }
  >
> = {
  '5.10': struct([
    ['type', 40, 2],
    ['end', 42, 1],
  ]),
  '6.3': struct([
    ['type', 40, 2],
    ['signal', 42, 1],
    ['end', 43, 1],
  ]),
  '6.4': struct([
    ['type', 40, 3],
    ['signal', 43, 1],
  ]),
  '7.2': struct([
    ['type', 40, 3],
    ['signal', 43, 1],
  ]),
};

function struct(more: readonly (readonly [string, number, number])[]) {
  const members = [
    ['sp_offset', 0, 0] as const,
    ['bp_offset', 16, 0] as const,
    ['sp_reg', 32, 4] as const,
    ['bp_reg', 36, 4] as const,
    ...more,
  ].map(([name, bitOffset, bitSize]) => ({ name, bitOffset, bitSize }));
  return { size: 6, members };
}
