import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { parseBtf } from '../../../src-main/engine/debuginfo/btf.ts';
import { BtfTypeFinder } from '../../../src-main/engine/types/btf-type-finder.ts';
import { definitionText } from '../../../src-main/engine/types/definition.ts';
import {
  findMember,
  offsetOf,
  resolveTypedef,
  sizeOf,
  unqualified,
} from '../../../src-main/engine/types/layout.ts';
import { drawBtf } from '../../support/debuginfo/draw-btf.ts';

/** Ids are the lines, from 1. */
const KERNEL = `
  INT int size=4 signed
  INT long~unsigned~int size=8
  INT char size=1 signed
  ARRAY ->3 n=16
  STRUCT list_head size=16 { next:6@0 prev:6@64 }
  PTR ->5
  STRUCT task size=48 { state:8@0 comm:4@64 tasks:5@192 -:10@320 }
  TYPEDEF state_t ->9
  VOLATILE ->1
  UNION size=8 { pid:1@0 -:11@0 }
  STRUCT size=8 { on_cpu:1@0:1 policy:1@1:3 wide:2@8:56 }
  ENUM pid_type size=4 { PIDTYPE_PID=0 PIDTYPE_TGID=1 PIDTYPE_MAX=4 }
  ENUM error size=4 signed { EPERM=-1 }
  ENUM64 wide_enum size=8 { BIG=0x100000000 }
  FWD module
  FWD value union
  FUNC_PROTO ->1 { fmt:18 ...:0 }
  PTR ->19
  CONST ->3
  FUNC printk ->17
  VAR runqueues ->5
  FLOAT double size=8
  TYPE_TAG user ->3
  PTR ->23
  STRUCT module_user size=8 { m:26@0 }
  PTR ->15
`;

function finderOf(text: string): BtfTypeFinder {
  return new BtfTypeFinder(parseBtf(drawBtf(text), 'BTF'));
}

describe('BTF', () => {
  it('gives structs with members, bit fields and anonymous parts', () => {
    const task = finderOf(KERNEL).findType('struct', 'task')!;
    expect(definitionText(task, { offsets: true })).toBe(
      [
        'struct task {',
        '   [0] state_t state;',
        '   [8] char comm[16];',
        '  [24] struct list_head tasks;',
        '       union {',
        '  [40]     int pid;',
        '           struct {',
        '  [40]         int on_cpu : 1;',
        '  [40]         int policy : 3;',
        '  [41]         unsigned long wide : 56;',
        '           };',
        '       };',
        '}',
        'SIZE: 48',
      ].join('\n'),
    );
    expect(findMember(task, 'policy')).toMatchObject({ bitOffset: 321, bitSize: 3 });
    expect(offsetOf(task, 'tasks.prev')).toBe(32);
    expect(offsetOf(task, 'comm[3]')).toBe(11);
    expect(() => offsetOf(task, 'tasks.nosuch')).toThrow(
      'unknown type: struct task.tasks.nosuch (asked BTF)',
    );
  });

  it('peels qualifiers, and typedefs where asked', () => {
    const finder = finderOf(KERNEL);
    const state = finder.findType('typedef', 'state_t')!;
    expect(unqualified(state)).toBe(state);
    expect(unqualified(finder.typeById(9))).toBe(finder.findType('base', 'int'));
    expect(resolveTypedef(state)).toBe(finder.findType('base', 'int'));
    expect(sizeOf(state)).toBe(4);
  });

  it('is one object per type, so that structs may contain pointers to themselves', () => {
    const finder = finderOf(KERNEL);
    const list = finder.findType('struct', 'list_head')!;
    const next = findMember(list, 'next')!.type;
    expect(next.kind === 'pointer' && next.target).toBe(list);
    expect(finder.findType('struct', 'list_head')).toBe(list);
  });

  it('knows enums by their sign and width', () => {
    const values = (name: string) => {
      const type = finderOf(KERNEL).findType('enum', name);
      return type?.kind === 'enum' ? type.enumerators.map(({ value }) => value) : undefined;
    };
    expect(values('pid_type')).toEqual([0n, 1n, 4n]);
    expect(values('error')).toEqual([-1n]);
    expect(values('wide_enum')).toEqual([0x100000000n]);
  });

  it('knows that signed char has a sign, which pahole before 1.21 does not write', () => {
    const old = new BtfTypeFinder(parseBtf(drawBtf('INT signed~char size=1'), 'BTF'));
    expect(old.findType('base', 'signed char')).toMatchObject({ signed: true });
  });

  it('reads unflagged enum values as signed where no enum says its sign (pahole before 1.24)', () => {
    const old = finderOf('ENUM state size=4 { RUN=0 DEAD=0xffffffff }').findType('enum', 'state');
    expect(old).toMatchObject({ signed: true, enumerators: [{ value: 0n }, { value: -1n }] });
    const fresh = finderOf(`
      ENUM state size=4 { RUN=0 MASK=0xffffffff }
      ENUM other size=4 signed { X=-1 }
    `).findType('enum', 'state');
    expect(fresh).toMatchObject({
      signed: false,
      enumerators: [{ value: 0n }, { value: 0xffffffffn }],
    });
  });

  it('knows forward declarations, functions, variables and tagged pointers', () => {
    const finder = finderOf(KERNEL);
    expect(finder.findType('struct', 'module')).toMatchObject({ incomplete: true });
    expect(finder.findType('union', 'module')).toBeUndefined();
    expect(finder.findType('union', 'value')).toMatchObject({ incomplete: true });
    expect(finder.findFunctionType('printk')).toMatchObject({
      variadic: true,
      parameters: [{ name: 'fmt' }],
    });
    expect(finder.findVariableType('runqueues')).toBe(finder.findType('struct', 'list_head'));
    expect(finder.findVariableType('printk')).toBeUndefined();
    const tagged = finder.typeById(24);
    expect(tagged.kind === 'pointer' && tagged.target).toMatchObject({ kind: 'int', name: 'char' });
  });

  it('finds bit fields of writers before kind_flag in the int itself', () => {
    const struct = finderOf(`
      INT int size=4
      INT int size=4 bits=3
      STRUCT old size=4 { a:1@0 b:2@8 }
    `).findType('struct', 'old')!;
    expect(findMember(struct, 'a')).toMatchObject({ bitOffset: 0, bitSize: 0 });
    expect(findMember(struct, 'b')).toMatchObject({ bitOffset: 8, bitSize: 3 });
  });

  it("continues the kernel's ids and strings in a module's split BTF", () => {
    const baseBlob = drawBtf(KERNEL);
    const base = new BtfTypeFinder(parseBtf(baseBlob, 'BTF'));
    const stringBase = new DataView(baseBlob.buffer).getUint32(20, true);
    const first = base.table.endId;
    const blob = drawBtf(
      `STRUCT loop size=24 { list:5@0 self:${first + 1}@128 }
       PTR ->${first}`,
      { stringBase },
    );
    const finder = new BtfTypeFinder(parseBtf(blob, 'BTF:loop', base.table), base);
    const loop = finder.findType('struct', 'loop')!;
    expect(loop).toMatchObject({ origin: 'BTF:loop', size: 24 });
    expect(findMember(loop, 'list')!.type).toBe(base.findType('struct', 'list_head'));
    const self = findMember(loop, 'self')!.type;
    expect(self.kind === 'pointer' && self.target).toBe(loop);
    expect([...finder.iterateNames()]).toEqual([{ tag: 'struct', name: 'loop' }]);
    expect(finder.findType('struct', 'task')).toBeUndefined();
  });

  it('does not follow a typedef or an array that contains itself for ever', () => {
    const finder = finderOf(`
      TYPEDEF loop ->2
      CONST ->1
      ARRAY ->3 n=4
      TYPE_TAG x ->4
      STRUCT self size=4 { -:5@0 }
      FUNC_PROTO ->7 { a:7 b:7 c:7 }
      PTR ->6
      STRUCT branching size=8 { f:7@0 }
    `);
    expect(() => resolveTypedef(finder.findType('typedef', 'loop')!)).toThrow(/typedefs/);
    expect(() => sizeOf(finder.typeById(3))).toThrow(/arrays of arrays/);
    expect(() => finder.typeById(4)).toThrow(/type tags/);
    const self = finder.findType('struct', 'self')!;
    expect(findMember(self, 'x')).toBeUndefined();
    expect(definitionText(self).length).toBeLessThan(100_000);
    expect(definitionText(finder.findType('struct', 'branching')!).length).toBeLessThan(100_000);
  });

  it('names the place of what is wrong with a blob', () => {
    expect(() => parseBtf(new Uint8Array(4), 'BTF')).toThrow(/BTF header.*magic 0xeb9f/);
    const blob = drawBtf(KERNEL);
    expect(() => parseBtf(blob.subarray(0, blob.length - 1), 'BTF')).toThrow(/strings within/);
    const cut = drawBtf('INT int size=4\nSTRUCT a size=4 { x:1@0 }');
    cut[24 + 16 + 4] = 200; // vlen
    const table = parseBtf(cut, 'BTF');
    expect(table.damage).toBe('type 2 at byte 16 of 40: more elements than bytes');
    const finder = new BtfTypeFinder(table);
    expect(finder.findType('base', 'int')).toBeDefined();
    expect(finder.findType('struct', 'a')).toBeUndefined();
    expect(() => finder.typeById(9)).toThrow(/type id.*an id below 2, found 9/);
  });

  it('any damaged byte gives types or a fault, in bounded time', () => {
    const blob = drawBtf(KERNEL);
    fc.assert(
      fc.property(fc.nat(blob.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(blob);
        bytes[at] = byte;
        try {
          const finder = new BtfTypeFinder(parseBtf(bytes, 'BTF'));
          for (const { tag, name } of finder.iterateNames()) {
            const type = finder.findType(tag, name);
            if (type !== undefined) definitionText(type, { offsets: true });
          }
        } catch (error) {
          if (!(error instanceof FaultError)) throw error;
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
