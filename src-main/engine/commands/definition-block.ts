import type { ValueBlock } from '../../../src-shared/contract/index.ts';
import { declarationOf } from '../types/declaration.ts';
import { findMember, sizeOf, structOf } from '../types/layout.ts';
import type { Type } from '../types/type.ts';
import { UsageError } from './command.ts';
import { definitionNode } from './value-node.ts';

/** @throws UsageError when nobody has more than the name of a struct or union */
export function requireMembers(type: Type): void {
  const struct = structOf(type);
  if (struct?.incomplete !== true) return;
  throw new UsageError(
    `${declarationOf(type)} is only declared: ${struct.origin} does not have its members`,
  );
}

/**
 * The definition of a struct or union, or of some of its members.
 * @param type the struct, or a typedef of one: then the definition says so
 * @throws UsageError for a member that is not there, or a type that is only declared
 */
export function* definitionBlocks(
  type: Type,
  members: readonly string[],
  showOffsets: boolean,
  layout = false,
): Generator<ValueBlock> {
  requireMembers(type);
  const base = {
    type: 'value',
    address: undefined,
    size: sizeOf(type),
    origin: type.origin,
    ...(layout && { showLayout: true as const }),
  } as const;
  const shown = structOf(type) ?? type;
  const alias = type.kind === 'typedef' ? { alias: type.name } : {};
  if (members.length === 0) {
    yield { ...base, value: definitionNode(shown, '', 0, { layout }), showOffsets, ...alias };
    return;
  }
  for (const path of members) {
    const found = findMember(type, path);
    if (found === undefined)
      throw new UsageError(`invalid data structure reference: no member ${path}`);
    const node = definitionNode(found.type, path, Math.floor(found.bitOffset / 8), { layout });
    const bits = { offset: found.bitOffset % 8, size: found.bitSize };
    yield {
      ...base,
      value: found.bitSize > 0 ? { ...node, bits } : node,
      owner: { typeName: declarationOf(shown) },
      showOffsets: true,
      ...alias,
    };
  }
}
