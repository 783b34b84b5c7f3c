import { tryRead } from '../base/fault.ts';
import { locateVariable, variablesOf } from '../debuginfo/dwarf/variables.ts';
import type { Place } from '../debuginfo/dwarf/location.ts';
import type { Program } from '../program/program.ts';
import { findSize, resolveTypedef } from '../types/layout.ts';
import type { Type } from '../types/type.ts';
import type { FrameState } from '../unwind/frame-state.ts';

/** A word of a stack that holds (a part of) a variable. */
export interface PlacedVariable {
  /** Of the word: a multiple of 8. */
  readonly address: bigint;
  /** `name`, `name.member`, `name[2]`, `name+0x8`; of an inlined function with `(in function)`. */
  readonly text: string;
}

/** Larger variables are named in their first words only. */
const MAX_WORDS = 2048;
const MAX_DEPTH = 8;

/** Parameters and variables of a frame's functions that lie in memory, word by word. */
export function placedVariables(program: Program, state: FrameState): PlacedVariable[] {
  const { location, context, part } = state;
  const real = location?.scopes.at(-1);
  if (location === undefined || context === undefined || part === undefined || !real) return [];
  const types = program.debugInfo?.typesOf(part);
  if (types === undefined) return [];
  const placed: PlacedVariable[] = [];
  for (const scope of location.scopes) {
    const where = scope.inlined ? ` (in ${scope.name ?? 'an inlined function'})` : '';
    for (const variable of tryRead(() => variablesOf(scope)) ?? []) {
      const type = variable.type && tryRead(() => types.types.typeOf(variable.type));
      const size = type && tryRead(() => findSize(type));
      const found = locateVariable(variable, real.die, context, size);
      const name = variable.name;
      const add = (place: Place, bytes: number, from: number): void => {
        if (place.kind !== 'memory' || bytes <= 0) return;
        for (const [address, offset] of wordsOf(place.address, bytes)) {
          const path = type === undefined ? undefined : tryRead(() => pathAt(type, from + offset));
          const rest = from + offset === 0 ? '' : `+0x${(from + offset).toString(16)}`;
          placed.push({ address, text: `${name}${path ?? rest}${where}` });
        }
      };
      if (found.pieces === undefined) add(found.place, size ?? 8, 0);
      for (const piece of found.pieces ?? []) {
        if (piece.bitOffset % 8 === 0 && piece.placeBitOffset % 8 === 0) {
          add(
            shifted(piece.place, piece.placeBitOffset / 8),
            piece.bitSize / 8,
            piece.bitOffset / 8,
          );
        }
      }
    }
  }
  return placed;
}

function shifted(place: Place, bytes: number): Place {
  return place.kind === 'memory' ? { ...place, address: place.address + BigInt(bytes) } : place;
}

/** Words that overlap a variable, and the offset in it of the first byte each holds. */
function* wordsOf(address: bigint, size: number): Generator<[bigint, number]> {
  let word = address & ~7n;
  for (let i = 0; i < MAX_WORDS && word < address + BigInt(size); i++, word += 8n) {
    yield [word, word < address ? 0 : Number(word - address)];
  }
}

/** Members down to what begins at an offset: `.a.b[1]`; undefined where no single path leads there. */
function pathAt(type: Type, offset: number): string | undefined {
  let path = '';
  let current = resolveTypedef(type);
  let rest = offset;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (current.kind === 'array') {
      const size = findSize(current.element);
      if (size === undefined || size === 0) return undefined;
      const element = Math.floor(rest / size);
      path += `[${element}]`;
      rest -= element * size;
      current = resolveTypedef(current.element);
    } else if (current.kind === 'struct') {
      const at = rest * 8;
      const member = current.members.findLast(
        ({ bitOffset, type: each }) =>
          bitOffset <= at && at < bitOffset + 8 * (findSize(each) ?? 0),
      );
      if (member === undefined || member.bitSize > 0) return undefined;
      if (member.name !== '') path += `.${member.name}`;
      rest -= member.bitOffset / 8;
      current = resolveTypedef(member.type);
    } else break;
  }
  return rest === 0 ? path : undefined;
}
