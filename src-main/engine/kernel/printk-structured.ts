import { addVirt } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { textOfBytes } from '../program/address-space.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { callerName, MAX_LOG_TEXT } from './printk-ringbuffer.ts';
import type { PrintkLog, PrintkRecord } from './printk.ts';

const MAX_RECORDS = 1 << 22;

/**
 * The record buffer before 5.10: `struct printk_log` headers, each followed by its text and its
 * dictionary, from `log_first_idx` to `log_next_idx`. A record of length 0 marks the wrap.
 * @throws FaultError when the buffer or its indexes are not there
 * @source kernel/printk/printk.c (3.11 … 5.9) `struct printk_log`, `log_next()`
 */
export function readStructuredLog(program: Program): PrintkLog {
  const type = program.type('struct printk_log');
  const buffer = program.global('log_buf', 'unsigned long').pointer();
  const size = program.global('log_buf_len', 'unsigned int').number();
  const firstSeq = program.global('log_first_seq', 'unsigned long').number();
  const next = program.global('log_next_idx', 'unsigned int').number();
  let index = program.global('log_first_idx', 'unsigned int').number();
  const records: PrintkRecord[] = [];
  const warnings: string[] = [];
  if (firstSeq > 0) {
    warnings.push(
      `The log begins with record ${firstSeq}: the ${firstSeq} before it were overwritten.`,
    );
  }
  try {
    let text = 0;
    for (let n = 0, wrapped = false; index !== next && n < MAX_RECORDS;) {
      if (text > Math.min(size, MAX_LOG_TEXT)) {
        warnings.push('The log is damaged, or larger than is read; the rest was not read.');
        break;
      }
      const header = program.object(type, addVirt(buffer, index));
      const length = header.member('len').number();
      if (length === 0 || index + length > size) {
        // 0 is the wrap mark; coming here a second time, or before next, is damage
        if (wrapped || (length !== 0 && index + length > size)) {
          warnings.push(
            `The log is damaged at offset ${index} of its buffer; the rest was not read.`,
          );
          break;
        }
        wrapped = true;
        index = 0;
        continue;
      }
      text += length;
      records.push(readRecord(header, firstSeq + n, length));
      index += length;
      n++;
    }
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    warnings.push(`The log ends early after ${records.length} records: ${error.message}.`);
  }
  return { records, warnings };
}

/** @param length of the whole record, which its text and dictionary cannot leave */
function readRecord(header: KernelObject, seq: number, length: number): PrintkRecord {
  const room = Math.max(0, length - header.size);
  const textLength = Math.min(header.member('text_len').number(), room);
  const dictLength = Math.min(header.member('dict_len').number(), room - textLength);
  const at = addVirt(header.address, header.size);
  const bytes = header.space.read(at, textLength + dictLength);
  const dict = textOfBytes(bytes.subarray(textLength));
  return {
    seq,
    tsNsec: header.member('ts_nsec').bigint(),
    level: header.member('level').number(),
    facility: header.member('facility').number(),
    caller: header.has('caller_id') ? callerName(header.member('caller_id').number()) : '',
    text: textOfBytes(bytes.subarray(0, textLength)),
    context: dict === '' ? [] : dict.split('\0').filter((pair) => pair !== ''),
  };
}
