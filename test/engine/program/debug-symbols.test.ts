import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { ProgramDebugInfo } from '../../../src-main/engine/program/debug-info.ts';
import { functionTypeOf, variableTypeOf } from '../../../src-main/engine/program/debug-symbols.ts';
import { findStaticLocal } from '../../../src-main/engine/program/static-locals.ts';
import type { FoundSymbol } from '../../../src-main/engine/program/symbols.ts';
import { declarationOf } from '../../../src-main/engine/types/declaration.ts';
import { drawDwarf, sectionsOf } from '../../support/dwarf/draw-dwarf.ts';

/** Two files with a `state` and a `step` each, in the same lines; one file in assembler. */
const drawn = drawDwarf(`
  unit version=5
  compile_unit name="a.c" language=0xc low_pc=0x1000 high_pc=+0x100 {
    @a: base_type name="int" byte_size=4 encoding=5
    variable name="state" type=@a decl_line=7 location=[addr 0x9000]
    subprogram name="step" type=@a low_pc=0x1000 high_pc=+0x40 decl_line=9
    subprogram name="whole" type=@a low_pc=0x1040 high_pc=+0x40
  }
  unit version=5
  compile_unit name="b.c" language=0xc low_pc=0x2000 high_pc=+0x100 {
    @b: base_type name="long" byte_size=8 encoding=5
    variable name="state" type=@b decl_line=7 location=[addr 0x9010]
    variable name="counter" type=@b location=[addr 0x30]
    subprogram name="step" type=@b low_pc=0x2000 high_pc=+0x40 decl_line=9 {
      variable name="count" type=@b location=[addr 0x9020]
      lexical_block {
        variable name="once" type=@b location=[addr 0x9030]
      }
    }
    subprogram name="other" type=@b low_pc=0x2040 high_pc=+0x40 {
      variable name="count" type=@pb location=[addr 0x9028]
    }
    subprogram name="gone" type=@b inline=1 {
      variable name="hidden" type=@b location=[addr 0x9038]
    }
    @pb: pointer_type type=@b byte_size=8
  }
  unit version=5
  compile_unit name="copy.S" language=0x8001 low_pc=0x3000 high_pc=+0x100 {
    subprogram name="copy_page" low_pc=0x3000 high_pc=+0x40
  }
`);
const SLIDE = 0x100000n;
const info = new ProgramDebugInfo([
  {
    name: 'vmlinux',
    path: '/vmlinux',
    match: 'build-id',
    dwarf: sectionsOf(drawn.sections),
    slide: SLIDE,
    findSymbolFile: (name) =>
      name === 'count.9'
        ? { name: 'b.c', functions: [] }
        : { name: 'a name that is not asked for', functions: [0x2000n] },
    covers: () => true,
  },
]);
const symbol = (name: string, address: bigint, module?: string): FoundSymbol => ({
  name,
  address: virtAddr(address),
  letter: 'd',
  size: 0,
  perCpu: false,
  ...(module !== undefined && { module }),
});
const variable = (name: string, address: bigint, module?: string): string | undefined => {
  const type = variableTypeOf(info, symbol(name, address, module));
  return type && declarationOf(type);
};
const prototype = (name: string, address: bigint): string | undefined => {
  const type = functionTypeOf(info, symbol(name, address))?.prototype;
  return type && declarationOf(type, name);
};

describe('static variables of functions', () => {
  it('are found by the address of their numbered symbol', () => {
    expect(variable('count.1', SLIDE + 0x9020n)).toBe('long');
    expect(variable('count.0', SLIDE + 0x9028n)).toBe('long *');
    expect(variable('once.3', SLIDE + 0x9030n)).toBe('long');
  });

  it('are looked for in files of the name where the file has no function', () => {
    expect(variable('count.9', SLIDE + 0x9028n)).toBe('long *');
  });

  it('are not told where another variable lies, or none', () => {
    expect(variable('once.3', SLIDE + 0x9028n)).toBeUndefined();
    expect(variable('count.1', SLIDE + 0x9040n)).toBeUndefined();
  });

  it('are found by function and name, too, also of one that has no code of its own', () => {
    const local = (functionName: string, at: bigint | undefined, name: string) => {
      const functions = at === undefined ? [] : [symbol(functionName, SLIDE + at)];
      const found = findStaticLocal(info, functions, functionName, name);
      return found && `${declarationOf(found.type)} ${(found.address - SLIDE).toString(16)}`;
    };
    expect(local('step', 0x2000n, 'count')).toBe('long 9020');
    expect(local('other', 0x2040n, 'count')).toBe('long * 9028');
    expect(local('step', 0x2000n, 'once')).toBe('long 9030');
    expect(local('gone', undefined, 'hidden')).toBe('long 9038');
    expect(local('other', 0x2040n, 'once')).toBeUndefined();
  });
});

describe('types by address', () => {
  it('of static variables of one name are those of their file', () => {
    expect(variable('state', SLIDE + 0x9000n)).toBe('int');
    expect(variable('state', SLIDE + 0x9010n)).toBe('long');
  });

  it('are not told where no variable of that name lies, or in another module', () => {
    expect(variable('state', SLIDE + 0x9020n)).toBeUndefined();
    expect(variable('state', SLIDE + 0x9000n, 'other')).toBeUndefined();
  });

  it('of per-CPU variables are found by their offset, which the image does not move', () => {
    expect(variable('counter', 0x30n)).toBe('long');
  });

  it('of functions of one name are those of their file', () => {
    expect(prototype('step', SLIDE + 0x1000n)).toBe('int step(void)');
    expect(prototype('step', SLIDE + 0x2000n)).toBe('long step(void)');
  });

  it('of a function that the compiler split off are not those of the whole', () => {
    expect(functionTypeOf(info, symbol('whole.cold', SLIDE + 0x1040n))).toBeUndefined();
  });

  it('of functions in assembler are not known', () => {
    expect(functionTypeOf(info, symbol('copy_page', SLIDE + 0x3000n))).toEqual({
      prototype: undefined,
    });
  });
});
