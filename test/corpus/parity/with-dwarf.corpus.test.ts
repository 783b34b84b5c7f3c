import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { askCrash, corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * `whatis`, `struct`, `p`, `sizeof` and casts with vmlinux and the module's debuginfo on both
 * sides, against crash 9.0.2, which opens 5.10 to 6.12.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12'];

const WHATIS = [
  // Variables that BTF has no type of, some static.
  'init_task',
  'jiffies',
  'jiffies_64',
  'panic_timeout',
  'panic_on_oops',
  'console_printk',
  'saved_command_line',
  'linux_banner',
  'tainted_mask',
  'taint_flags',
  'sched_domain_level_max',
  'runqueues',
  'irq_stat',
  'tick_cpu_device',
  'hrtimer_bases',
  'cpu_info',
  'node_data',
  'zone_names',
  'vm_zone_stat',
  'def_blk_fops',
  'ext4_file_operations',
  'tcp_prot',
  'inet_stream_ops',
  'syscall_fn_table',
  'sys_call_table',
  'idt_table',
  'pv_ops',
  'smp_ops',
  'x86_platform',
  'init_mm',
  'init_fs',
  'init_cred',
  'root_task_group',
  'fair_sched_class',
  'softirq_vec',
  'neigh_tables',
  'net_namespace_list',
  'kallsyms_num_syms',
  'modprobe_path',
  // Functions: pointers to functions, const, volatile, variadic, enums.
  'vfs_read',
  'do_exit',
  'kthread_create_on_node',
  'printk',
  'panic',
  'sort',
  'bsearch',
  'qsort',
  'schedule_timeout',
  'memcpy',
  'strlcpy',
  'request_threaded_irq',
  'call_rcu',
  'seq_printf',
  'tcp_sendmsg',
  'blk_mq_init_queue',
  'register_filesystem',
  'signal_pending',
  // Typedef chains and named types.
  'work_func_t',
  'irq_handler_t',
  'rcu_callback_t',
  'filler_t',
  'ktime_t',
  'pgd_t',
  'pte_t',
  'cpumask_t',
  'cpumask_var_t',
  'nodemask_t',
  'kernel_cap_t',
  'sigset_t',
  'rwlock_t',
  'seqlock_t',
  'kuid_t',
  'dev_t',
  'enum hrtimer_restart',
  'enum zone_type',
  'enum module_state',
  'enum pid_type',
  'struct page',
  'struct sk_buff',
  'struct file_operations',
  'struct rb_node',
  'struct pglist_data',
  'struct zone',
  'struct mm_struct',
  'union thread_union',
  'struct module',
  'struct desc_struct',
  'struct tcphdr',
  'struct iphdr',
  'struct inode',
  'struct dentry',
  'struct fdtable',
  'struct dirent64',
  'struct linux_dirent64',
  'struct cgroup_subsys',
].map((each) => `whatis ${each}`);

const STRUCTS = [
  'struct -o page',
  'struct -o sk_buff',
  'struct -o zone',
  'struct -o mm_struct',
  'struct -o task_struct',
  'struct -o desc_struct',
  'struct -o tcphdr',
  'struct -o module',
  'struct -o inode',
  'struct -o kmem_cache',
  'struct -o rq',
  // Arrays of arrays, which BTF flattens; in structs that are embedded, too.
  'struct lru_gen_folio',
  'struct -o lru_gen_folio',
  'struct lruvec',
  'struct mem_cgroup_per_node',
  'struct vm_event_state',
  'struct blk_stat_callback',
  'union -o thread_union',
  'struct task_struct.signal -o',
  'struct -o x86_pmu',
  'struct -o cpuinfo_x86',
  'struct -o pglist_data',
  'struct -o net_device',
  'struct -o request_queue',
  'struct -o bio',
  'struct -o linux_binprm',
  'struct -o irq_desc',
];

const VALUES = [
  'p sizeof(struct task_struct)',
  'p sizeof(struct page)',
  'p sizeof(struct rq)',
  'p sizeof(union thread_union)',
  'p sizeof(init_task.comm)',
  'p sizeof(pid_t)',
  'p sizeof(console_printk)',
  'p sizeof(enum zone_type)',
  'p console_printk',
  'p console_printk[1]',
  'p panic_timeout',
  'p panic_on_oops',
  'p modprobe_path',
  'p &modprobe_path',
  'p zone_names',
  'p *zone_names',
  'p zone_names[1]',
  'p taint_flags',
  'p softirq_vec',
  'p softirq_vec[1].action',
  'p -x def_blk_fops',
  'p def_blk_fops.open',
  'p tcp_prot.name',
  'p -x vm_zone_stat',
  'p sys_call_table[0]',
  'p sys_call_table[1]',
  'p init_task.flags',
  'p (unsigned char)init_task.flags',
  'p (short)0x12345',
  'p (enum module_state)1',
  'p (enum zone_type)0',
  'p ((struct list_head *)&init_task.tasks)->next',
  'p &((struct page *)0)->_refcount',
  'p root_task_group.shares',
  'p &root_task_group.shares',
  'p fair_sched_class.enqueue_task',
  'p tick_cpu_device:0',
  'p tick_cpu_device:1',
  'p cpu_info:0',
  'p hrtimer_bases:1',
  'p irq_stat:0',
  'p kallsyms_num_syms',
  'p init_cred.uid.val',
  'p init_mm.pgd',
  'p -x pv_ops',
  'p neigh_tables',
  'p node_data[0]->node_zones[1].name',
  'p node_data[0]->node_zones[0].managed_pages',
  'p smp_ops',
  'p tcp_prot.sysctl_mem',
  'p idt_table[0]',
  'p node_data[0]->__lruvec.lrugen.nr_pages',
  'p node_data[0]->__lruvec.lrugen.folios[1]',
  'p &((struct lru_gen_folio *)0)->folios[3][1][2]',
  'p sizeof(((struct lru_gen_folio *)0)->folios[1])',
];

const MODULE = [
  'whatis struct demo_stats',
  'whatis struct demo_session',
  'struct -o demo_stats',
  'struct -o demo_session',
  'whatis demo_sessions',
  'whatis demo_lock',
  'whatis demo_timer',
  'whatis demo_account',
  'whatis demo_flush',
  'whatis demo_cache',
  'whatis slow_work',
  'p demo_ticks',
  'p sessions',
  'p demo_sessions',
  'p demo_cache->object_size',
  'p sizeof(struct demo_session)',
  'list -H demo_sessions',
];

const LINES = [...WHATIS, ...STRUCTS, ...VALUES, ...MODULE];

afterAll(() => printTable('crash 9.0.2 (both had vmlinux and the module)'));

describe.each(NAMES)('%s', (name) => {
  let crash: ReadonlyMap<string, string>;
  let engine: EngineService;
  let session: string;
  const counts = new Map<string, { equal: number; of: number }>();
  afterAll(() => {
    for (const [what, row] of counts) record({ dump: name, what, ...row });
  });

  beforeAll(async () => {
    const corpus = corpusDump(name);
    const module = join(corpus.folder, 'oops_demo.ko');
    crash = askCrash(corpus, [`mod -s oops_demo ${module}`, ...LINES]);
    engine = createEngineService(createEngineDeps());
    const debuginfo = [corpus.vmlinux, module];
    ({ session } = await engine.open({ paths: [corpus.dump], debuginfo, search: false }));
  });

  const text = async (line: string): Promise<string> => {
    const { blocks, error } = await engine.run({ session, line });
    if (error !== undefined) return `${error.kind}: ${error.message}\n`;
    const renderer = new TextRenderer();
    const shown = blocks.filter((block) => block.type !== 'notice');
    return shown.map((block) => renderer.render(block)).join('') + renderer.end();
  };

  test.each(LINES)('%s', async (line) => {
    const theirs = compared(crash.get(line) ?? '').replaceAll(
      ' constzone_names',
      ' const zone_names',
    );
    // What crash cannot answer for a kernel has nothing to be compared with.
    if (REFUSED.test(theirs)) return;
    const answer = compared(await text(line));
    // crash takes the declaration in a header, which has no length, where that comes first.
    const ours = /^.*\[\];\n$/.test(theirs) ? answer.replace(/\[[0-9]+\];\n$/, '[];\n') : answer;
    const by = DIFFERENT[line];
    if (by !== undefined && ours !== theirs) {
      expect(theirs).toMatch(by.crash);
      expect(ours).toMatch(by.ours);
      return;
    }
    const what = `${line.split(' ', 1)[0]!}, answers`;
    const row = counts.get(what) ?? { equal: 0, of: 0 };
    counts.set(what, { equal: row.equal + (ours === theirs ? 1 : 0), of: row.of + 1 });
    expect(ours).toBe(theirs);
  });
});

/** What crash shows otherwise, and what is right then. See docs/differences.md. */
const DIFFERENT: Readonly<Record<string, { crash: RegExp; ours: RegExp }>> = {
  // Declarations without a length again: gdb then knows neither size nor elements.
  'p sizeof(console_printk)': { crash: /optimized out/, ours: /= 16$/m },
  'p console_printk': { crash: /= 0x\w+ <console_printk>$/m, ours: /^ \{15, 4, 1, 7\}$/m },
  'p modprobe_path': { crash: /= 0x\w+ <modprobe_path> "/, ours: /= "\/sbin\/modprobe\\000/ },
  'p &modprobe_path': { crash: /\(char \(\*\)\[\]\)/, ours: /\(char \(\*\)\[256\]\) 0x/ },
  // crash puts the name of a function into the first (*) that it finds.
  'whatis kthread_create_on_node': {
    crash: /\(int \(\*kthread_create_on_node\)/,
    ours: /^struct task_struct \*kthread_create_on_node\(int \(\*\)\(void \*\), void \*, int, /,
  },
  // What a typedef's target returns or points to is named here, opened there; the name gets lost.
  'whatis irq_handler_t': {
    crash: /^typedef enum irqreturn \{.*\} \(\*\)\(int, void \*\)$/m,
    ours: /^typedef irqreturn_t \(\*\)\(int, void \*\) irq_handler_t;$/m,
  },
  'whatis cpumask_var_t': { crash: /bits\[/, ours: /^typedef struct cpumask \* cpumask_var_t;$/m },
  // A function type has no size.
  'whatis filler_t': { crash: /^SIZE: 1$/m, ours: /^typedef int \(.*\) filler_t;$/m },
  // Assembler has no prototypes.
  'whatis memcpy': { crash: /^void memcpy\(void\);/, ours: /no debug info> memcpy/ },
  // Members of a named member: crash finds some in the unnamed struct beside it.
  'struct -o sk_buff': { crash: /\[128\] {9}__u8 pkt_type : 3/, ours: /\[128\].*headers;/ },
  'struct -o net_device': { crash: /priv_flags_fast/, ours: /\[0\] {5}\} priv_flags_fast;/ },
  // Not in kallsyms, or defined in assembler: the declaration in C has no address.
  'whatis kallsyms_num_syms': { crash: /^const unsigned int/, ours: /^usage: / },
  'p kallsyms_num_syms': { crash: /= [0-9]+$/m, ours: /^usage: / },
};

const REFUSED = /request failed|invalid|cannot resolve|not found|duplicate|No symbol|gdb/;

/** What differs by design: docs/differences.md. */
function compared(text: string): string {
  return (
    text
      .replaceAll(/\$[0-9]+ = /g, '$N = ')
      // Where its output goes to a file crash breaks the line there.
      .replace(/^\$N = \n \{/, '$N = {')
      .replaceAll(/\.(?:part|constprop|isra|cold)?(?:\.?[0-9]+)?(?=[+>])/g, '')
      .replaceAll(/ <\w+\+[0-9]+> "/g, ' "')
  );
}
