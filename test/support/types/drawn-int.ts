import type { Type } from '../../../src-main/engine/types/type.ts';

/** `int`, for types that are drawn by hand. */
export function drawnInt(origin: string): Type {
  return { kind: 'int', origin, name: 'int', size: 4, signed: true, isBool: false, isChar: false };
}
