/**
 * QEMUCPUState of a `QEMU` note: what the hypervisor saved of a CPU at dump time.
 * @source QEMU target/i386/arch_dump.c `struct QEMUX86CPUState` (x86_64 layout, version 1)
 */
const GENERAL = [
  'rax',
  'rbx',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'rsp',
  'rbp',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
  'rip',
  'rflags',
] as const;
const HEADER_SIZE = 8;
const SEGMENTS_AT = HEADER_SIZE + GENERAL.length * 8;
const SEGMENT_SIZE = 24;
/** cs ds es fs gs ss ldt tr gdt idt */
const CS = 0;
const SS = 5;
const IDT = 9;
const CONTROL_AT = SEGMENTS_AT + 10 * SEGMENT_SIZE;

interface QemuCpuState {
  /** rax … r15 rip rflags cs ss. */
  readonly registers: Readonly<Record<string, bigint>>;
  readonly idtBase: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
}

/** CR4.LA57: five-level paging is on. */
const CR4_LA57 = 1n << 12n;

/** Undefined when the note is too short or says it is of another layout. */
function decodeQemuCpuState(desc: Uint8Array): QemuCpuState | undefined {
  if (desc.length < CONTROL_AT + 40) return undefined;
  const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength);
  if (view.getUint32(4, true) > desc.length) return undefined;
  const registers: Record<string, bigint> = {};
  for (const [index, name] of GENERAL.entries()) {
    registers[name] = view.getBigUint64(HEADER_SIZE + index * 8, true);
  }
  registers['cs'] = BigInt(view.getUint32(SEGMENTS_AT + CS * SEGMENT_SIZE, true));
  registers['ss'] = BigInt(view.getUint32(SEGMENTS_AT + SS * SEGMENT_SIZE, true));
  return {
    registers,
    idtBase: view.getBigUint64(SEGMENTS_AT + IDT * SEGMENT_SIZE + 16, true),
    cr3: view.getBigUint64(CONTROL_AT + 24, true),
    cr4: view.getBigUint64(CONTROL_AT + 32, true),
  };
}

/** CR3 and whether five-level paging is on, of each CPU a hypervisor's notes describe. */
export function controlRegistersOf(
  notes: Iterable<{ readonly name: string; readonly desc: Uint8Array }>,
): { readonly cr3: bigint; readonly la57: boolean }[] {
  const found: { cr3: bigint; la57: boolean }[] = [];
  for (const { name, desc } of notes) {
    if (name.replace(/\0.*$/s, '') !== 'QEMU') continue;
    const state = decodeQemuCpuState(desc);
    if (state !== undefined) found.push({ cr3: state.cr3, la57: (state.cr4 & CR4_LA57) !== 0n });
  }
  return found;
}
