# SPDX-License-Identifier: Apache-2.0
"""
Addresses of every kind in a dump of the oops_demo machine, as shell variables, for golden outputs.
usage: run-drgn.sh DUMP VMLINUX oracle/addresses.py
"""

from drgn.helpers.linux.kallsyms import load_module_kallsyms
from drgn.helpers.linux.mm import for_each_vma, virt_to_page
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import find_task, for_each_task

prog.register_symbol_finder("module kallsyms", load_module_kallsyms(prog), enable_index=1)
panic = prog.crashed_thread().object
by_name = {task.comm.string_().decode(): task for task in for_each_task(prog)}
webd, spinner, dbd = by_name["webd"], by_name["spinner"], by_name["dbd"]


def show(name, value):
    print(f"{name}={value:x}" if isinstance(value, int) else f"{name}={value.value_():x}")


show("TEXT", prog.symbol("schedule").address)
show("INIT_TASK", prog["init_task"].address_of_())
show("PANIC_TASK", panic)
show("PANIC_STACK", panic.stack)
show("PANIC_MM", panic.mm)
show("WEBD_TASK", webd)
show("WAITER_TASK", by_name["oops_waiter"])
show("PAGE", virt_to_page(prog, panic))
show("RQ1", per_cpu(prog["runqueues"], 1).address_of_())
show("MODULE_TEXT", prog.symbol("demo_write").address)
show("MODULE_DATA", prog.symbol("demo_lock").address)
show("PGD", panic.mm.pgd)
show("TASK_PHYS", panic.value_() - prog["page_offset_base"].value_())
print(f"PANIC_PID={panic.pid.value_()}")
print(f"WEBD_PID={webd.tgid.value_()}")
print(f"DBD_PID={dbd.tgid.value_()}")
print(f"SPINNER_PID={spinner.pid.value_()}")
print(f"WAITER_PID={by_name['oops_waiter'].pid.value_()}")
vmas = list(for_each_vma(webd.mm))
show("USER_TEXT", vmas[1].vm_start)
show("USER_STACK", webd.mm.start_stack)
show("USER_LAST_VMA", vmas[-1].vm_start)
