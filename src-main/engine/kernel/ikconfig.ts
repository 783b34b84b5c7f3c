import { addVirt, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { Program } from '../program/program.ts';

/** Unpacks gzip; undefined when it is damaged or gives more than `limit` bytes. */
export type Gunzip = (source: Uint8Array, limit: number) => Uint8Array | undefined;

/** A distribution's configuration has 60 KiB packed, 270 KiB of text. */
const MAX_PACKED = 1 << 20;
const MAX_TEXT = 8 << 20;
const START = 'IKCFG_ST';
const END = 'IKCFG_ED';
const PAGE = 4096;

/** True where the kernel was built with CONFIG_IKCONFIG, as its symbols tell. */
export function hasKernelConfig({ symbols }: Program): boolean {
  return symbols.findInKernel('kernel_config_data') !== undefined;
}

/**
 * The configuration that the kernel carries (CONFIG_IKCONFIG), as text.
 * @throws FaultError `unknown-symbol`, `corrupt`, what makes it unreadable
 * @source kernel/configs.c: gzip between IKCFG_ST and IKCFG_ED; kernel_config_data is behind the
 *   first mark since 5.1 (commit 13610aa908dc), at it before
 */
export function readKernelConfig(program: Program, gunzip: Gunzip): string {
  const { symbols } = program;
  const at = symbols.address('kernel_config_data');
  const end = symbols.findInKernel('kernel_config_data_end')?.address;
  const bytes =
    end !== undefined && end > at && end - at <= BigInt(MAX_PACKED)
      ? program.kernel.read(at, Number(end - at))
      : readUpToEnd(program, at);
  const packed = textOf(bytes.subarray(0, START.length)) === START ? bytes.subarray(8) : bytes;
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) {
    throw damaged(at, 'gzip', `0x${hexOf(packed.subarray(0, 2))}`);
  }
  const text = gunzip(packed, MAX_TEXT);
  if (text === undefined) throw damaged(at, 'gzip that unpacks', 'damaged data');
  return textOf(text);
}

/** Up to the mark that ends it. @throws FaultError */
function readUpToEnd(program: Program, start: VirtAddr): Uint8Array {
  const bytes = new Uint8Array(MAX_PACKED);
  for (let done = 0; done < MAX_PACKED;) {
    const at = addVirt(start, done);
    const piece = Math.min(PAGE - Number(at & 0xfffn), MAX_PACKED - done);
    program.kernel.readInto(at, bytes, done, piece);
    done += piece;
    const from = Math.max(0, done - piece - END.length);
    const mark = textOf(bytes.subarray(from, done)).indexOf(END);
    if (mark >= 0) return bytes.subarray(0, from + mark);
  }
  throw damaged(start, `${END} within ${MAX_PACKED} bytes`, 'none');
}

function damaged(at: VirtAddr, expected: string, found: string): FaultError {
  return new FaultError({ kind: 'corrupt', what: 'kernel_config_data', expected, found, virt: at });
}

/** Byte by byte: what is no ASCII stands for itself. */
function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return text;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
