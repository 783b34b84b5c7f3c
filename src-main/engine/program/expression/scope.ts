import type { VirtAddr } from '../../base/address.ts';
import type { Enumerator, Type } from '../../types/type.ts';
import type { AddressSpace } from '../address-space.ts';
import type { ObjectContext } from '../object.ts';
import type { Value } from './value.ts';

/** What the names in an expression mean. */
export interface ExpressionScope {
  readonly context: ObjectContext;
  /** Where pointers lead: the kernel's memory, or a task's. */
  readonly space: AddressSpace;
  findType(name: string): Type | undefined;
  /** A variable or function. */
  findVariable(name: string): Value | undefined;
  /** A static variable of a function; undefined when it has none, or nobody knows. */
  findStaticLocal(functionName: string, name: string): Value | undefined;
  findEnumerator(name: string): Enumerator | undefined;
  /** `$1`, `$`, `$$2`; undefined when there is no such value. */
  findHistory(name: string): Value | undefined;
  /** Address of a per-CPU variable on one CPU. @throws RangeError when there is no such CPU */
  perCpuAddress(variable: VirtAddr, cpu: number): VirtAddr;
  /** Names like one that was not found. */
  namesLike(name: string): readonly string[];
}
