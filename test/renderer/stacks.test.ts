import { describe, expect, test } from 'vitest';
import type { RegisterSet, StackFrame, StackTrace } from '../../src-shared/contract/index.ts';
import { modeOf, registersInOrder, sectionsOf } from '../../src-renderer/model/stacks.ts';
import { blockText, stackText } from '../../src-renderer/model/text.ts';

const registers = (origin: RegisterSet['origin'], userMode: boolean): RegisterSet => ({
  origin,
  userMode,
  address: 0xffffc90000003f58n,
  values: { rax: 1n, rip: 0x401000n, zmm: 2n },
  full: true,
});

/** One line a frame: `stack name`, with `!origin-mode` when registers were saved there and `?` for a guess. */
function stack(drawing: string, pid = 7, start?: RegisterSet): StackTrace {
  const frames = drawing
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line, index): StackFrame => {
      const [on = 'task', name = 'f', saved] = line.trim().split(/\s+/);
      const [origin, mode] = saved?.slice(1).split('-') ?? [];
      return {
        index,
        pc: 0xffffffff81000000n + BigInt(index),
        sp: 0xffffc90000003000n,
        symbol: { name: name.replace('?', ''), offset: 1, size: 16 },
        method: name.endsWith('?') ? 'scan' : 'orc',
        exact: !name.endsWith('?'),
        stack: on as StackFrame['stack'],
        interrupted: index === 0,
        ...(origin && { registers: registers(origin as RegisterSet['origin'], mode === 'user') }),
      };
    });
  return {
    task: {
      pid,
      tgid: pid,
      task: 0xffff888000000000n,
      cpu: 0,
      command: 'x',
      state: 'RU',
      active: true,
    },
    start: 'crash-note',
    frames,
    ...(start && { startRegisters: start }),
    end: { complete: true, why: '' },
    warnings: [],
  };
}

describe('in which mode a CPU was', () => {
  test.each<[string, string, number]>([
    ['user', 'nmi crash_nmi_callback\nnmi exc_nmi !nmi-user', 7],
    ['kernel', 'nmi exc_nmi !nmi-kernel\ntask vfs_write\ntask entry !syscall-user', 7],
    ['kernel', 'task panic\ntask entry !syscall-user', 7],
    ['idle', 'nmi exc_nmi !nmi-kernel\ntask pv_native_safe_halt\ntask do_idle', 0],
    ['unknown', '', 7],
  ])('%s: %s', (mode, drawing, pid) => {
    expect(modeOf(stack(drawing, pid))).toBe(mode);
  });
  test('a crash note of user mode has no kernel frames', () => {
    expect(modeOf(stack('', 7, registers('crash-note', true)))).toBe('user');
  });
});

test('sections end where registers were saved or the stack changes', () => {
  const sections = sectionsOf(
    stack(`
      irq  handler
      irq  common_interrupt !interrupt-kernel
      task schedule
      task entry !syscall-user`),
  );
  expect(
    sections.map(({ stack: on, frames, boundary }) => [on, frames.length, boundary?.origin]),
  ).toEqual([
    ['irq', 2, 'interrupt'],
    ['task', 2, 'syscall'],
  ]);
});

test('registers in the order people read them, unknown ones kept', () => {
  expect(registersInOrder(registers('nmi', true)).map(([name]) => name)).toEqual([
    'rip',
    'rax',
    'zmm',
  ]);
});

test('the copied text marks guesses and says where the trace stops', () => {
  const trace = stack('task a\ntask b?');
  const text = stackText({ ...trace, end: { complete: false, why: 'stack page is excluded' } });
  expect(text).toContain('#0 [ffffc90000003000] a+0x1 at ffffffff81000000');
  expect(text).toContain('? b+0x1');
  expect(text).toContain('stack page is excluded');
});

test('what was asked of a frame is copied with it: registers, words, sets found on a stack', () => {
  const plain = stack('task demo_flush !exception-kernel');
  const [first] = plain.frames;
  const frame: StackFrame = {
    ...first!,
    known: [{ name: 'rbx', value: 5n, how: 'crash note' }],
    words: [
      {
        address: 0xffffc90000003008n,
        value: 7n,
        labels: [{ kind: 'symbol', text: 'vfs_write+0x1', certain: false }],
      },
      {
        address: 0xffffc90000003010n,
        value: { absent: 'excluded', why: '' },
        labels: [],
      },
    ],
  };
  const text = stackText({ ...plain, frames: [frame] });
  expect(text).toContain('RBX: 0000000000000005  crash note');
  expect(text).toContain('ffffc90000003008: 0000000000000007  ? vfs_write+0x1');
  expect(text).toMatch(/ffffc90000003010: \(.*excluded.*\)/);

  const saved = blockText({ type: 'stack', stack: plain, savedRegisters: { title: 'CPU 0 NMI' } });
  expect(saved).toMatch(/^CPU 0 NMI\nkernel-mode exception frame at ffffc90000003000\n/);
  expect(saved).toContain('RIP: 0000000000401000');
});
