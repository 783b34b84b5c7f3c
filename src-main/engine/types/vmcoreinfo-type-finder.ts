import type { Vmcoreinfo } from '../debuginfo/vmcoreinfo.ts';
import type { IntType, Member, StructType, Type, TypeFinder, TypeTag } from './type.ts';

const ORIGIN = 'VMCOREINFO';

const int = (name: string, size: number, signed: boolean): IntType => ({
  kind: 'int',
  origin: ORIGIN,
  name,
  size,
  signed,
  isBool: false,
  isChar: name === 'char',
});
const U8 = int('unsigned char', 1, false);
const U16 = int('short unsigned int', 2, false);
const U32 = int('unsigned int', 4, false);
const U64 = int('long long unsigned int', 8, false);
const ULONG = int('long unsigned int', 8, false);
const CHAR = int('char', 1, true);
const pointer = (target: Type): Type => ({ kind: 'pointer', origin: ORIGIN, size: 8, target });
const chars = (length: number): Type => ({
  kind: 'array',
  origin: ORIGIN,
  element: CHAR,
  length,
});

/** The types of members whose places VMCOREINFO tells; a name is another struct of this table. */
type Shape = Readonly<Record<string, Type | string>>;

/**
 * What dump tools may rely on without debug information: the log and the kernel's name.
 * @source kernel/printk/printk.c `log_buf_vmcoreinfo_setup()`, kernel/printk/printk_ringbuffer.h,
 *   kernel/vmcore_info.c `crash_save_vmcoreinfo_init()`
 */
const SHAPES: Readonly<Record<string, Shape>> = {
  printk_ringbuffer: { desc_ring: 'prb_desc_ring', text_data_ring: 'prb_data_ring' },
  prb_desc_ring: {
    count_bits: U32,
    descs: pointer(U8),
    infos: pointer(U8),
    head_id: 'atomic_long_t',
    tail_id: 'atomic_long_t',
  },
  prb_desc: { state_var: 'atomic_long_t', text_blk_lpos: 'prb_data_blk_lpos' },
  prb_data_blk_lpos: { begin: ULONG, next: ULONG },
  printk_info: {
    seq: U64,
    ts_nsec: U64,
    text_len: U16,
    caller_id: U32,
    dev_info: 'dev_printk_info',
  },
  dev_printk_info: { subsystem: chars(16), device: chars(48) },
  prb_data_ring: {
    size_bits: U32,
    data: pointer(CHAR),
    head_lpos: 'atomic_long_t',
    tail_lpos: 'atomic_long_t',
  },
  atomic_long_t: { counter: ULONG },
  uts_namespace: { name: 'new_utsname' },
};

const UTS_FIELDS = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'];
/** @source include/uapi/linux/utsname.h `struct new_utsname`: `char[__NEW_UTS_LEN + 1]` each */
const UTS_LENGTH = 65;

/**
 * The few structs whose layout VMCOREINFO tells, so that log and release can be read where there
 * is no BTF. Asked after BTF and DWARF.
 */
export class VmcoreinfoTypeFinder implements TypeFinder {
  readonly name = ORIGIN;
  readonly #info: Vmcoreinfo;
  readonly #made = new Map<string, StructType | undefined>();

  constructor(info: Vmcoreinfo) {
    this.#info = info;
  }

  findType(tag: TypeTag, name: string): Type | undefined {
    if (tag === 'struct' && name !== 'atomic_long_t') return this.#struct(name);
    if (tag === 'typedef' && name === 'atomic_long_t') return this.#struct(name);
    return undefined;
  }

  findVariableType(): undefined {
    return undefined;
  }

  findFunctionType(): undefined {
    return undefined;
  }

  *iterateNames(): Generator<{ readonly tag: TypeTag; readonly name: string }> {
    for (const name of Object.keys(SHAPES)) {
      if (name !== 'atomic_long_t' && this.#struct(name) !== undefined)
        yield { tag: 'struct', name };
    }
  }

  #struct(name: string): StructType | undefined {
    if (!this.#made.has(name)) this.#made.set(name, this.#make(name));
    return this.#made.get(name);
  }

  #make(name: string): StructType | undefined {
    if (name === 'new_utsname') return utsname();
    const shape = SHAPES[name];
    if (shape === undefined) return undefined;
    const members: Member[] = [];
    for (const [member, told] of Object.entries(shape)) {
      const offset = this.#info.offset(`${name}.${member}`);
      const type = typeof told === 'string' ? this.#struct(told) : told;
      if (offset === undefined || type === undefined) continue;
      members.push({ name: member, type, bitOffset: offset * 8, bitSize: 0 });
    }
    if (members.length === 0) return undefined;
    if (name === 'printk_info') members.push(...levelMembers(members));
    return {
      kind: 'struct',
      origin: ORIGIN,
      name,
      size: this.#info.size(name) ?? 0,
      incomplete: false,
      members,
    };
  }
}

/** `u8 facility; u8 flags:5; u8 level:3;` follow text_len; VMCOREINFO does not name them. */
function levelMembers(members: readonly Member[]): Member[] {
  const length = members.find(({ name }) => name === 'text_len');
  if (length === undefined) return [];
  const at = length.bitOffset + 16;
  return [
    { name: 'facility', type: U8, bitOffset: at, bitSize: 0 },
    { name: 'flags', type: U8, bitOffset: at + 8, bitSize: 5 },
    { name: 'level', type: U8, bitOffset: at + 13, bitSize: 3 },
  ];
}

function utsname(): StructType {
  return {
    kind: 'struct',
    origin: ORIGIN,
    name: 'new_utsname',
    size: UTS_FIELDS.length * UTS_LENGTH,
    incomplete: false,
    members: UTS_FIELDS.map((name, i) => ({
      name,
      type: chars(UTS_LENGTH),
      bitOffset: i * UTS_LENGTH * 8,
      bitSize: 0,
    })),
  };
}
