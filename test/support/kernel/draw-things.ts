import type { FunctionType } from '../../../src-main/engine/types/type.ts';
import { DrawnMachine } from './draw-machine.ts';

const TYPES = `
  enum colour { RED = 0, GREEN = 1, BLUE = 2 }
  struct list_head { struct list_head *next; struct list_head *prev; }
  struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right; struct rb_node *rb_left; }
  struct rb_root { struct rb_node *rb_node; }
  struct xarray { int xa_lock; unsigned int xa_flags; void *xa_head; }
  struct xa_node { unsigned char shift; unsigned char offset; unsigned char count; unsigned char nr_values; struct xa_node *parent; struct xarray *array; void *pad[2]; void *slots[64]; }
  struct cpumask { unsigned long bits[1]; }
  struct rq { unsigned int nr_running; struct list_head tasks; }
  struct point { int x; int y; }
  struct thing { int id; char name[8]; struct list_head list; struct rb_node node; enum colour colour; unsigned int low : 3; int high : 5; struct thing *peer; struct point at[4]; short small; }
  struct task_group { int shares; }`;

const doThing: FunctionType = {
  kind: 'function',
  origin: 'drawn',
  result: { kind: 'void', origin: 'drawn' },
  parameters: [],
  variadic: false,
};

/** Addresses of what {@link drawThings} draws. */
export const AT = {
  modules: 0xffff_8880_0000_0800n,
  jiffies: 0xffff_8880_0000_0840n,
  untyped: 0xffff_8880_0000_0900n,
  function: 0xffff_8880_0000_0a00n,
  things: [0x1000n, 0x1100n, 0x1200n].map((low) => 0xffff_8880_0000_0000n + low),
  perCpuStart: 0xffff_8880_0000_4000n,
  runqueues: 0xffff_8880_0000_4040n,
  cpus: [0xffff_8880_0010_0000n, 0xffff_8880_0020_0000n],
  masks: 0xffff_8880_0000_5000n,
} as const;

/**
 * Three things on the list `modules`, a counter, a variable nobody knows the type of, a function, and
 * a per-CPU variable of two CPUs.
 */
export function drawThings(): DrawnMachine {
  const drawn = new DrawnMachine(TYPES)
    .symbol('modules', AT.modules)
    .symbol('jiffies', AT.jiffies)
    .symbol('untyped', AT.untyped)
    .symbol('untyped_end', AT.untyped + 8n)
    .symbol('do_thing', AT.function, 'T')
    .symbol('do_thing_end', AT.function + 0x40n, 'T')
    .symbol('first_thing', AT.things[0]!)
    .symbol('__per_cpu_start', AT.perCpuStart)
    .symbol('runqueues', AT.runqueues)
    .symbol('__per_cpu_end', AT.perCpuStart + 0x1000n)
    .symbol('__per_cpu_offset', AT.masks + 0x100n)
    .u64(AT.jiffies, 0xffff_ffff_0000_0001n)
    .u64(AT.untyped, 0x1122_3344_5566_7788n);
  const names = ['anvil', 'bell', 'cup'];
  for (const [i, at] of AT.things.entries()) {
    drawn.put('struct thing', at, {
      id: i - 1,
      name: names[i]!,
      colour: i,
      peer: AT.things[(i + 1) % 3]!,
      'at[1].x': 10 + i,
      'at[1].y': -3,
      small: -2,
    });
  }
  drawn.bytes(AT.things[0]! + drawn.offset('struct thing', 'colour') + 4n, [0b11101_011, 0, 0, 0]);
  const list = drawn.offset('struct thing', 'list');
  drawn.ring(AT.modules, ...AT.things.map((at) => at + list));
  for (const [cpu, area] of AT.cpus.entries()) {
    drawn.u64(AT.masks + 0x100n + BigInt(cpu) * 8n, area - AT.perCpuStart);
    drawn.put('struct rq', area + (AT.runqueues - AT.perCpuStart), { nr_running: cpu + 4 });
  }
  for (const mask of ['possible', 'present', 'online']) {
    drawn.symbol(`__cpu_${mask}_mask`, AT.masks);
  }
  drawn.types.add({
    name: 'drawn variables',
    findType: () => undefined,
    findVariableType: (name) =>
      name === 'runqueues' ? drawn.types.typeNamed('struct', 'rq') : undefined,
    findFunctionType: (name) => (name === 'do_thing' ? doThing : undefined),
    iterateNames: () => [],
  });
  return drawn.u64(AT.masks, 3n);
}
