import type { Disassembled, Disassembler } from '../engine/arch/disassembler.ts';
import { decodeInstruction } from '../engine/arch/x86-64/instruction.ts';

/** Bytes handed to capstone at a time: they lie on its stack of 64 KiB. */
const WINDOW = 4096;
/** The longest x86 instruction. */
const LONGEST = 15;

const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];

/**
 * capstone takes `ud1` for two bytes and its operands for code. The kernel marks static calls with
 * `ud1 %esp,%ecx`. @source arch/x86/include/asm/static_call.h
 */
function ud1(bytes: Uint8Array, at: number): Disassembled {
  const { length, modrm } = decodeInstruction(bytes, at) ?? { length: 2, modrm: 0 };
  const [source = '', target = ''] = [REGISTERS[modrm & 7], REGISTERS[(modrm >> 3) & 7]];
  return { length, mnemonic: 'ud1', operands: modrm >= 0xc0 ? `%${source},%${target}` : '' };
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
          const whole = instruction.mnemonic === 'ud1' ? ud1(part, used) : instruction;
          found.push(whole);
          used += whole.length;
          // capstone went on inside of it.
          if (whole.length !== instruction.length) break;
        }
        at += used;
        if (used === 0) break;
      }
      return found;
    },
  };
}
