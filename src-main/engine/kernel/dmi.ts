import { addVirt, type VirtAddr } from '../base/address.ts';
import { FaultError, type Fault } from '../base/fault.ts';
import type { EnumType } from '../types/type.ts';
import type { Program } from '../program/program.ts';

/** A string of the firmware that the kernel kept. */
export interface DmiString {
  /** Of `enum dmi_field`. */
  readonly field: string;
  readonly value: string | { readonly fault: Fault };
}

/** A field has up to some hundred characters. */
const MAX_TEXT = 1024;
/** `enum dmi_field` has 24; a damaged one must end. */
const MAX_FIELDS = 256;

/**
 * The DMI strings that are set, in the order of `enum dmi_field`.
 * @throws FaultError `unknown-symbol`, `unknown-type`: a kernel without DMI; and what makes the
 *   table unreadable
 * @source drivers/firmware/dmi_scan.c `dmi_ident[DMI_STRING_MAX]`
 */
export function readDmiStrings(program: Program): DmiString[] {
  const table = program.symbols.address('dmi_ident');
  const type = program.type('enum dmi_field') as EnumType;
  const strings: DmiString[] = [];
  for (const { name, value } of type.enumerators.slice(0, MAX_FIELDS)) {
    if (name === 'DMI_STRING_MAX' || name === 'DMI_OEM_STRING') break;
    const pointer = program.kernel.readU64(addVirt(table, Number(value) * 8));
    if (pointer !== 0n) strings.push({ field: name, value: textAt(program, pointer as VirtAddr) });
  }
  return strings;
}

function textAt(program: Program, address: VirtAddr): DmiString['value'] {
  try {
    return program.kernel.readCString(address, MAX_TEXT);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return { fault: error.fault };
  }
}
