import type { Block } from '../../../src-shared/contract/index.ts';
import { addVirt, hex } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { readAuditQueues } from '../kernel/audit.ts';
import { textOfBytes } from '../program/address-space.ts';
import type { Program } from '../program/program.ts';
import { memberOf } from '../types/layout.ts';
import { UsageError } from './command.ts';
import { info, warning } from './context.ts';

/** Audit records that wait to be sent (`log -a`). */
export function* auditRecords(program: Program): Generator<Block> {
  const { records, queues, problems } = readAuditQueues(program);
  if (queues.length === 0) throw new UsageError('-a: this kernel has no audit queues');
  for (const problem of problems) yield warning(problem);
  if (records.length > 0) {
    yield { type: 'text', lines: records.map(({ type, text }) => `type=${type} ${text}`) };
  } else if (problems.length === 0) {
    yield info(`the audit queues are empty (${queues.join(', ')})`);
  }
}

/**
 * Per-CPU buffers of messages printed where the log could not be locked.
 * @source kernel/printk/printk_safe.c, until commit 93d102f094be (5.15)
 */
const SAFE_BUFFERS = ['nmi_print_seq', 'safe_print_seq'];

/** Messages that had not reached the log yet (`log -s`). */
export function* safeBuffers(program: Program): Generator<Block> {
  const names = SAFE_BUFFERS.filter((name) => program.symbols.has(name));
  if (names.length === 0) {
    throw new UsageError(
      '-s: this kernel has no printk_safe buffers (removed in 5.15): messages go into the log at once',
    );
  }
  for (const name of names) {
    const lines = [`PRINTK_SAFE_SEQ_BUF: ${name}`];
    for (const cpu of program.cpus.present) {
      try {
        lines.push(...safeBufferLines(program, name, cpu), '');
      } catch (error) {
        if (!(error instanceof FaultError)) throw error;
        yield warning(`${name} of CPU ${cpu} cannot be read: ${error.message}.`);
      }
    }
    yield { type: 'text', lines };
  }
}

/** @throws FaultError */
function safeBufferLines(program: Program, name: string, cpu: number): string[] {
  const buffer = program.perCpu(name, 'struct printk_safe_seq_buf', cpu);
  const length = buffer.member('len.counter').number();
  const lost = buffer.member('message_lost.counter').number();
  const at = addVirt(buffer.address, memberOf(buffer.type, 'buffer').bitOffset / 8);
  const room = buffer.member('buffer').size;
  const text = textOfBytes(program.kernel.read(at, Math.max(0, Math.min(length, room))));
  const shown = text === '' ? ['(empty)'] : text.replace(/\n$/, '').split('\n');
  return [
    `CPU: ${cpu}  ADDR: ${hex(buffer.address).slice(2)} LEN: ${length}  MESSAGE_LOST: ${lost}`,
    ...shown.map((line) => `  ${line}`),
  ];
}
