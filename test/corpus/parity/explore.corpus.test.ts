import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { KNOWN_GLOBALS } from '../../../src-main/engine/kernel/known-globals.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { askCrash, corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * `p`, `whatis`, `list`, `tree`, `dis`, `eval` and the small ones, given nothing but the dump, against
 * crash 9 with vmlinux. crash 9.0.2 opens 5.10 to 6.12; it cannot open 7.2.
 */
const NAMES = ['sample', 'debian-5.10', 'debian-6.1', 'debian-6.12'];

const EXPRESSIONS = [
  'jiffies',
  '-x jiffies',
  'init_task.comm',
  'init_task.tasks',
  '*init_task.cred',
  'init_task.cred->uid',
  'init_task.real_cred.uid.val',
  '&init_task',
  '&init_task.comm',
  '&init_task.comm[2]',
  '(char *)init_task.comm',
  '*init_task.comm@4',
  'init_task.comm @ 2',
  'init_task.comm[1] + 1',
  'init_task.se',
  '-x init_task.se',
  'init_task.sched_class',
  '*init_task.sched_class',
  'init_task.cpus_mask',
  '((struct task_struct *)&init_task)->pid',
  '&((struct task_struct *)0)->tasks',
  '&init_task.tasks.next',
  'sizeof(struct task_struct)',
  'sizeof init_task.comm',
  'runqueues:0',
  'runqueues:1',
  'runqueues',
  'modules',
  '*modules.next->next',
  'init_uts_ns',
  'system_wq',
  '*system_wq',
  'saved_command_line',
  'linux_banner',
  'tainted_mask',
  'panic_cpu',
  'panic_timeout',
  'system_state',
  '(enum system_states)2',
  'PIDTYPE_TGID',
  'schedule',
  '&schedule',
  '*schedule',
  '(long)schedule',
  '1+2',
  '10/3',
  '-x 255',
  "'a'",
  '(unsigned char)300',
  '(short)70000',
  '~0ul',
  '0777',
  'super_blocks',
  'boot_cpu_data',
  'iomem_resource.flags',
  'init_nsproxy',
  'avenrun',
  'init_task.thread_pid->level',
  'init_pid_ns.idr',
].map((text) => `p ${text.includes('->') ? `(${text})` : text}`);

const LISTS = [
  'list -H modules',
  'list -r -H modules',
  'list -H modules -o module.list -s module.name,state,list',
  'list -H modules module.list -S module.name,state',
  'list -H modules -l module.list -s module.name',
  'list task_struct.tasks -h init_task -s task_struct.pid,comm',
  'list task_struct.tasks -h init_task -r',
  'list task_struct.tasks -h init_task -B',
  'list -o task_struct.sibling -O task_struct.children -h init_task -s task_struct.pid',
  'list -o task_struct.children -O task_struct.sibling -h init_task',
  'list task_struct.parent init_task',
  'list -H workqueues workqueue_struct.list -s workqueue_struct.name -x',
  'list -H super_blocks super_block.s_list -s super_block.s_id,s_flags -x',
  'list -H super_blocks super_block.s_list -s super_block.s_uuid',
  'list -H slab_caches kmem_cache.list -S kmem_cache.object_size,size',
];
const TREES = [
  'tree -t x -r pid_namespace.idr init_pid_ns',
  'tree -t x -r pid_namespace.idr init_pid_ns -p',
  'tree -t x -r pid_namespace.idr init_pid_ns -s pid.level,count',
  'tree -t x -r pid_namespace.idr init_pid_ns -S pid.level -p -x',
];
/** Of kernels with maple trees; crash counts the empty one's range, too. */
const MAPLE_TREES = [
  'tree -t maple -v -x sparse_irqs',
  'tree -t maple -v -x -r mm_struct.mm_mt init_mm',
  'tree -t m -v -x -s irq_desc.name sparse_irqs',
];
/** The root is not there since 6.9, which has trees of each node. */
const VMAP_TREES = [
  'tree -t rbtree -o vmap_area.rb_node vmap_area_root',
  'tree -o vmap_area.rb_node vmap_area_root -s vmap_area.va_start,va_end',
  'tree -l -p -o vmap_area.rb_node vmap_area_root -S vmap_area.va_start',
];
const NUMBERS = [
  'eval 128 * 1m',
  'eval -b 41dc065',
  'eval init_task - 16',
  'eval -1',
  'eval 0f ^ 1',
  'eval 10 % 3',
  'ascii 62696c2f 7273752f',
  'pte d8e067 8000000012345067',
  'btop 512a001 1000',
  'ptob 0 512a',
  'ptov 56e000',
  'ptov 1000 2000',
  'ptov b0c0:a',
];
const TYPES = [
  'pid_t',
  'u64',
  'atomic_t',
  '-o atomic_t',
  'spinlock_t',
  'list_head',
  '-o list_head',
  'struct list_head',
  'rq',
  'task_struct.tasks',
  'pid_type',
  'enum system_states',
  'schedule',
  'vfs_read',
  'init_task.comm',
  'init_task.sched_class',
  'runqueues',
  '-r 192',
  '-r 9000-12000',
].map((text) => `whatis ${text}`);
const CODE = [
  'schedule',
  'schedule 5',
  'schedule+5',
  '(schedule+5) 3',
  '-x schedule',
  'do_sys_openat2',
  'vfs_read',
  'exc_page_fault',
  'native_write_msr',
  'kmem_cache_alloc',
  'tcp_sendmsg',
  'asm_exc_page_fault',
  'oops_end',
  'crash_kexec',
  '-r vfs_read+30',
  'do_exit',
  'ext4_mark_inode_dirty',
].map((text) => `dis ${text}`);

const LINES = [...EXPRESSIONS, ...LISTS, ...TREES, ...NUMBERS, ...TYPES, ...CODE];

afterAll(() => printTable('crash 9.0.2, exploring'));

describe.each(NAMES)('%s', (name) => {
  const lines = [...LINES, ...(name === 'debian-6.12' ? MAPLE_TREES : VMAP_TREES)];
  let crash: ReadonlyMap<string, string>;
  let engine: EngineService;
  let session: string;
  const counts = new Map<string, { equal: number; of: number }>();
  afterAll(() => {
    for (const [what, row] of counts) record({ dump: name, what, ...row });
  });

  beforeAll(async () => {
    const corpus = corpusDump(name);
    const types = KNOWN_GLOBALS.map((each) => `whatis ${each}`);
    crash = askCrash(corpus, [...lines, ...types]);
    engine = createEngineService(createEngineDeps());
    ({ session } = await engine.open({ paths: [corpus.dump], search: false }));
  });

  const text = async (line: string): Promise<string> => {
    const { blocks, error } = await engine.run({ session, line });
    if (error !== undefined) return `${error.kind}: ${error.message}\n`;
    const renderer = new TextRenderer();
    const shown = blocks.filter((block) => block.type !== 'notice');
    return shown.map((block) => renderer.render(block)).join('') + renderer.end();
  };

  test.each(lines)('%s', async (line) => {
    const theirs = compared(line, crash.get(line) ?? '');
    // What crash cannot answer for a kernel has nothing to be compared with.
    if (/request failed|invalid|cannot resolve|not found|duplicate/.test(theirs)) return;
    const ours = compared(line, await text(line));
    const count = theirs.split('\n').length - 1;
    const what = `${line.split(' ', 1)[0]!}, lines`;
    const row = counts.get(what) ?? { equal: 0, of: 0 };
    counts.set(what, { equal: row.equal + (ours === theirs ? count : 0), of: row.of + count });
    expect(ours).toBe(theirs);
  });

  test('types of the best known variables', async () => {
    let of = 0;
    const different: string[] = [];
    for (const variable of KNOWN_GLOBALS) {
      const theirs = declaration(crash.get(`whatis ${variable}`) ?? '');
      // Not in this kernel, or another symbol of that name.
      if (!theirs.endsWith(';')) continue;
      const ours = declaration(await text(`whatis ${variable}`));
      if (/no symbol|not known/.test(ours)) continue;
      of++;
      if (ours !== theirs) different.push(`${ours} is ${theirs}`);
    }
    record({ dump: name, what: 'known globals', equal: of - different.length, of });
    expect(different).toEqual([]);
    expect(of).toBeGreaterThan(180);
  });
});

/** Lengths of arrays are not ours to know. */
function declaration(text: string): string {
  return text.trim().replace(/\[[0-9]*\];$/, '[];');
}

/** What differs by design: docs/differences.md. */
function compared(line: string, text: string): string {
  const numbered = text.replaceAll(/\$[0-9]+ = /g, '$N = ');
  // kallsyms keeps what the compiler appends to names of functions it split, and of static variables.
  const named = numbered.replaceAll(/\.(?:part|constprop|isra|cold)?(?:\.?[0-9]+)?(?=[+>])/g, '');
  // String literals have no symbols; without sizes of symbols the one before seems to go on.
  const literals = named.replaceAll(/ <\w+\+[0-9]+> "/g, ' "');
  if (!line.startsWith('dis')) return literals;
  // Symbols do not tell where a function ends and its padding begins; of several names of one
  // address each tool has its own choice.
  return literals
    .replace(/(?:^.*:\t(?:int3|(?:data16 |cs )*(?:nop\w?(?: .*)?|xchg +%ax,%ax))\n)+$/m, '')
    .replaceAll('<__softirqentry_text_end>', '<__x86_indirect_thunk_array>')
    .replaceAll(/<(?:__x64_|__ia32_|__do_|__se_)?sys_/g, '<sys_');
}
