import { hex, hex16 } from './format.ts';
import { looksLikeKernelPointer } from './interpret.ts';
import type { ValueNode } from '../../src-shared/contract/index.ts';

/**
 * The command that shows what a pointer points to; undefined where its type does not tell (`void *`,
 * functions) or its value is no kernel address.
 */
export function pointeeCommand(node: ValueNode): string | undefined {
  if (node.kind !== 'pointer' || typeof node.value !== 'bigint') return undefined;
  if (!looksLikeKernelPointer(node.value) || !node.typeName.endsWith('*')) return undefined;
  const type = node.typeName
    .slice(0, -1)
    .replace(/\b(?:const|volatile|restrict)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (type === '' || type === 'void' || /[^\w *]/.test(type)) return undefined;
  return /^(?:struct|union) \w+$/.test(type)
    ? `${type} ${hex16(node.value)}`
    : `p *(${type} *)${hex(node.value)}`;
}
