import { physAddr, type VirtAddr } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import type { OrcEntry, OrcRegister } from '../../../src-main/engine/debuginfo/orc.ts';
import type {
  StackKind,
  StackRange,
  UnwindEnvironment,
} from '../../../src-main/engine/unwind/environment.ts';

/** Word of the drawing -> the rest of the address space, so that the drawings stay readable. */
const TEXT = 0xffffffff81000000n;

interface DrawnFunction {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly orc: OrcEntry | undefined;
}

/**
 * A machine as text.
 * - `fn START END NAME [ORC]`: code, addresses as offsets from ffffffff81000000. ORC is
 *   `sp+24`, `bp+16`, `*sp+8` (load, then add), `*(bp-8)`, `r10`, then `bp@prev-16`, `bp@bp+0`,
 *   then `regs`, `iret`, `end`, `none`, `signal`. Without one the function has no entry at all.
 * - `code START HEX…`: bytes there
 * - `stack KIND START END`: hex
 * - `ADDRESS: VALUE…`: words; a name+offset means an address in a function; `gone` a page the
 *   filter dropped
 * Every return address that is drawn follows a call unless the line says `nocall ADDRESS`.
 */
export function drawMachine(
  text: string,
  options: Partial<UnwindEnvironment> = {},
): UnwindEnvironment & { resolve(name: string): bigint } {
  const functions: DrawnFunction[] = [];
  const words = new Map<bigint, bigint>();
  const code = new Map<bigint, number>();
  const gone = new Set<bigint>();
  const stacks: StackRange[] = [];
  const noCall = new Set<bigint>();
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  const resolve = (word: string): bigint => {
    const named = /^([A-Za-z_][\w.]*)\+([0-9a-f]+)$/.exec(word);
    if (!named) return BigInt(`0x${word}`);
    const found = functions.find(({ name }) => name === named[1]);
    if (!found) throw new Error(`no function ${named[1]} in the drawing`);
    return found.start + BigInt(`0x${named[2]}`);
  };
  for (const line of lines) {
    const parts = line.split(/\s+/);
    if (parts[0] === 'fn') {
      const [, start, end, name, ...orc] = parts;
      functions.push({
        name: name!,
        start: TEXT + BigInt(`0x${start}`),
        end: TEXT + BigInt(`0x${end}`),
        orc: orc.length === 0 ? undefined : orcOf(orc),
      });
    }
  }
  for (const line of lines) {
    const parts = line.split(/\s+/);
    if (parts[0] === 'stack') {
      const [, kind, start, end] = parts;
      stacks.push({ kind: kind as StackKind, start: resolve(start!), end: resolve(end!) });
    } else if (parts[0] === 'nocall') noCall.add(resolve(parts[1]!));
    else if (parts[0] === 'code') {
      const at = TEXT + BigInt(`0x${parts[1]}`);
      for (const [i, byte] of parts.slice(2).entries()) {
        code.set(at + BigInt(i), Number.parseInt(byte, 16));
      }
    } else if (parts[0]!.endsWith(':')) {
      const at = resolve(parts[0]!.slice(0, -1));
      for (const [i, word] of parts.slice(1).entries()) {
        if (word === 'gone') gone.add((at + BigInt(i) * 8n) >> 12n);
        else words.set(at + BigInt(i) * 8n, resolve(word));
      }
    } else if (parts[0] !== 'fn') throw new Error(`not drawn well: ${line}`);
  }
  const functionAt = (pc: bigint) => functions.find(({ start, end }) => pc >= start && pc < end);
  const missing = (address: bigint): FaultError => {
    if (gone.has(address >> 12n)) {
      return new FaultError({
        kind: 'excluded',
        phys: physAddr(0x1000n),
        virt: address as VirtAddr,
      });
    }
    return new FaultError({
      kind: 'not-present',
      virt: address as VirtAddr,
      level: 'pte',
      entry: 0n,
    });
  };
  const readU64 = (address: VirtAddr): bigint => {
    const value = words.get(address);
    if (value === undefined) throw missing(address);
    return value;
  };
  return {
    resolve,
    readU64,
    read(address, length) {
      if (functionAt(address) || functionAt(address + BigInt(length))) {
        const bytes = new Uint8Array(length).fill(0x90);
        for (let i = 0; i < length; i++) bytes[i] = code.get(address + BigInt(i)) ?? 0x90;
        // call rel32, just before the address asked about
        if (length === 8 && !noCall.has(address + 8n)) bytes[3] = 0xe8;
        return bytes;
      }
      const bytes = new Uint8Array(length);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < length; i += 8) {
        view.setBigUint64(i, readU64((address + BigInt(i)) as VirtAddr), true);
      }
      return bytes;
    },
    orcAt: (pc) => functionAt(pc)?.orc,
    hasOrc: true,
    isText: (pc) => functionAt(pc) !== undefined,
    isExecutable: (pc) => functionAt(pc) !== undefined,
    symbolAt: (pc) => {
      const found = functionAt(pc);
      return (
        found && {
          name: found.name,
          offset: Number(pc - found.start),
          size: Number(found.end - found.start),
        }
      );
    },
    stacks,
    stacksComplete: true,
    spIndirect: 'load-then-add',
    replacedReturn: () => undefined,
    ...options,
  };
}

function orcOf(words: readonly string[]): OrcEntry {
  let entry: OrcEntry = {
    spReg: 'undefined',
    spOffset: 0,
    bpReg: 'undefined',
    bpOffset: 0,
    type: 'call',
    signal: false,
  };
  for (const word of words) {
    const bp = /^bp@(prev|bp)([+-][0-9]+)$/.exec(word);
    const indirect = /^\*\(?(sp|bp)([+-][0-9]+)\)?$/.exec(word);
    const direct = /^(sp|bp|r10|r13|di|dx|ax)([+-][0-9]+)?$/.exec(word);
    if (bp) {
      entry = { ...entry, bpReg: bp[1] === 'prev' ? 'prev-sp' : 'bp', bpOffset: Number(bp[2]) };
    } else if (indirect) {
      const spReg = `${indirect[1]}-indirect` as OrcRegister;
      entry = { ...entry, spReg, spOffset: Number(indirect[2]) };
    } else if (direct) {
      entry = { ...entry, spReg: direct[1] as OrcRegister, spOffset: Number(direct[2] ?? 0) };
    } else if (word === 'regs') entry = { ...entry, type: 'regs', signal: true };
    else if (word === 'iret') entry = { ...entry, type: 'regs-partial', signal: true };
    else if (word === 'end') entry = { ...entry, type: 'end' };
    else if (word === 'none') entry = { ...entry, type: 'undefined' };
    else if (word === 'invalid') entry = { ...entry, spReg: 'invalid' };
    else throw new Error(`no ORC word ${word}`);
  }
  return entry;
}

/** A pt_regs as the words of a drawing: what is not given is 0. */
export function ptRegs(values: Readonly<Record<string, string>>): string {
  const names =
    'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs rflags rsp ss';
  return names
    .split(' ')
    .map((name) => values[name] ?? '0')
    .join(' ');
}
