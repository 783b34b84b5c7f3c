import { little } from './draw-kallsyms.ts';

export interface DrawnSection {
  readonly name: string;
  /** sh_type: 1 PROGBITS, 2 SYMTAB, 3 STRTAB, 4 RELA, 7 NOTE, 8 NOBITS. */
  readonly type?: number;
  readonly flags?: bigint;
  readonly address?: bigint;
  readonly bytes: ArrayLike<number>;
  /** Name of the section that sh_link means. */
  readonly link?: string;
  /** Name of the section that sh_info means. */
  readonly info?: string;
}

export interface DrawnElf {
  /** e_type: 1 relocatable, 2 executable. */
  readonly type?: number;
  readonly machine?: number;
  readonly sections: readonly DrawnSection[];
}

/** An ELF64 little-endian file. Section 0 is empty, the names come last: section `i` is number i + 1. */
export function drawElfFile({
  type = 2,
  machine = 62,
  sections,
}: DrawnElf): Uint8Array<ArrayBuffer> {
  const all = [...sections, { name: '.shstrtab', type: 3, bytes: [] as number[] }];
  const names = ['', ...all.map(({ name }) => name)].join('\0') + '\0';
  all[all.length - 1] = { name: '.shstrtab', type: 3, bytes: [...asciiOf(names)] };
  const numberOf = (name?: string): bigint =>
    BigInt(name === undefined ? 0 : all.findIndex((section) => section.name === name) + 1);
  const body: number[] = new Array<number>(64).fill(0);
  const headers: number[] = new Array<number>(64).fill(0);
  let nameAt = 1;
  for (const section of all as DrawnSection[]) {
    headers.push(...little(BigInt(nameAt), 4), ...little(BigInt(section.type ?? 1), 4));
    headers.push(...little(section.flags ?? 0n, 8), ...little(section.address ?? 0n, 8));
    headers.push(...little(BigInt(body.length), 8), ...little(BigInt(section.bytes.length), 8));
    headers.push(...little(numberOf(section.link), 4), ...little(numberOf(section.info), 4));
    headers.push(...new Array<number>(16).fill(0));
    if (section.type !== 8)
      for (let i = 0; i < section.bytes.length; i++) body.push(section.bytes[i]!);
    nameAt += section.name.length + 1;
  }
  const file = Uint8Array.from([...body, ...headers]);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0);
  file.set([...little(BigInt(type), 2), ...little(BigInt(machine), 2)], 16);
  file.set(little(BigInt(body.length), 8), 40);
  const count = BigInt(all.length + 1);
  file.set([...little(64n, 2), ...little(count, 2), ...little(count - 1n, 2)], 58);
  return file;
}

/** A note section's content with a GNU build ID. @param id hex */
export function drawBuildIdNote(id: string): number[] {
  const bytes = bytesOfHex(id);
  const padding = new Array<number>((4 - (bytes.length % 4)) % 4).fill(0);
  const head = [...little(4n, 4), ...little(BigInt(bytes.length), 4), ...little(3n, 4)];
  return [...head, ...asciiOf('GNU\0'), ...bytes, ...padding];
}

export function drawSymbol(name: number, info: number, section: number, value: bigint): number[] {
  const head = [...little(BigInt(name), 4), info, 0, ...little(BigInt(section), 2)];
  return [...head, ...little(value, 8), ...little(0n, 8)];
}

export function drawRela(offset: number, type: number, symbol: number, addend: bigint): number[] {
  const info = (BigInt(symbol) << 32n) | BigInt(type);
  return [
    ...little(BigInt(offset), 8),
    ...little(info, 8),
    ...little(BigInt.asUintN(64, addend), 8),
  ];
}

export function asciiOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

export function bytesOfHex(text: string): number[] {
  return (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
