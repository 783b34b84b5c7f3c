import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import type { FrameContext } from '../../../src-main/engine/debuginfo/dwarf/frame-context.ts';

export interface FrameDrawing {
  readonly at?: bigint;
  readonly registers?: Readonly<Record<number, bigint>>;
  readonly cfa?: bigint;
  /** 64-bit words by address; everything else is not mapped. */
  readonly memory?: Readonly<Record<string, bigint>>;
  /** Added to link-time addresses. */
  readonly slide?: bigint;
  readonly caller?: FrameContext['caller'];
}

export function drawFrame(drawing: FrameDrawing = {}): FrameContext {
  const { at = 0x1000n, registers = {}, cfa, memory = {}, slide = 0n, caller } = drawing;
  return {
    lookupAddress: at,
    relocate: (address) => BigInt.asUintN(64, address + slide),
    register: (register) => registers[register],
    cfa,
    read: (address, length) => wordsAt(memory, address, length),
    caller: caller ?? (() => undefined),
  };
}

export function wordsAt(
  memory: Readonly<Record<string, bigint>>,
  address: bigint,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
  for (let at = 0; at < length; at += 8) {
    const word = memory[`0x${(address + BigInt(at)).toString(16)}`];
    if (word === undefined) {
      throw new FaultError({
        kind: 'not-present',
        virt: virtAddr(address + BigInt(at)),
        level: 'pte',
        entry: 0n,
      });
    }
    new DataView(bytes.buffer).setBigUint64(at, word, true);
  }
  return bytes.slice(0, length);
}
