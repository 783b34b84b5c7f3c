import { virtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { textOfBytes } from '../program/address-space.ts';
import type { Program } from '../program/program.ts';
import { walkList } from './list.ts';

/** An audit record that no daemon has been sent yet. */
export interface AuditRecord {
  /** E.g. 1300 for AUDIT_SYSCALL. */
  readonly type: number;
  readonly text: string;
}

export interface AuditQueues {
  readonly records: readonly AuditRecord[];
  /** Queues of this kernel that were read, empty ones too. */
  readonly queues: readonly string[];
  /** Full sentences. */
  readonly problems: readonly string[];
}

/** In the order in which kauditd sends them. @source kernel/audit.c `kauditd_thread()` */
const QUEUES = ['audit_hold_queue', 'audit_retry_queue', 'audit_queue'];
/** struct nlmsghdr. @source include/uapi/linux/netlink.h */
const HEADER_SIZE = 16;
const TYPE_OFFSET = 4;
/** @source include/uapi/linux/audit.h MAX_AUDIT_MESSAGE_LENGTH */
const MAX_LENGTH = 8970;

/**
 * Records that wait in the kernel's audit queues. Each is a socket buffer: a netlink header, then the
 * text; the header's length is not to be trusted (`audit_log_end()` leaves the header out of it).
 */
export function readAuditQueues(program: Program): AuditQueues {
  const records: AuditRecord[] = [];
  const problems: string[] = [];
  const queues = QUEUES.filter((name) => program.symbols.has(name));
  for (const name of queues) {
    const head = program.symbols.address(name);
    const { items, problem } = walkList(program.kernel, head, name);
    if (problem !== undefined) problems.push(`${problem}.`);
    for (const address of items) {
      try {
        records.push(recordAt(program, address));
      } catch (error) {
        if (!(error instanceof FaultError)) throw error;
        problems.push(`A record of ${name} cannot be read: ${error.message}.`);
      }
    }
  }
  return { records, queues, problems };
}

/** @throws FaultError */
function recordAt(program: Program, address: bigint): AuditRecord {
  const buffer = program.object('struct sk_buff', virtAddr(address));
  const data = buffer.member('data').pointer();
  const length = Math.min(buffer.member('len').number(), HEADER_SIZE + MAX_LENGTH);
  const bytes = program.kernel.read(data, Math.max(length, HEADER_SIZE));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = bytes.subarray(HEADER_SIZE);
  const nul = text.indexOf(0);
  return {
    type: view.getUint16(TYPE_OFFSET, true),
    text: textOfBytes(nul < 0 ? text : text.subarray(0, nul)),
  };
}
