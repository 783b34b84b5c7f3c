import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src-main/engine/commands/command.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { evaluate } from '../../../src-main/engine/commands/expression.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { declarationOf } from '../../../src-main/engine/types/declaration.ts';
import { AT, drawThings } from '../../support/kernel/draw-things.ts';

const program = drawThings().program();
const context = () => createContext(program);
const first = AT.things[0]!;
const cast = `((struct thing *)0x${first.toString(16)})`;

/** `type value` of a scalar. */
function shown(text: string, cpu?: number): string {
  const { value } = evaluate(context(), text, cpu === undefined ? {} : { cpu });
  return `${declarationOf(value.object.type)} ${value.object.bigint()}`;
}
const number = (text: string): bigint => evaluate(context(), text).value.object.bigint();
const address = (text: string): bigint => evaluate(context(), text).value.object.address;

describe('integers', () => {
  it.each([
    ['1', 'int 1'],
    ['2147483648', 'long 2147483648'],
    ['0x80000000', 'unsigned int 2147483648'],
    ['0xffffffffffffffff', 'unsigned long 18446744073709551615'],
    ['010', 'int 8'],
    ['0b101', 'int 5'],
    ['1u', 'unsigned int 1'],
    ['1l', 'long 1'],
    ['1ULL', 'unsigned long 1'],
    ["'a'", 'char 97'],
    ["'\\n'", 'char 10'],
    ["'\\377'", 'char -1'],
    ["'\\x41'", 'char 65'],
  ])('%s has the type that C gives it', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each([
    ['1 + 2 * 3', 'int 7'],
    ['(1 + 2) * 3', 'int 9'],
    ['7 - 2 - 1', 'int 4'],
    ['-7 / 2', 'int -3'],
    ['-7 % 2', 'int -1'],
    ['2147483647 + 1', 'int -2147483648'],
    ['-1 > 0u', 'int 1'],
    ['-1 > 0', 'int 0'],
    ['5u - 6', 'unsigned int 4294967295'],
    ['5ul - 6', 'unsigned long 18446744073709551615'],
    ['(char)300', 'char 44'],
    ['(unsigned char)-1', 'unsigned char 255'],
    ['(unsigned char)255 + 1', 'int 256'],
    ['(_Bool)8', '_Bool 1'],
    ['~0', 'int -1'],
    ['!5', 'int 0'],
    ['1 << 31', 'int -2147483648'],
    ['1ul << 40', 'unsigned long 1099511627776'],
    ['-8 >> 1', 'int -4'],
    ['(unsigned int)-8 >> 1', 'unsigned int 2147483644'],
    ['6 & 3 | 8 ^ 1', 'int 11'],
    ['1 == 1 && 2 > 3 || 4', 'int 1'],
    ['1 ? 2 : 3', 'int 2'],
    ['0 ? 2 : 1 ? 4 : 5', 'int 4'],
    ['0 && *(int *)0', 'int 0'],
    ['1 || *(int *)0', 'int 1'],
    ['sizeof(int)', 'unsigned long 4'],
    ['sizeof(struct thing *)', 'unsigned long 8'],
    ['sizeof(struct point[3])', 'unsigned long 24'],
    ['sizeof 1l', 'unsigned long 8'],
    ['BLUE + 1', 'unsigned int 3'],
    ['(enum colour)1 == GREEN', 'int 1'],
  ])('%s is %s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

describe('objects', () => {
  it('reads members, elements, bit fields, and what pointers lead to', () => {
    expect(number(`${cast}->id`)).toBe(-1n);
    expect(number(`${cast}->at[1].y`)).toBe(-3n);
    expect(number(`${cast}->peer->peer->id`)).toBe(1n);
    expect(number(`${cast}->low`)).toBe(3n);
    expect(number(`${cast}->high`)).toBe(-3n);
    expect(number(`*&${cast}->small`)).toBe(-2n);
    expect(number(`(*${cast}).at[0 + 1].x`)).toBe(10n);
    expect(number(`${cast}.peer.id`)).toBe(0n);
  });

  it('takes addresses without reading', () => {
    expect(number('&((struct thing *)0)->at[2].y')).toBe(92n);
    expect(number(`&${cast}->peer`)).toBe(first + 64n);
    expect(shown('offsetof(struct thing, at[2].y)')).toBe('unsigned long 92');
  });

  it('moves pointers by what they point to', () => {
    expect(number(`&${cast}->at[0] + 2`)).toBe(first + 72n + 16n);
    expect(number(`2 + ${cast}->at`)).toBe(first + 72n + 16n);
    expect(number(`${cast}->at - 1`)).toBe(first + 72n - 8n);
    expect(shown(`&${cast}->at[3] - ${cast}->at`)).toBe('long 3');
    expect(number(`(void *)${cast} + 4`)).toBe(first + 4n);
    expect(shown(`${cast}->peer == ${cast}`)).toBe('int 0');
    expect(shown(`${cast}->peer > ${cast}`)).toBe('int 1');
  });

  it('knows the type of the best known variables, and container_of', () => {
    expect(shown('jiffies')).toBe('volatile unsigned long 18446744069414584321');
    expect(number('modules.next')).toBe(first + 16n);
    expect(number('container_of(modules.next, struct thing, list)->id')).toBe(-1n);
    expect(address('*modules.next')).toBe(first + 16n);
  });

  it('reads a variable without a type as what it is cast to', () => {
    expect(shown('(unsigned int)untyped')).toBe('unsigned int 1432778632');
    expect(shown('*(short *)&untyped')).toBe('short 30600');
    expect(() => evaluate(context(), 'untyped + 1')).toThrow(
      /type of untyped is not known; say it/,
    );
    expect(() => evaluate(context(), 'untyped.next')).toThrow(/type of untyped is not known/);
  });

  it('takes functions for their addresses', () => {
    expect(number('(unsigned long)do_thing')).toBe(AT.function);
    expect(number('(unsigned long)&do_thing')).toBe(AT.function);
    expect(shown('do_thing == &do_thing')).toBe('int 1');
  });

  it('makes arrays with @', () => {
    const { object } = evaluate(context(), `${cast}->at[0] @ 3`).value;
    expect(declarationOf(object.type)).toBe('struct point [3]');
    expect(number(`{int}0x${first.toString(16)}`)).toBe(-1n);
  });
});

describe('per-CPU variables', () => {
  it('are those of one CPU', () => {
    expect(shown('runqueues.nr_running', 1)).toBe('unsigned int 5');
    expect(shown('per_cpu(runqueues, 0).nr_running + per_cpu(runqueues.nr_running, 1)')).toBe(
      'unsigned int 9',
    );
    expect(number('per_cpu_ptr(&runqueues, 1)')).toBe(AT.cpus[1] + 0x40n);
  });

  it('have an address but no value without a CPU', () => {
    expect(number('&runqueues')).toBe(AT.runqueues);
    const { object } = evaluate(context(), 'runqueues.nr_running').value;
    expect(() => object.bigint()).toThrow('runqueues is per-CPU: say which CPU');
    expect(() => evaluate(context(), 'runqueues.nr_running + 1')).toThrow(UsageError);
  });

  it('do not exist on CPUs that do not', () => {
    expect(() => evaluate(context(), 'per_cpu(runqueues, 7)')).toThrow('CPU 7 does not exist');
  });
});

describe('what is wrong is said with its place', () => {
  it.each([
    ['1 +', 'expected a name, a number or `(`, found the end (column 4)'],
    ['(1', 'expected `)` that closes the parenthesis, found the end (column 3)'],
    ['1 2', 'expected an operator or the end, found `2` (column 3)'],
    ['nosuch', 'no symbol or enumerator is named nosuch (column 1)'],
    ['modules.nxt', 'struct list_head has no member nxt (column 9)'],
    [`${cast}->nam`, 'has no member nam; there are name'],
    ['(struct nosuch *)0', 'unknown type: struct nosuch * (column 2)'],
    ['modules + 1', 'a number or pointer is needed, not struct list_head (column 1)'],
    ['1 / 0', 'division by zero (column 3)'],
    ['1 << 32', 'a shift of int by 32 has no value; a 64-bit constant is written 1UL (column 3)'],
    ['&1', 'a computed value has no address (column 1)'],
    [`&${cast}->low`, 'a bit field has no address'],
    ['jiffies = 1', 'a dump cannot be written to (column 9)'],
    ['do_thing(1)', 'functions cannot be called in a dump (column 9)'],
    ['*(void *)1', '* needs a pointer to a known type'],
    ['(struct thing)1', 'did you mean *(struct thing *)'],
    ['1.5', 'floating point is not supported'],
    ['09', '8 and 9 are no octal digits: 09'],
    ['12ab', 'no number: 12ab; hexadecimal is written 0x12ab'],
    ['0x1ffffffffffffffff', 'more than 64 bits'],
    ['"text"', 'a string has no address in the dump'],
    ['$3', 'there is no value $3 yet'],
    ['$rip', 'registers and variables are not known here: $rip'],
    ['a # b', 'unexpected character: #'],
    [`${'('.repeat(5000)}`, 'longer than 4096 characters'],
    [`${'('.repeat(900)}1${')'.repeat(900)}`, 'nested too deeply'],
    [`${'!'.repeat(2000)}1`, 'nested too deeply'],
  ])('%s', (text, message) => {
    const run = () => evaluate(context(), text);
    expect(run).toThrow(UsageError);
    expect(run).toThrow(message);
  });

  it('points into the text', () => {
    expect(() => evaluate(context(), '1 + * 2 /')).toThrow(/\n1 \+ \* 2 \/\n {9}\^$/);
  });

  it('says why memory cannot be read', () => {
    expect(() => evaluate(context(), '*(int *)0xffff888000ff0000 + 1')).toThrow(FaultError);
    expect(() => evaluate(context(), '*(int *)0xffff888000ff0000 + 1')).toThrow(
      /^page excluded by the dump filter/,
    );
  });
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...[
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '*',
      '&',
      '->',
      '.',
      '+',
      '-',
      '/',
      '%',
      '<<',
      '>>',
      '?',
      ':',
    ],
    ...[
      '!',
      '~',
      '==',
      '<',
      '&&',
      '||',
      '|',
      '^',
      '@',
      ',',
      '$1',
      '$',
      "'a'",
      '0',
      '1',
      '0xffff888000001000',
    ],
    ...[
      'modules',
      'jiffies',
      'untyped',
      'do_thing',
      'runqueues',
      'BLUE',
      'next',
      'peer',
      'name',
      'at',
    ],
    ...[
      'struct thing',
      'struct',
      'int',
      'unsigned',
      'const',
      'u64',
      'sizeof',
      'offsetof',
      'per_cpu',
    ],
    ...['container_of', cast, ' '],
  );

  it('is a value, a usage error or a fault, never anything else', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 24 }), (parts) => {
        for (const text of [parts.join(''), parts.join(' ')]) {
          try {
            const { value } = evaluate(context(), text);
            value.object.bytes();
          } catch (error) {
            if (error instanceof UsageError || error instanceof FaultError) continue;
            if ((error as Error).name === 'ExpressionError') continue;
            throw error;
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('of any characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        try {
          evaluate(context(), text);
        } catch (error) {
          if (!(error instanceof UsageError || error instanceof FaultError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a static variable of a function', () => {
  it.each(['start::count', "'start'::count.field", 'sizeof(start::count)'])(
    '%s without debuginfo says who would know it',
    (text) => {
      expect(() => evaluate(context(), text)).toThrow(
        'no static variable count of a function start is known (debuginfo tells them)',
      );
    },
  );

  it('needs a name', () => {
    expect(() => evaluate(context(), 'start::')).toThrow(/expected the name of a static variable/);
    expect(() => evaluate(context(), "'start'")).toThrow(/expected a character constant/);
  });
});
