import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { evaluate } from '../../../src-main/engine/commands/expression.ts';
import { DW_TAG } from '../../../src-main/engine/debuginfo/dwarf/constants.ts';
import { findName, openDie } from '../../../src-main/engine/debuginfo/dwarf/die-names.ts';
import { findStaticIn } from '../../../src-main/engine/debuginfo/dwarf/static-variables.ts';
import type { DieRef } from '../../../src-main/engine/debuginfo/dwarf/unit.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import { findStaticOf } from '../../../src-main/engine/program/static-locals.ts';
import { attachDebuginfo } from '../../../src-main/engine/service/attach-debuginfo.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { declarationOf } from '../../../src-main/engine/types/declaration.ts';
import { hasGdb } from './gdb-frames.ts';
import { corpusDump } from './oracle.ts';

/** Symbols of static variables inside functions, spread over the whole kernel. */
const SAMPLES = 100;

describe.skipIf(!hasGdb).each(['debian-6.1', 'debian-7.2'])('%s', (name) => {
  test('types of `name.123` are gdb’s of `function::name` at the same address', async () => {
    const { dump, vmlinux } = corpusDump(name);
    const image = openDump([openByteSource(dump)], await createDecompressors());
    const request = { paths: [dump], debuginfo: [vmlinux] };
    const attached = await attachDebuginfo(
      createEngineDeps(),
      openProgram(image),
      request,
      undefined,
    );
    const { program } = attached;
    const info = program.debugInfo!;
    const part = info.parts.find((each) => each.name === 'vmlinux')!;
    const symbols = [...program.symbols.iterate()].filter(
      ({ name: each, letter, module }) =>
        module === undefined && /^[a-z]\w*\.\d+$/.test(each) && !/t/i.test(letter),
    );
    const step = Math.max(1, Math.floor(symbols.length / SAMPLES));
    const asked: { function: string; variable: string; address: bigint; type: string }[] = [];
    for (const symbol of symbols.filter((_, i) => i % step === 0)) {
      const ref = findStaticOf(info, part, symbol);
      const variable = symbol.name.replace(/\.\d+$/, '');
      const functionName = ref && functionOf(ref, variable);
      if (functionName === undefined) continue;
      const type = declarationOf(program.findVariableType(symbol)!);
      const address = BigInt.asUintN(64, symbol.address - part.slide);
      asked.push({ function: functionName, variable, address, type });
    }
    expect(asked.length).toBeGreaterThan(SAMPLES / 3);

    const answers = askGdb(
      vmlinux,
      asked.flatMap((each) => [
        `output/x (unsigned long)&'${each.function}'::${each.variable}`,
        `whatis '${each.function}'::${each.variable}`,
      ]),
    );
    let compared = 0;
    const different: string[] = [];
    for (const [i, each] of asked.entries()) {
      const [address, type] = [answers[i * 2]!, answers[i * 2 + 1]!];
      // Of several functions of one name gdb takes one.
      if (!address.startsWith('0x') || BigInt(address) !== each.address) continue;
      compared++;
      const theirs = spelled(type.replace(/^type = /, ''));
      const ours = spelled(each.type);
      if (theirs !== ours)
        different.push(`${each.function}::${each.variable}: ${ours} | ${theirs}`);
    }
    console.log(`${name}: ${compared} of ${asked.length} compared with gdb`);
    expect(different).toEqual([]);
    // gdb does not find those of functions that were inlined, and of init functions.
    expect(compared).toBeGreaterThan(asked.length / 3);

    // The same by gdb's own syntax.
    const first = asked.find((each, i) => answers[i * 2] === `0x${each.address.toString(16)}`)!;
    const { value } = evaluate(createContext(program), `'${first.function}'::${first.variable}`);
    expect(value.object.address).toBe(BigInt.asUintN(64, first.address + part.slide));
    expect(declarationOf(value.object.type)).toBe(first.type);
    attached.close();
  });
});

/** The function of the unit that has the variable. */
function functionOf({ unit, offset }: DieRef, variable: string): string | undefined {
  let found: string | undefined;
  const root = unit.cursor();
  root.next();
  root.forEachChild((die) => {
    if (die.tag !== DW_TAG.subprogram) return true;
    const { ref } = die;
    if (findStaticIn(ref, variable)?.offset === offset) found = findName(openDie(ref));
    return found === undefined;
  });
  return found;
}

/** One answer a command. */
function askGdb(vmlinux: string, commands: readonly string[]): string[] {
  const script = [
    'import gdb',
    `for command in ${JSON.stringify(commands)}:`,
    '    try:',
    '        print("@" + gdb.execute(command, to_string=True).strip().replace("\\n", " "))',
    '    except gdb.error as error:',
    '        print("@error: " + str(error).replace("\\n", " "))',
  ].join('\n');
  const folder = mkdtempSync(join(tmpdir(), 'oopscope-gdb-'));
  const file = join(folder, 'commands.py');
  writeFileSync(file, script);
  const args = ['-nx', '-batch', '-ex', 'set width 0', '-x', file, vmlinux];
  const done = spawnSync('gdb', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  rmSync(folder, { recursive: true });
  const lines = done.stdout.split('\n').filter((line) => line.startsWith('@'));
  if (lines.length !== commands.length) throw new Error(`gdb: ${done.stderr.slice(-2000)}`);
  return lines.map((line) => line.slice(1));
}

function spelled(type: string): string {
  return type
    .replaceAll(/\bunsigned int\b/g, 'uint')
    .replaceAll(/\b_Bool\b/g, 'bool')
    .replaceAll(/\s*\*\s*/g, '*')
    .replaceAll(/\s*\[/g, '[')
    .trim();
}
