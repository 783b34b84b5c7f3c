import type { ValueBlock, ValueNode } from '../contract/index.ts';
import { declaration } from './c-declaration.ts';
import { visibleText } from './visible.ts';

/** Types as C text in crash's layout: for terminals, and to be copied out of the window. */

/** `struct` without an address, `struct -o`. */
export function definitionLines(block: ValueBlock): string[] {
  const { value, address, showOffsets } = block;
  const offsetOf = (node: ValueNode) => {
    if (!showOffsets) return '    ';
    const at = node.offset;
    if (address !== undefined) return `  [${(address + BigInt(at)).toString(16)}] `;
    return `${`[${at}]`.padStart(offsetWidth(block.size))} `;
  };
  const blank = showOffsets ? ' '.repeat(offsetWidth(block.size) + 1) : '    ';
  const name = visible(value.typeName);
  if (value.name !== '') {
    // One member of a type, inside the braces of its struct.
    const line = `${declaration(name, visible(value.name))}${bitsText(value)};`;
    const member = `${offsetOf(value)}${line}`;
    return block.owner === undefined
      ? [member]
      : braced(block.owner.typeName, block.alias, [member]);
  }
  if (value.children === undefined) return [`${name};`, `SIZE: ${block.size}`];
  const members = declarationLines(value.children, offsetOf, blank, 0);
  return [...braced(name, block.alias, members), `SIZE: ${block.size}`];
}

/** `struct {...}` is the name of a type that only its typedef names. */
function braced(name: string, alias: string | undefined, lines: readonly string[]): string[] {
  const head = visible(name).replace(/ \{\.\.\.\}$/, '');
  return alias === undefined
    ? [`${head} {`, ...lines, '}']
    : [`typedef ${head} {`, ...lines, `} ${visible(alias)};`];
}

/** crash's width of `[offset]`: by the size of the whole. */
function offsetWidth(size: number): number {
  return String(size).length + 4;
}

function declarationLines(
  members: readonly ValueNode[],
  offsetOf: (node: ValueNode) => string,
  blank: string,
  depth: number,
): string[] {
  const inner = '    '.repeat(depth);
  if (members.length === 0) return [`${blank}${inner}<no data fields>`];
  return members.flatMap((member) => {
    const name = visible(member.name);
    // Of a named member without a type name crash shows where it lies, not where its members do.
    const within = name === '' ? offsetOf : () => blank;
    const element = member.kind === 'array' ? member.children?.[0] : undefined;
    const body = [member, element].find((node) => node !== undefined && isAnonymous(node));
    if (body !== undefined) {
      const count = body === member ? '' : `[${member.count ?? ''}]`;
      return [
        `${blank}${inner}${body.kind} {`,
        ...declarationLines(body.children ?? [], within, blank, depth + 1),
        `${name === '' ? blank : offsetOf(member)}${inner}}${name === '' ? '' : ` ${name}${count}`};`,
      ];
    }
    const text = declaration(visible(member.typeName), name);
    return [`${offsetOf(member)}${inner}${text}${bitsText(member)};`];
  });
}

function isAnonymous(node: ValueNode): boolean {
  return (
    (node.kind === 'struct' || node.kind === 'union') &&
    node.children !== undefined &&
    /\{\.\.\.\}/.test(node.typeName)
  );
}

function bitsText(node: ValueNode): string {
  return node.bits === undefined ? '' : ` : ${node.bits.size}`;
}

function visible(text: string): string {
  return visibleText(text).replaceAll('\n', '\\x0a');
}
