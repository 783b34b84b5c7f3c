# SPDX-License-Identifier: Apache-2.0
"""
What gdb, with vmlinux, says of the variables of every frame of a core of task stacks.
usage: OUT=FILE gdb -nx -batch -ex 'symbol-file …' -ex 'core-file …' -x gdb_frames.py
Writes FILE: {threads: [[frame…]…]}, each frame {pc, sp, function, inlined, locals: {name: [text…]}},
innermost first; a scalar's text is its bits in hex, anything else gdb's own text or None.
"""

import json
import os

import gdb

SCALARS = (
    gdb.TYPE_CODE_INT,
    gdb.TYPE_CODE_PTR,
    gdb.TYPE_CODE_BOOL,
    gdb.TYPE_CODE_CHAR,
    gdb.TYPE_CODE_ENUM,
)


def text_of(symbol, frame):
    try:
        value = symbol.value(frame)
        if value.is_optimized_out:
            return None
        kind = value.type.strip_typedefs()
        if kind.code in SCALARS:
            return f"{int(value) & ((1 << (8 * kind.sizeof)) - 1):x}"
        return str(value)
    except (gdb.error, RuntimeError, OverflowError) as error:
        return f"error: {error}"


def frame_row(frame):
    names = {}
    try:
        block = frame.block()
        while block is not None and not block.is_global and not block.is_static:
            for symbol in block:
                if symbol.is_argument or symbol.is_variable:
                    names.setdefault(symbol.name, []).append(text_of(symbol, frame))
            if block.function is not None:
                break
            block = block.superblock
    except RuntimeError:
        pass
    return {
        "pc": f"{frame.pc():x}",
        "sp": f"{int(frame.read_register('rsp')) & (2**64 - 1):x}",
        "function": frame.name(),
        "inlined": frame.type() == gdb.INLINE_FRAME,
        "locals": names,
    }


def stack():
    rows = []
    try:
        frame = gdb.newest_frame()
        while frame is not None and len(rows) < 200:
            rows.append(frame_row(frame))
            frame = frame.older()
    except gdb.error:
        pass
    return rows


threads = []
for thread in sorted(gdb.selected_inferior().threads(), key=lambda each: each.num):
    thread.switch()
    threads.append(stack())
with open(os.environ["OUT"], "w") as file:
    json.dump({"threads": threads}, file)
