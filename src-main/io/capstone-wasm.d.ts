/** The part of the package that is used; its own types are not found through its `exports`. */
declare module 'capstone-wasm' {
  export function loadCapstone(): Promise<void>;
  export class Capstone {
    constructor(arch: number, mode: number);
    setOption(option: number, value: number): number;
    /** @throws Error when the first bytes are no instruction */
    disasm(
      bytes: Uint8Array,
      options: { address: bigint },
    ): { readonly size: number; readonly mnemonic: string; readonly opStr: string }[];
    static version(): { readonly major: number; readonly minor: number };
  }
  export const Const: Readonly<
    Record<'CS_ARCH_X86' | 'CS_MODE_64' | 'CS_OPT_SYNTAX' | 'CS_OPT_SYNTAX_ATT', number>
  >;
}
