import {
  isAbsent,
  type FrameRegister,
  type FrameVariable,
  type ValueNode,
} from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { oneLineText } from './text-value.ts';
import { address16 } from './units.ts';

const WIDTH = 100;
const INDENT = '      ';
/** Lines of one struct: one that has hundreds of members would hide the frames. */
const MAX_MEMBERS = 40;

/** Parameters, then locals, of one function of a frame. */
export function variableLines(variables: readonly FrameVariable[] | undefined): string[] {
  if (variables === undefined || variables.length === 0) return [];
  const lines: string[] = [];
  for (const kind of ['parameter', 'variable'] as const) {
    const chosen = variables.filter((each) => each.kind === kind);
    if (chosen.length === 0) continue;
    lines.push(`    ${kind === 'parameter' ? '(parameters)' : '(locals)'}`);
    for (const each of chosen) lines.push(...linesOf(each));
  }
  return lines;
}

/** A struct that does not fit on a line has a line a member, up to a limit; the JSON has everything. */
function linesOf({ node, place, how, derived }: FrameVariable): string[] {
  const name = `${INDENT}${printable(node.name === '' ? '(unnamed)' : node.name)}`;
  const notes = [
    ...(place.kind === 'memory' && place.isStatic === true ? ['static'] : []),
    ...(derived === true && !isAbsent(node.value) ? ['derived, not told by debuginfo'] : []),
    ...how.filter((each) => !/ was saved by /.test(each)),
  ];
  const note = notes.length === 0 ? '' : `  [${printable(notes.join('; '))}]`;
  const text = valueText(node);
  const members = node.children ?? [];
  const isStruct = node.kind === 'struct' || node.kind === 'union';
  if (!isStruct || members.length === 0 || name.length + text.length < WIDTH) {
    return [`${name} = ${text}${note}`];
  }
  const more = members.length - MAX_MEMBERS;
  return [
    `${name} = {${note}`,
    ...members.slice(0, MAX_MEMBERS).map((member) => {
      const label = member.name === '' ? '' : `${printable(member.name)} = `;
      return `${INDENT}  ${label}${cut(oneLineText(member, 1))}`;
    }),
    ...(more > 0 ? [`${INDENT}  ... and ${more} more members, which --json has`] : []),
    `${INDENT}}`,
  ];
}

/** What the compiler dropped needs no reason; what is missing otherwise does. */
function valueText(node: ValueNode): string {
  const { value } = node;
  if (value !== undefined && isAbsent(value) && value.absent === 'optimized-out') {
    return '<optimized out>';
  }
  return cut(oneLineText(node), node.kind === 'struct' || node.kind === 'union');
}

function cut(text: string, whole = false): string {
  return whole || text.length <= 4 * WIDTH ? text : `${text.slice(0, 4 * WIDTH)}...`;
}

/** Registers as they stood in a frame, and where each was found. */
export function registerListLines(registers: readonly FrameRegister[] | undefined): string[] {
  if (registers === undefined) return [];
  if (registers.length === 0) return ['    (no register of this frame is known)'];
  return [
    '    (registers)',
    ...registers.map(({ name, value, how, address }) => {
      const at =
        address === undefined || / at 0?x?[0-9a-f]{8,}/.test(how)
          ? ''
          : ` at ${address16(address)}`;
      return `${INDENT}${printable(name).toUpperCase().padStart(3)}: ${address16(value)}  ${printable(how)}${at}`;
    }),
  ];
}
