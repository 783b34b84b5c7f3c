import { isAbsent, type Absent, type ValueNode } from '../../src-shared/contract/index.ts';
import { looksLikeKernelPointer } from './interpret.ts';
import { valueOf } from './text.ts';
import { pathOf } from './type-rows.ts';

/** Whether an object has at most this many scalars, nested ones included. */
export function isSmall(node: ValueNode, most = 24): boolean {
  let left = most;
  const count = (each: ValueNode): boolean =>
    each.children ? each.children.every(count) : --left >= 0;
  return count(node);
}

/** The one scalar that a wrapper (`atomic_t`, `refcount_t`, `spinlock_t`) is made of. */
export function onlyScalarOf(node: ValueNode): ValueNode | undefined {
  let at: ValueNode | undefined = node;
  while (at?.children) at = at.children.length === 1 ? at.children[0] : undefined;
  return at === node || at?.value === undefined ? undefined : at;
}

/**
 * The first scalars of a closed struct or array, on one line; of a union those of its first member.
 * Empty where there is no value.
 */
export function previewOf(node: ValueNode, radix: 10 | 16, most = 3): string {
  const parts: string[] = [];
  let more = false;
  const add = (each: ValueNode, name: string) => {
    if (parts.length >= most) more = true;
    else if (each.children) {
      const inside = each.kind === 'union' ? each.children.slice(0, 1) : each.children;
      for (const child of inside) {
        add(child, pathOf(name, child));
        if (more) return;
      }
    } else if (each.value !== undefined) {
      const value = valueOf(each, radix);
      parts.push(name === '' || name.startsWith('[') ? value : `${name} = ${value}`);
    }
  };
  if (node.children) add(node, '');
  return parts.length === 0 ? '' : `{${parts.join(', ')}${more ? ', …' : ''}}`;
}

/** Why nothing of an object can be read: its first scalar's reason, when none of them has a value. */
export function absenceOf(node: ValueNode): Absent | undefined {
  if (!node.children?.length) return isAbsent(node.value) ? node.value : undefined;
  const [first, ...rest] = node.children;
  const why = first && absenceOf(first);
  return why && rest.every((child) => absenceOf(child)?.absent === why.absent) ? why : undefined;
}

const SMALL_NEGATIVE = -(1n << 32n);

/**
 * The address that an integer may be: kernels keep pointers in integers, often with flags in the
 * low bits (`owner` of a mutex, `counter` of an atomic_long_t). By its value alone, so no fact.
 */
export function addressInInteger(node: ValueNode): bigint | undefined {
  if (node.kind !== 'int' || node.size !== 8 || node.bits) return undefined;
  if (typeof node.value !== 'bigint') return undefined;
  if (node.value < 0n && node.value > SMALL_NEGATIVE) return undefined;
  const address = BigInt.asUintN(64, node.value);
  return looksLikeKernelPointer(address) ? address : undefined;
}
