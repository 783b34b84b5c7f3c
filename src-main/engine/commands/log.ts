import type { LogShow, LogTable } from '../../../src-shared/contract/index.ts';
import { tryRead } from '../base/fault.ts';
import { readPrintkLog, type PrintkLog } from '../kernel/printk.ts';
import { crashDate, uptime } from '../kernel/time.ts';
import type { Program } from '../program/program.ts';
import { UsageError, type Command } from './command.ts';
import { warning } from './context.ts';
import { auditRecords, safeBuffers } from './log-queues.ts';
import { parseOptions } from './options.ts';

export const log: Command = {
  name: 'log',
  aliases: ['dmesg'],
  summary: 'the kernel log',
  usage: '[-Ttdmc | -a | -s]',
  help: [
    'The records of the kernel log, oldest first. Records that were overwritten, never finished or',
    'cannot be read are counted in a warning.',
    '',
    '  -t  without time',
    '  -T  wall-clock time; it is right for records since the last suspend',
    '  -d  with subsystem and device of each record',
    '  -m  with the level before the text',
    '  -c  with the caller before the text: T and a task, or C and a CPU',
    '  -a  the audit records that were still to be sent',
    '  -s  the per-CPU buffers of messages on their way to the log (until 5.14)',
  ],
  needs: ['memory', 'symbols', 'types'],
  *run({ program }, args) {
    const options = parseOptions(args, 'Ttdmcas');
    if (options.operands.length > 0) throw new UsageError('log takes no operands');
    const queue = options.atMostOne('as');
    if (queue !== undefined) {
      yield* queue === 'a' ? auditRecords(program) : safeBuffers(program);
      return;
    }
    const time = options.has('t') ? 'none' : options.has('T') ? 'date' : 'seconds';
    const boot = time === 'date' ? bootTime(program) : undefined;
    if (time === 'date' && boot === undefined) {
      yield warning('The wall-clock time cannot be read; times are seconds since boot.');
    }
    const show: LogShow = {
      time: time === 'date' && boot === undefined ? 'seconds' : time,
      ...(boot !== undefined && { bootTime: boot }),
      level: options.has('m'),
      caller: options.has('c'),
      ...(options.has('c') && { callerWidth: callerWidth(program) }),
      context: options.has('d'),
    };
    const found = readPrintkLog(program);
    for (const text of found.warnings) yield warning(text);
    yield { type: 'log', records: logTable(found), show };
  },
};

function logTable({ records, warnings }: PrintkLog): LogTable {
  return {
    count: records.length,
    seq: records.map((record) => record.seq),
    tsNsec: records.map((record) => record.tsNsec),
    level: records.map((record) => record.level),
    facility: records.map((record) => record.facility),
    caller: records.map((record) => record.caller),
    text: records.map((record) => record.text),
    context: records.map((record) => record.context),
    warnings,
  };
}

/** Seconds since the epoch at boot: now minus uptime, as crash's `log -T`. */
function bootTime(program: Program): number | undefined {
  return tryRead(() => crashDate(program).value - uptime(program).value);
}

/** Width of the widest PID, plus the letter. @source kernel/pid.c `pid_max` */
function callerWidth(program: Program): number {
  const max = tryRead(() => program.global('pid_max', 'int').number());
  return max === undefined || max > 999_999 ? 8 : max > 99_999 ? 7 : 6;
}
