import { virtAddr } from '../../../src-main/engine/base/address.ts';
import type { KallsymsTables } from '../../../src-main/engine/debuginfo/kallsyms.ts';

/** Kernels whose kallsyms differ: order of the tables, meaning of offsets, length bytes. */
export type KallsymsLayout = '5.10' | '6.1' | '6.2' | '6.4' | '6.15' | '7.2';

/** The tables in memory order, from `start` on, and where each of them is. */
export interface DrawnKallsyms {
  readonly image: Uint8Array;
  readonly labels: Readonly<Record<string, bigint>>;
  readonly tables: KallsymsTables;
}

/** Codes above ASCII stand for these, as scripts/kallsyms.c would choose frequent substrings. */
const TOKENS = ['sys_', '__x64_', 'Tinit', 'func', 'Td', '_table'];

/** `address letter name` lines, as /proc/kallsyms has them, into the tables of one kernel. */
export function drawKallsyms(text: string, layout: KallsymsLayout, start: bigint): DrawnKallsyms {
  const symbols = text
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/))
    .map(([address = '0', letter = 't', name = '']) => ({
      address: BigInt(`0x${address}`),
      text: letter + name,
    }));
  const alignment = layout === '7.2' ? 4 : 8;
  const bytes: number[] = [];
  const labels: Record<string, bigint> = {};
  const spans: Record<string, [number, number]> = {};
  const put = (label: string, make: (at: bigint) => readonly number[]): void => {
    while (bytes.length % alignment !== 0) bytes.push(0);
    const from = bytes.length;
    labels[label] = start + BigInt(from);
    for (const byte of make(labels[label])) bytes.push(byte);
    spans[label] = [from, bytes.length];
  };
  const markers: number[] = [];
  const kernel = symbols.filter(({ address }) => address > 0xffffffffn);
  const base = kernel[0]?.address ?? 0n;

  const offsets = () => {
    put('kallsyms_offsets', (at) =>
      symbols.flatMap(({ address }, i) => {
        if (layout === '7.2') return little(address - at - BigInt(i * 4), 4);
        if (layout === '6.15') return little(address - base, 4);
        return little(address <= 0xffffffffn ? address : base - 1n - address, 4);
      }),
    );
    if (layout !== '7.2') put('kallsyms_relative_base', () => little(base, 8));
  };
  const names = () => {
    put('kallsyms_num_syms', () => little(BigInt(symbols.length), 4));
    put('kallsyms_names', () => encodeNames(symbols, markers, layout !== '5.10'));
    put('kallsyms_markers', () => markers.flatMap((marker) => little(BigInt(marker), 4)));
  };
  const seqs = () => {
    put('kallsyms_seqs_of_names', () => symbols.flatMap((_, i) => [0, (i >> 8) & 255, i & 255]));
  };
  const tokens = () => {
    const index: number[] = [];
    put('kallsyms_token_table', () => encodeTokens(index));
    put('kallsyms_token_index', () => index.flatMap((at) => little(BigInt(at), 2)));
  };

  if (layout === '5.10' || layout === '6.1' || layout === '6.2') {
    offsets();
    names();
    if (layout === '6.2') seqs();
    tokens();
  } else {
    names();
    tokens();
    offsets();
    seqs();
  }
  const image = Uint8Array.from(bytes);
  const table = (label: string): Uint8Array => image.slice(...(spans[label] ?? [0, 0]));
  const tables: KallsymsTables = {
    count: symbols.length,
    names: table('kallsyms_names'),
    tokenTable: table('kallsyms_token_table'),
    tokenIndex: table('kallsyms_token_index'),
    markers: table('kallsyms_markers'),
    offsets: table('kallsyms_offsets'),
    offsetsAddress: virtAddr(labels['kallsyms_offsets'] ?? 0n),
    relativeBase: layout === '7.2' ? undefined : virtAddr(base),
  };
  return { image, labels, tables };
}

/** Little-endian bytes, two's complement. */
export function little(value: bigint, size: number): number[] {
  const wrapped = BigInt.asUintN(size * 8, value);
  return Array.from({ length: size }, (_, i) => Number((wrapped >> BigInt(i * 8)) & 255n));
}

function encodeNames(
  symbols: readonly { readonly text: string }[],
  markers: number[],
  twoBytes: boolean,
): number[] {
  const bytes: number[] = [];
  symbols.forEach(({ text }, i) => {
    if (i % 256 === 0) markers.push(bytes.length);
    const codes = compress(text);
    const { length } = codes;
    if (length >= 128 && twoBytes) bytes.push((length & 0x7f) | 0x80, length >> 7);
    else bytes.push(length);
    bytes.push(...codes);
  });
  return bytes;
}

function compress(text: string): number[] {
  const codes: number[] = [];
  for (let at = 0; at < text.length;) {
    const token = TOKENS.findIndex((candidate) => text.startsWith(candidate, at));
    codes.push(token < 0 ? text.charCodeAt(at) : 128 + token);
    at += token < 0 ? 1 : TOKENS[token]!.length;
  }
  return codes;
}

function encodeTokens(index: number[]): number[] {
  const bytes: number[] = [];
  for (let code = 0; code < 256; code++) {
    index.push(bytes.length);
    const plain = code > 32 && code < 127 ? String.fromCharCode(code) : '';
    const token = TOKENS[code - 128] ?? plain;
    for (const character of token) bytes.push(character.charCodeAt(0));
    bytes.push(0);
  }
  return bytes;
}
