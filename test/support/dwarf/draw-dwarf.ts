import {
  DW_AT,
  DW_FORM,
  DW_TAG,
  DW_UT,
} from '../../../src-main/engine/debuginfo/dwarf/constants.ts';
import {
  sectionOfBytes,
  type DwarfSections,
  type FrameSection,
} from '../../../src-main/engine/debuginfo/dwarf/sections.ts';
import { Bytes, numberOf } from './assemble.ts';
import { drawExpression } from './draw-expression.ts';

/** Attributes whose plain numbers are addresses. */
const ADDRESSES = new Set(['low_pc', 'call_return_pc']);
/** Attributes whose plain numbers are offsets into a section. */
const OFFSETS = new Set([
  'stmt_list',
  'ranges',
  'rnglists_base',
  'loclists_base',
  'addr_base',
  'str_offsets_base',
]);

export interface DwarfDrawing {
  readonly sections: Record<string, Uint8Array>;
  /** Section offsets of the labels. */
  readonly labels: ReadonlyMap<string, number>;
}

/**
 * .debug_info, .debug_abbrev and .debug_str from text, a DIE a line:
 *
 *     unit version=5
 *     compile_unit name="a.c" low_pc=0x1000 high_pc=+0x100 {
 *       @int: base_type name="int" byte_size=4 encoding=5
 *       subprogram name="f" low_pc=0x1000 high_pc=+0x20 frame_base=[call_frame_cfa] {
 *         formal_parameter name="x" type=@int location=[fbreg -16]
 *       }
 *     }
 *
 * `"…"` is DW_FORM_string (`name/strp="…"` another form), `+n` a constant, `@l` ref4, `[…]` exprloc,
 * `list:n` a section offset, `true` a flag. `unit version=5 type=0x12 die=@l` is a type unit. Every DIE has an abbreviation of its own.
 */
export function drawDwarf(text: string): DwarfDrawing {
  const drawing = new InfoDrawing();
  for (const line of text.trim().split('\n')) drawing.line(line.trim());
  return drawing.finish();
}

export function sectionsOf(
  bytes: Readonly<Record<string, Uint8Array>>,
  frames: readonly FrameSection[] = [],
): DwarfSections {
  const section = (key: string) =>
    bytes[key] === undefined ? undefined : sectionOfBytes(`.debug_${key}`, bytes[key]);
  return {
    name: 'drawn',
    info: section('info')!,
    abbrev: section('abbrev')!,
    line: section('line'),
    str: section('str'),
    lineStr: section('line_str'),
    ranges: section('ranges'),
    rnglists: section('rnglists'),
    loc: section('loc'),
    loclists: section('loclists'),
    addr: section('addr'),
    strOffsets: section('str_offsets'),
    aranges: section('aranges'),
    types: section('types'),
    frames,
  };
}

class InfoDrawing {
  readonly #info = new Bytes();
  readonly #abbrev = new Bytes();
  readonly #str = new Bytes();
  /** Equal strings are one, as the linker merges them. */
  readonly #strings = new Map<string, number>();
  readonly #labels = new Map<string, number>();
  readonly #references: { at: number; unit: number; label: string; absolute: boolean }[] = [];
  #unit = -1;
  #version = 5;
  #code = 0;

  line(line: string): void {
    if (line === '' || line.startsWith('#')) return;
    if (line.startsWith('unit')) this.#openUnit(line);
    else if (line === '}') this.#info.int(0, 1);
    else this.#die(line);
  }

  finish(): DwarfDrawing {
    this.#closeUnit();
    this.#abbrev.uleb(0);
    for (const { at, unit, label, absolute } of this.#references) {
      const target = this.#labels.get(label);
      if (target === undefined) throw new Error(`no label ${label}`);
      this.#info.put(at, absolute ? target : target - unit, 4);
    }
    const sections = {
      info: this.#info.toArray(),
      abbrev: this.#abbrev.toArray(),
      str: this.#str.toArray(),
    };
    return { sections, labels: this.#labels };
  }

  #openUnit(line: string): void {
    this.#closeUnit();
    this.#unit = this.#info.length;
    this.#version = Number(/version=([0-9])/.exec(line)?.[1] ?? 5);
    const info = this.#info.int(0, 4).int(this.#version, 2);
    const [, signature, label] = / type=(\w+) die=@(\w+)/.exec(line) ?? [];
    if (signature !== undefined && label !== undefined) {
      info.int(DW_UT.type, 1).int(8, 1).int(0, 4).int(BigInt(signature), 8).int(0, 4);
      const at = info.length - 4;
      this.#references.push({ at, unit: this.#unit, label, absolute: false });
    } else if (this.#version >= 5) info.int(DW_UT.compile, 1).int(8, 1).int(0, 4);
    else info.int(0, 4).int(8, 1);
  }

  #closeUnit(): void {
    if (this.#unit >= 0) this.#info.put(this.#unit, this.#info.length - this.#unit - 4, 4);
  }

  #die(line: string): void {
    const [, label, tag = '', rest = ''] = /^(?:@(\w+): )?(\w+)(.*)$/.exec(line) ?? [];
    if (label !== undefined) this.#labels.set(label, this.#info.length);
    const attributes = [
      ...rest.matchAll(/(\w+)(?:\/(\w+))?=("[^"]*"|\[(?:[^[\]]|\[[^\]]*\])*\]|[^\s{]+)/g),
    ];
    this.#abbrev
      .uleb(++this.#code)
      .uleb(numberOf(DW_TAG, tag))
      .int(rest.endsWith('{') ? 1 : 0, 1);
    this.#info.uleb(this.#code);
    for (const [, attribute = '', form, value = ''] of attributes) {
      this.#abbrev.uleb(numberOf(DW_AT, attribute));
      this.#value(form ?? this.#formOf(attribute, value), value);
    }
    this.#abbrev.uleb(0).uleb(0);
  }

  #formOf(attribute: string, value: string): string {
    if (value.startsWith('"')) return 'string';
    if (value.startsWith('@')) return 'ref4';
    if (value.startsWith('[')) return this.#version >= 4 ? 'exprloc' : 'block1';
    if (value.startsWith('list:')) return 'sec_offset';
    if (value === 'true') return 'flag_present';
    if (value.startsWith('-')) return 'sdata';
    if (ADDRESSES.has(attribute)) return 'addr';
    return OFFSETS.has(attribute) ? 'sec_offset' : 'udata';
  }

  #value(form: string, value: string): void {
    const info = this.#info;
    this.#abbrev.uleb(numberOf(DW_FORM, form));
    const number = (): bigint => BigInt(value.replace(/^(?:list:|\+)/, ''));
    switch (form) {
      case 'implicit_const':
        this.#abbrev.sleb(number());
        break;
      case 'flag_present':
        break;
      case 'string':
        info.text(value.slice(1, -1));
        break;
      case 'strp':
        info.int(this.#stringAt(value.slice(1, -1)), 4);
        break;
      case 'ref4':
      case 'ref_addr':
        this.#references.push({
          at: info.length,
          unit: this.#unit,
          label: value.slice(1),
          absolute: form === 'ref_addr',
        });
        info.int(0, 4);
        break;
      case 'exprloc':
      case 'block1': {
        const expression = drawExpression(value.slice(1, -1));
        info.uleb(expression.length).add(expression);
        break;
      }
      case 'addr':
      case 'data8':
      case 'ref_sig8':
        info.int(number(), 8);
        break;
      case 'indirect':
        info.uleb(DW_FORM.data2).int(number(), 2);
        break;
      case 'udata':
      case 'addrx':
      case 'strx':
      case 'rnglistx':
      case 'loclistx':
        info.uleb(number());
        break;
      case 'sdata':
        info.sleb(BigInt(Number(value)));
        break;
      default: {
        const size = /(?:data|ref|strx|addrx)([0-9])$/.exec(form)?.[1] ?? '4';
        info.int(number(), Number(size));
      }
    }
  }

  #stringAt(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const offset = this.#str.length;
    this.#str.text(text);
    this.#strings.set(text, offset);
    return offset;
  }
}
