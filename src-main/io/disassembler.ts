import type { Disassembled, Disassembler } from '../engine/arch/disassembler.ts';
import { decodeInstruction } from '../engine/arch/x86-64/instruction.ts';

/** Bytes handed to capstone at a time: they lie on its stack of 64 KiB. */
const WINDOW = 4096;
/** The longest x86 instruction. */
const LONGEST = 15;

/**
 * Instructions without operands that capstone takes for others or does not know, by their bytes: those
 * of confidential guests and hosts, and some newer ones.
 * @source Intel SDM volume 2, appendix A; AMD APM volume 3, appendix A
 */
const BY_BYTES: Readonly<Record<string, string>> = {
  '0f01c6': 'wrmsrns',
  '660f01cc': 'tdcall',
  '660f01cd': 'seamret',
  '660f01ce': 'seamops',
  '660f01cf': 'seamcall',
  f20f01d9: 'vmgexit',
  f30f01d9: 'vmgexit',
  '0f01e8': 'serialize',
  f20f01e8: 'xsusldtrk',
  f20f01e9: 'xresldtrk',
  '0f01fd': 'rdpru',
  '0f01fe': 'invlpgb',
  f20f01fe: 'rmpupdate',
  f30f01fe: 'rmpadjust',
  '0f01ff': 'tlbsync',
  f20f01ff: 'pvalidate',
  f30f01ff: 'psmash',
};

/** What stands at a position, where it is one of those that capstone is wrong about. */
function knownBetter(bytes: Uint8Array, at: number): Disassembled | undefined {
  const prefix = bytes[at] === 0x0f ? 0 : 1;
  if (bytes[at + prefix] !== 0x0f || bytes[at + prefix + 1] !== 0x01) return undefined;
  const own = bytes.subarray(at, at + prefix + 3);
  const digits = Array.from(own, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const mnemonic = Object.hasOwn(BY_BYTES, digits) ? BY_BYTES[digits] : undefined;
  return mnemonic === undefined ? undefined : { length: own.length, mnemonic, operands: '' };
}

/** capstone as WebAssembly, for x86-64 in AT&T syntax; loaded when first asked for. */
export async function createDisassembler(): Promise<Disassembler> {
  const { Capstone, Const, loadCapstone } = await import('capstone-wasm');
  await loadCapstone();
  const capstone = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_64);
  capstone.setOption(Const.CS_OPT_SYNTAX, Const.CS_OPT_SYNTAX_ATT);
  const { major, minor } = Capstone.version();

  const window = (bytes: Uint8Array, address: bigint): readonly Disassembled[] => {
    try {
      return capstone
        .disasm(bytes, { address })
        .map(({ size, mnemonic, opStr }) => ({ length: size, mnemonic, operands: opStr }));
    } catch {
      // Its way to say that the first bytes are no instruction.
      return [];
    }
  };
  /**
   * capstone takes `ud0` and `ud1` for two bytes and their operands for code. The kernel marks static
   * calls with `ud1 %esp,%ecx`, warnings with `ud1 (%edx),%rdi`. `imul` has the same operands.
   * @source arch/x86/include/asm/static_call.h
   */
  const undefinedInstruction = (
    bytes: Uint8Array,
    at: number,
    mnemonic: string,
  ): Disassembled | undefined => {
    const length = decodeInstruction(bytes, at)?.length;
    if (length === undefined) return undefined;
    const own = bytes.slice(at, at + length);
    const opcode = own.findIndex((byte, i) => byte === 0x0f && i + 1 < length);
    own[opcode + 1] = 0xaf;
    const [twin] = window(own, 0n);
    return { length, mnemonic, operands: twin?.length === length ? twin.operands : '' };
  };

  return {
    name: `capstone ${major}.${minor}`,
    disassemble(bytes, address) {
      const found: Disassembled[] = [];
      let at = 0;
      while (at < bytes.length) {
        const part = bytes.subarray(at, at + WINDOW);
        let used = 0;
        for (const instruction of window(part, BigInt.asUintN(64, address + BigInt(at)))) {
          // The last one may be cut off by the window.
          if (used > WINDOW - LONGEST && at + WINDOW < bytes.length) break;
          const { mnemonic } = instruction;
          const better =
            mnemonic === 'ud1' || mnemonic === 'ud0'
              ? undefinedInstruction(part, used, mnemonic)
              : knownBetter(part, used);
          const whole = better ?? instruction;
          found.push(whole);
          used += whole.length;
          // capstone went on inside of it.
          if (whole.length !== instruction.length) break;
        }
        if (used === 0) {
          const known = knownBetter(part, 0);
          if (known === undefined) break;
          found.push(known);
          used = known.length;
        }
        at += used;
      }
      return found;
    },
  };
}
