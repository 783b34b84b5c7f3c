import type { BtfTable } from '../debuginfo/btf.ts';
import type { FunctionType, Type, TypeFinder, TypeTag } from './type.ts';

/** Types of one BTF table, made on demand and cached by id. */
export class BtfTypeFinder implements TypeFinder {
  readonly name: string;
  readonly table: BtfTable;
  /** @param base finder of the kernel's BTF, for a module's split BTF: its types are shared */
  constructor(table: BtfTable, base?: BtfTypeFinder) {
    this.table = table;
    this.name = table.origin + (base === undefined ? '' : '');
  }
  findType(tag: TypeTag, name: string): Type | undefined {
    throw new Error(`not written yet: ${tag} ${name}`);
  }
  findVariableType(name: string): Type | undefined {
    throw new Error(`not written yet: ${name}`);
  }
  findFunctionType(name: string): FunctionType | undefined {
    throw new Error(`not written yet: ${name}`);
  }
  iterateNames(): Iterable<{ readonly tag: TypeTag; readonly name: string }> {
    throw new Error('not written yet');
  }
}
