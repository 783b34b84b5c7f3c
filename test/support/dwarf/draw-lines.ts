import { Bytes } from './assemble.ts';

export interface LineDrawing {
  readonly version?: number;
  /** Of version 5 the first is the compilation directory. */
  readonly directories?: readonly string[];
  /** `name directory [MD5]`, the last of version 5; numbered from 1, in version 5 from 0. */
  readonly files: readonly string[];
  /** `0xaddress file:line[:column]`, `end 0xaddress`, or `op 0x.. 0x..` for bytes of the program. */
  readonly rows: string;
}

/** A program of .debug_line that uses standard opcodes only (special ones by `op`). */
export function drawLines(drawing: LineDrawing): Uint8Array {
  const { version = 5, directories = [], files, rows } = drawing;
  const tables = new Bytes();
  if (version >= 5) {
    tables.int(1, 1).uleb(1).uleb(0x08).uleb(directories.length);
    for (const directory of directories) tables.text(directory);
    const hasDigests = files.some((file) => file.split(' ').length > 2);
    tables
      .int(hasDigests ? 3 : 2, 1)
      .uleb(1)
      .uleb(0x08)
      .uleb(2)
      .uleb(0x0b);
    if (hasDigests) tables.uleb(5).uleb(0x1e);
    tables.uleb(files.length);
    for (const file of files) {
      const [name = '', directory = '0', md5 = '0'.repeat(32)] = file.split(' ');
      tables.text(name).int(Number(directory), 1);
      if (hasDigests) tables.add(md5.match(/../g)!.map((byte) => Number.parseInt(byte, 16)));
    }
  } else {
    for (const directory of directories) tables.text(directory);
    tables.int(0, 1);
    for (const file of files) {
      const [name = '', directory = '0'] = file.split(' ');
      tables.text(name).uleb(Number(directory)).uleb(0).uleb(0);
    }
    tables.int(0, 1);
  }
  const head = new Bytes().int(1, 1);
  if (version >= 4) head.int(1, 1);
  // default_is_stmt, line_base -5, line_range 14, opcode_base 13
  head.int(1, 1).int(-5, 1).int(14, 1).int(13, 1).add([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
  head.add(tables.list);
  const body = new Bytes().int(version, 2);
  if (version >= 5) body.int(8, 1).int(0, 1);
  body.int(head.length, 4).add(head.list).add(programOf(rows));
  return new Bytes().int(body.length, 4).add(body.list).toArray();
}

function programOf(rows: string): number[] {
  const program = new Bytes();
  let line = 1;
  const setAddress = (address: string): void => {
    program.add([0, 9, 2]).int(BigInt(address), 8);
  };
  for (const text of rows.trim().split('\n')) {
    const [first = '', ...rest] = text.trim().split(' ');
    if (first === 'op') program.add(rest.map(Number));
    else if (first === 'end') {
      setAddress(rest[0]!);
      program.add([0, 1, 1]);
      line = 1;
    } else {
      setAddress(first);
      const [file = '1', at = '1', column = '0'] = rest[0]!.split(':');
      program
        .add([4])
        .uleb(Number(file))
        .add([3])
        .sleb(Number(at) - line);
      program.add([5]).uleb(Number(column)).add([1]);
      line = Number(at);
    }
  }
  return program.list;
}
