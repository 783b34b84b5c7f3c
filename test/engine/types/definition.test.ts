import { describe, expect, it } from 'vitest';
import { definitionLines } from '../../../src-main/engine/types/definition.ts';
import type { StructType, Type } from '../../../src-main/engine/types/type.ts';
import { drawnInt } from '../../support/types/drawn-int.ts';

const int = drawnInt('drawn');
function struct(name: string, members: readonly (readonly [string, Type])[]): StructType {
  const placed = members.map(([each, type], i) => ({
    name: each,
    type,
    bitOffset: i * 32,
    bitSize: 0,
  }));
  const size = members.length * 4;
  return { kind: 'struct', origin: 'drawn', name, size, incomplete: false, members: placed };
}

describe('definition of a damaged type', () => {
  it('is cut where long names are nested around many members, which a line says, once', () => {
    let inner = struct(
      '',
      Array.from({ length: 15_000 }, (_, i) => [`p${i}`, int] as const),
    );
    for (let i = 0; i < 20; i++) inner = struct('', [['N'.repeat(4000), inner]]);
    const lines = definitionLines(
      struct('evil', [...inner.members.map(({ type }) => ['m', type] as const), ['z', int]]),
    );
    const characters = lines.reduce((sum, { text, path }) => sum + text.length + path.length, 0);
    expect(characters).toBeLessThan(10_000_000);
    expect(lines.filter(({ text }) => text === '...')).toHaveLength(1);
    expect(lines.at(-1)?.text).toBe('}');
  });

  it('is cut after very many lines, which a line says', () => {
    const wide = struct(
      'wide',
      Array.from({ length: 30_000 }, (_, i) => [`p${i}`, int] as const),
    );
    const lines = definitionLines(wide);
    expect(lines.length).toBeLessThan(20_010);
    expect(lines.slice(-2).map(({ text }) => text)).toEqual(['...', '}']);
  });
});
