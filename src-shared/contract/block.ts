import type { Absent, AbsentReason, CellValue, ColumnKind, Table } from './cell.ts';
import type { CodeBlock } from './code.ts';
import type { EntriesBlock } from './entries.ts';
import type { FrameRegister, FrameVariable, SourceBlock, StackWord } from './frame.ts';
import type { StructLayout } from './layout.ts';

/**
 * What a command answers: a sequence of typed blocks. The command line renders them as crash's
 * text or as JSON; the window shows them with components. Nobody parses text.
 */
export type Block =
  | TableBlock
  | FactsBlock
  | TaskHeaderBlock
  | StackBlock
  | LogBlock
  | MemoryBlock
  | ValueBlock
  | SymbolsBlock
  | TranslationBlock
  | EntriesBlock
  | CodeBlock
  | SourceBlock
  | TextBlock
  | NoticeBlock;

export interface TableBlock {
  readonly type: 'table';
  /** Which table, e.g. `ps`, `mod`; renderers may have a layout of its own for it. */
  readonly name: string;
  readonly table: Table;
  /** For text: false leaves the line of titles out (`ps -H`). */
  readonly titles?: boolean;
}

/** Label/value pairs, as in crash's banner. */
export interface FactsBlock {
  readonly type: 'facts';
  readonly name: string;
  readonly facts: readonly Fact[];
}
export interface Fact {
  /** Stable name for scripts, e.g. `release`. */
  readonly id: string;
  /** As crash prints it, e.g. `RELEASE`. */
  readonly label: string;
  readonly kind: ColumnKind;
  readonly value: CellValue;
  /** Added in brackets, e.g. crash's `(1 of 2)`; or how we know. */
  readonly note?: string;
  /** How it is known: the reads or finder behind it. */
  readonly evidence?: string;
}

/** `PID: 1  TASK: ffff…  CPU: 0  COMMAND: "init"`. */
export interface TaskRef {
  readonly pid: number;
  readonly tgid: number;
  readonly task: bigint;
  readonly cpu: number | Absent;
  readonly command: string;
  /** As `ps` shows it: RU IN UN ZO ST TR DE SW WA PA ID NE. */
  readonly state: string;
  /** Was on a CPU when the machine died. */
  readonly active: boolean;
}
export interface TaskHeaderBlock {
  readonly type: 'task';
  readonly task: TaskRef;
}

export interface StackBlock {
  readonly type: 'stack';
  readonly stack: StackTrace;
  /** For text: `function+offset` (`bt -s`), the offset in this radix. */
  readonly symbolOffsets?: 10 | 16;
  /** For text: source lines (`bt -l`). */
  readonly lines?: true;
  /** For text: how the frames' words are shown; two a line as crash does when absent. */
  readonly words?: 'explained';
  /** No trace but all words of the stack that are addresses of code (`bt -t`, `-T`). */
  readonly textSymbols?: {
    /** Where the search began: the innermost frame; absent where the whole stack was searched. */
    readonly start?: { readonly pc: bigint; readonly symbol: SymbolRef };
  };
  /**
   * No trace but sets of registers found on a stack (`bt -e`, `-E`), one a frame: `sp` where they lie.
   * Those that are not `exact` were found by their look alone and may be stale.
   */
  readonly savedRegisters?: {
    /** Which stack, where it is no task's own. */
    readonly title?: string;
  };
}
export interface StackTrace {
  readonly task: TaskRef;
  /** Where unwinding began. */
  readonly start: 'crash-note' | 'inactive-task-frame' | 'pt_regs' | 'given' | 'none';
  readonly frames: readonly StackFrame[];
  /** Registers the walk began with; of user mode: then there are no kernel frames. */
  readonly startRegisters?: RegisterSet;
  /** Why the trace ends; `complete` when the unwinder reached the end of the stack. */
  readonly end: { readonly complete: boolean; readonly why: string };
  /** What the reader must know, e.g. "frames 3.. are a guess". */
  readonly warnings: readonly string[];
}
export interface SymbolRef {
  readonly name: string;
  readonly offset: number;
  /** Distance to the next symbol; 0 when unknown. */
  readonly size: number;
  /** Module name; absent for the kernel itself. */
  readonly module?: string;
}
/** A place in the source, as the debug information names it. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}
/** A function whose code the compiler put into the frame's function. */
export interface InlinedFrame {
  readonly function: string;
  readonly source?: SourceLine;
  /** Only where asked for (`bt -v`, `frame`). */
  readonly variables?: readonly FrameVariable[];
}
export interface StackFrame {
  /** 0 is the innermost. */
  readonly index: number;
  /** Instruction pointer. For a call frame this is the return address. */
  readonly pc: bigint;
  /** Address of the stack slot crash prints in brackets: where the return address lies; for the first frame the stack pointer. */
  readonly sp: bigint;
  readonly symbol: SymbolRef | undefined;
  /** How this frame was found. `scan` and `frame-pointer` are guesses and shown as such. */
  readonly method: 'start' | 'orc' | 'cfi' | 'frame-pointer' | 'scan';
  readonly exact: boolean;
  /** Which stack the frame lies on. */
  readonly stack:
    'task' | 'irq' | 'softirq' | 'nmi' | 'df' | 'db' | 'mce' | 'vc' | 'entry' | 'user' | 'unknown';
  /** Inlined functions the instruction belongs to, innermost first; only with debug information. */
  readonly inlined?: readonly InlinedFrame[];
  /** Where in the source the frame's own function stands (with inlined ones: at their call). */
  readonly source?: SourceLine;
  /** True when pc is the exact interrupted instruction rather than a return address. */
  readonly interrupted: boolean;
  /** Registers saved at this boundary (exception, interrupt, NMI, syscall entry), belonging to the context *below* (outer to) this frame. */
  readonly registers?: RegisterSet;
  /** Parameters first; only where asked for (`bt -v`, `frame`). */
  readonly variables?: readonly FrameVariable[];
  /** Registers as they stood in this frame; only where asked for (`frame`). */
  readonly known?: readonly FrameRegister[];
  /** The frame's stack, ascending; only where asked for (`bt -f`, `frame`). */
  readonly words?: readonly StackWord[];
}
export interface RegisterSet {
  /** What saved them, e.g. `exception RIP`, `NMI`, `syscall`, `crash note`. */
  readonly origin: 'exception' | 'interrupt' | 'nmi' | 'syscall' | 'crash-note' | 'unknown';
  readonly address: bigint | undefined;
  readonly userMode: boolean;
  /** x86-64: rip rsp rflags cs ss rax rbx … r15 orig_rax, bigint; a register not known is left out. */
  readonly values: Readonly<Record<string, bigint>>;
  readonly symbol?: SymbolRef;
  /** False when only part of them is known (ORC REGS_PARTIAL). */
  readonly full: boolean;
}

export interface LogBlock {
  readonly type: 'log';
  readonly records: LogTable;
  /** For text: what stands before each record; crash's `[seconds]` when absent. */
  readonly show?: LogShow;
}
export interface LogShow {
  /** `date`: wall-clock time, needs `bootTime`. */
  readonly time: 'seconds' | 'date' | 'none';
  /** Seconds since the epoch at which the machine's clock of the log was 0. */
  readonly bootTime?: number;
  /** `<4>` before the text (`log -m`). */
  readonly level: boolean;
  /** `[T123]` before the text (`log -c`); `callerWidth` characters inside the brackets. */
  readonly caller: boolean;
  readonly callerWidth?: number;
  /** `SUBSYSTEM=…`, `DEVICE=…` lines after the text (`log -d`). */
  readonly context: boolean;
}
/** The kernel log, struct of arrays, oldest first. */
export interface LogTable {
  readonly count: number;
  /** Sequence number of the record in the ring buffer. */
  readonly seq: readonly number[];
  /** Nanoseconds since boot (local_clock at printk). */
  readonly tsNsec: readonly bigint[];
  /** 0 emerg … 7 debug. */
  readonly level: readonly number[];
  readonly facility: readonly number[];
  /** `T123` task id, `C1` CPU; empty when the kernel does not store it. */
  readonly caller: readonly string[];
  /** May hold `\n` (multi-line records); bytes that are not UTF-8 are shown as `\xNN`. */
  readonly text: readonly string[];
  /** `KEY=value` pairs of each record: SUBSYSTEM, DEVICE. */
  readonly context?: readonly (readonly string[])[];
  /** Records known to be lost or unreadable, full sentences. */
  readonly warnings: readonly string[];
}

/** Bytes by address, and what is known of each. */
export interface MemoryBlock {
  readonly type: 'memory';
  readonly range: MemoryRange;
  /** For text: unit of display in bytes. */
  readonly unit: 1 | 2 | 4 | 8;
  /** For text: `hex`, `decimal`, `unsigned`, `ascii`, `symbol`. */
  readonly format: 'hex' | 'decimal' | 'unsigned' | 'ascii' | 'symbol' | 'symbol-slab';
  /** For text of `hex`: no ASCII column (`rd -x`). */
  readonly noAscii?: boolean;
  /** For text: units are shown most significant byte first as they lie in memory (`rd -N`). */
  readonly bigEndian?: boolean;
  /** A per-CPU variable of this CPU: text begins with `[0]: address`. */
  readonly cpu?: number;
}
export type MemorySpace =
  | { readonly kind: 'kernel' }
  | { readonly kind: 'physical' }
  | { readonly kind: 'user'; readonly task: bigint };
export type ByteState =
  | 'present'
  | 'zero' // page of zeros the filter did not store
  | 'excluded'
  | 'not-in-dump'
  | 'not-mapped'
  | 'non-canonical'
  | 'damaged'; // page data could not be decompressed or read
export interface MemorySpan {
  /** From the start of the range, in bytes. */
  readonly offset: number;
  readonly length: number;
  readonly state: ByteState;
  /** Physical address of the span's first byte, where there is one. */
  readonly phys?: bigint;
  /** A sentence for everything but `present`. */
  readonly why?: string;
}
export interface MemoryOwner {
  readonly offset: number;
  readonly length: number;
  /** E.g. `kernel text`, `symbol`, `module`, `task stack`, `task_struct`, `per-CPU`, `vmalloc`, `direct map`, `page tables`, `vmemmap`. */
  readonly kind: string;
  /** E.g. `init_task+0x40`, `stack of 1 (init)`. */
  readonly label: string;
  readonly address?: bigint;
}
export interface MemoryRange {
  readonly space: MemorySpace;
  readonly address: bigint;
  readonly length: number;
  /** `length` bytes; meaningless where the span is neither present nor zero. */
  readonly bytes: Uint8Array;
  /** Cover the range, ascending, without gaps. */
  readonly spans: readonly MemorySpan[];
  /** May overlap, most specific last. */
  readonly owners: readonly MemoryOwner[];
  /** For `format: symbol`: symbol per 8-byte word where the word is an address in text/data; index in words. */
  readonly words?: readonly { readonly index: number; readonly label: string }[];
}

/** A typed object, or a type definition when `address` is undefined. */
export interface ValueBlock {
  readonly type: 'value';
  readonly value: ValueNode;
  readonly address: bigint | undefined;
  /** `SIZE:` line of crash. */
  readonly size: number;
  /** Show offsets (`struct -o`). */
  readonly showOffsets: boolean;
  /** For text: a line a member with offset and size, holes, padding, cache lines (`struct --layout`). */
  readonly showLayout?: true;
  /** For text: radix of integers; by kind when absent. */
  readonly radix?: 10 | 16;
  /** A per-CPU variable of this CPU: text begins with `[0]: address`. */
  readonly cpu?: number;
  /** Of a definition: the typedef that was asked for. */
  readonly alias?: string;
  /** The value of an expression: the number it is kept under (`$1`), what was asked in front of it. */
  readonly printed?: { readonly number: number; readonly label?: string };
  /** For text: scalars as they lie in memory, enums as numbers, strings up to NUL (`list -S`). */
  readonly raw?: true;
  /** Of one member: the object or type it is a member of. */
  readonly owner?: { readonly typeName: string; readonly address?: bigint };
  readonly origin: string;
}
export interface ValueNode {
  readonly name: string;
  /** C declaration of the type without the name, e.g. `struct list_head *`, `unsigned char [16]`. */
  readonly typeName: string;
  readonly kind:
    | 'struct'
    | 'union'
    | 'array'
    | 'pointer'
    | 'int'
    | 'bool'
    | 'char'
    | 'enum'
    | 'float'
    | 'function'
    | 'void'
    | 'string';
  /** Bytes from the start of the outermost object. */
  readonly offset: number;
  /** Set for bit fields: position within its byte offset, and width. */
  readonly bits?: { readonly offset: number; readonly size: number };
  readonly size: number;
  /** Scalar value; enum: its number, with `text` the enumerator. Undefined in a definition. */
  readonly value?: CellValue;
  readonly text?: string;
  /** Array of characters: its raw bytes, at most 256, when they could be read. */
  readonly bytes?: Uint8Array;
  /** Pointer to a known symbol. */
  readonly symbol?: SymbolRef;
  readonly children?: readonly ValueNode[];
  /** Of a struct or union with its members: holes and padding, where asked for (`struct --layout`). */
  readonly layout?: StructLayout;
  /**
   * Children were cut at this many of `count`. Of an array of structs without values (`struct --layout`)
   * the first element stands for all.
   */
  readonly truncatedAt?: number;
  readonly count?: number;
}

export interface SymbolsBlock {
  readonly type: 'symbols';
  readonly symbols: readonly {
    /** The address that was asked for: the symbol's plus `offset`. */
    readonly address: bigint;
    /** nm letter: T t D d B b R r A V W. */
    readonly letter: string;
    readonly name: string;
    readonly module?: string;
    /** Offset of the asked address from the symbol. */
    readonly offset?: number;
    /** Of code that was asked for, where debuginfo knows it. */
    readonly source?: SourceLine;
  }[];
}

/** A page-table walk (`vtop`). */
export interface TranslationBlock {
  readonly type: 'translation';
  readonly virt: bigint;
  readonly phys: bigint | Absent;
  /** `direct map`, `kernel image`, … when no walk is needed; still walked below. */
  readonly region: string;
  /** Virtual address of the top table where the kernel names it (`init_top_pgt`). */
  readonly root?: bigint;
  readonly steps: readonly {
    readonly level: 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';
    /** Where the entry lies: virtual (direct map) and physical. */
    readonly entryAt: bigint;
    readonly entryPhys: bigint;
    readonly entry: bigint | Absent;
    readonly flags: readonly string[];
  }[];
  readonly pageSize: number | undefined;
  /** Explains a not-present entry: swap slot, migration, prot-none, poison. */
  readonly note?: string;
  readonly page?: {
    readonly state: ByteState;
    /** Of its struct page: address, and the members that could be read, as they stand there. */
    readonly struct?: bigint;
    readonly mapping?: bigint;
    readonly index?: bigint;
    readonly count?: number;
    readonly flags?: bigint;
    /** Without `PG_`. */
    readonly flagNames?: readonly string[];
  };
  readonly vma?: {
    readonly address: bigint;
    readonly start: bigint;
    readonly end: bigint;
    readonly flags: bigint;
    readonly file: string;
  };
  readonly task?: TaskRef;
}

export interface TextBlock {
  readonly type: 'text';
  readonly lines: readonly string[];
}

/** Something the user must know: partial answer, guess, missing page. Goes to stderr in the CLI. */
export interface NoticeBlock {
  readonly type: 'notice';
  readonly severity: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly reason?: AbsentReason;
}
