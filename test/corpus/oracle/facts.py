# SPDX-License-Identifier: Apache-2.0
"""
What drgn, with vmlinux, says about a dump, as JSON for comparison with Oopscope.
usage: run-drgn.sh DUMP VMLINUX oracle/facts.py OUTDIR
Writes OUTDIR/{tasks,stacks,modules,facts}.json and log.txt. See ../README.md for every field.
"""

import json
import os
import sys

from drgn import FaultError, Object
from drgn.helpers.linux.cpumask import for_each_online_cpu, for_each_possible_cpu, for_each_present_cpu
from drgn.helpers.linux.kallsyms import load_module_kallsyms
from drgn.helpers.linux.module import for_each_module, module_address_regions, module_taints
from drgn.helpers.linux.panic import tainted
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.printk import get_dmesg
from drgn.helpers.linux.sched import idle_task, task_cpu, task_state_to_char

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
# names of modules' functions as the dump itself has them: the modules' debuginfo need not be there
prog.register_symbol_finder("module kallsyms", load_module_kallsyms(prog), enable_index=1)


def text(char_array):
    return char_array.string_().decode("utf-8", "backslashreplace")


def address(pointer):
    return f"{pointer.value_():x}"


def task_row(task):
    return {
        "pid": task.pid.value_(),
        "tgid": task.tgid.value_(),
        "ppid": task.real_parent.tgid.value_(),
        "parent": task.parent.pid.value_(),
        "comm": text(task.comm),
        "state": task_state_to_char(task),
        "task": address(task),
        "cpu": task_cpu(task),
        "on_cpu": bool(task.on_cpu),
        "mm": address(task.mm),
        "stack": address(task.stack),
        "flags": task.flags.value_(),
        "uid": task.cred.uid.val.value_(),
    }


def frame_row(trace, i):
    frame = trace[i]
    row = {"name": frame.name, "is_inline": frame.is_inline}
    try:
        row["function"] = frame.function_name
    except AttributeError:
        pass
    if not frame.is_inline:
        row["pc"] = f"{frame.pc:x}"
        try:
            row["sp"] = f"{frame.sp:x}"
        except LookupError:
            pass
        row["interrupted"] = frame.interrupted
        # the symbol that contains the instruction: for a return address the call lies before it
        try:
            symbol = prog.symbol(frame.pc - (0 if frame.interrupted else 1))
            row["symbol"] = symbol.name
            row["offset"] = frame.pc - symbol.address
        except LookupError:
            pass
    return row


def stack_row(task):
    try:
        trace = prog.stack_trace(task)
        return [frame_row(trace, i) for i in range(len(trace))]
    except (FaultError, LookupError, ValueError) as error:
        return {"error": str(error)}


def guarded(function):
    try:
        return function()
    except Exception as error:  # a damaged dump: say so, the other facts still count
        return {"error": f"{type(error).__name__}: {error}"}


def write(name, value):
    with open(os.path.join(out, name), "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def write_stacks(stacks):
    """A line a frame: it is the biggest of the files, and is read by people too."""
    with open(os.path.join(out, "stacks.json"), "w") as file:
        entries = []
        for task, frames in stacks.items():
            lines = [json.dumps(frame) for frame in frames] if isinstance(frames, list) else None
            value = "[\n" + ",\n".join(lines) + "]" if lines else json.dumps(frames)
            entries.append(f'"{task}": {value}')
        file.write("{\n" + ",\n".join(entries) + "\n}\n")


def tasks():
    rows, error = [], None
    try:
        for task in for_each_task(prog):
            found.append(task)
            rows.append(task_row(task))
    except FaultError as fault:
        error = str(fault)
    idle = []
    for cpu in for_each_online_cpu(prog):
        found.append(idle_task(prog, cpu))
        idle.append(task_row(found[-1]))
    result = {"tasks": sorted(rows, key=lambda row: row["pid"]), "idle": idle}
    if error:
        result["error"] = error
    return result


def modules():
    rows = []
    for module in for_each_module(prog):
        regions = [{"start": f"{start:x}", "size": size} for start, size in module_address_regions(module)]
        rows.append(
            {
                "name": text(module.name),
                "module": address(module),
                "base": regions[0]["start"],
                "size": sum(region["size"] for region in regions),
                "regions": regions,
                "taints": module_taints(module),
                "state": module.state.value_(),
                "refcnt": module.refcnt.counter.value_(),
            }
        )
    return rows


def facts():
    uts = prog["init_uts_ns"].name
    crashed = guarded(lambda: prog.crashed_thread().object)
    return {
        "uts": {name: text(getattr(uts, name)) for name in ("sysname", "nodename", "release", "version", "machine", "domainname")},
        "taints": guarded(lambda: tainted(prog)),
        "cpus": {
            "online": list(for_each_online_cpu(prog)),
            "possible": list(for_each_possible_cpu(prog)),
            "present": list(for_each_present_cpu(prog)),
        },
        "crashed": task_row(crashed) if isinstance(crashed, Object) else crashed,
        "command_line": guarded(lambda: prog["saved_command_line"].string_().decode()),
        "banner": guarded(lambda: prog["linux_banner"].string_().decode()),
        "jiffies": guarded(lambda: prog["jiffies_64"].value_() if "jiffies_64" in prog else prog["jiffies"].value_()),
        "vmcoreinfo": prog["VMCOREINFO"].string_().decode(),
        "page_offset": guarded(lambda: f"{prog['page_offset_base'].value_():x}"),
        "vmalloc": guarded(lambda: f"{prog['vmalloc_base'].value_():x}"),
        "vmemmap": guarded(lambda: f"{prog['vmemmap_base'].value_():x}"),
        "text": f"{prog.symbol('_text').address:x}",
    }


found = []
write("tasks.json", guarded(tasks))
write_stacks({address(task): stack_row(task) for task in found})
write("modules.json", guarded(modules))
write("facts.json", guarded(facts))
log = guarded(lambda: get_dmesg(prog))
with open(os.path.join(out, "log.txt"), "wb") as file:
    file.write(log if isinstance(log, bytes) else f"error: {log['error']}\n".encode())
