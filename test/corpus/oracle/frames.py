# SPDX-License-Identifier: Apache-2.0
"""
What drgn, with vmlinux, says of every frame: source line, registers, locals.
usage: run-drgn.sh DUMP VMLINUX oracle/frames.py OUTDIR
Writes OUTDIR/frames.json: {text, stacks: [[frame…]…]}, innermost frame first.
"""

import json
import os
import sys

from drgn import FaultError
from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import idle_task


def local(frame, name):
    """[kind, text]: where a variable is, or its bytes; None where drgn has no value."""
    try:
        value = frame[name]
        if value.absent_:
            return None
        if value.address_ is not None:
            return ["memory", f"{value.address_:x}"]
        return ["value", value.to_bytes_().hex()]
    except Exception as error:
        return ["error", str(error)]


def frame_row(frame):
    row = {"name": frame.name, "inlined": frame.is_inline, "interrupted": frame.interrupted}
    row["registers"] = {name: f"{value:x}" for name, value in frame.registers().items()}
    try:
        row["function"] = frame.function_name
    except AttributeError:
        pass
    try:
        source = frame.source()
        row["source"] = [source[0], source[1], source[2]]
    except LookupError:
        pass
    row["locals"] = {name: local(frame, name) for name in frame.locals()}
    return row


def stack(task):
    try:
        return [frame_row(frame) for frame in prog.stack_trace(task)]
    except (FaultError, LookupError, ValueError):
        return []


tasks = list(for_each_task(prog)) + [idle_task(prog, cpu) for cpu in for_each_online_cpu(prog)]
result = {"text": f"{prog.symbol('_text').address:x}", "stacks": [stack(task) for task in tasks]}
with open(os.path.join(sys.argv[1], "frames.json"), "w") as file:
    json.dump(result, file)
