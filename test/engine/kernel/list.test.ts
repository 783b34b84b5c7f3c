import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { walkHlist, walkList } from '../../../src-main/engine/kernel/list.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const HEAD = 0xffff_8880_0000_1000n;
const [A, B, C, D] = [0x2000n, 0x3000n, 0x4000n, 0x5000n].map(
  (low) => 0xffff_8880_0000_0000n + low,
) as [bigint, bigint, bigint, bigint];

function walk(machine: DrawnMachine, limit?: number) {
  return walkList(machine.program().kernel, virtAddr(HEAD), 'the list', limit);
}

describe('walkList', () => {
  it('gives the entries in order, without the head', () => {
    const machine = new DrawnMachine('').ring(HEAD, A, B, C);
    expect(walk(machine)).toEqual({ items: [A, B, C], problem: undefined });
  });

  it('is empty for a head that points to itself', () => {
    expect(walk(new DrawnMachine('').ring(HEAD)).items).toEqual([]);
  });

  it('ends at a cycle that does not come back to the head', () => {
    // A -> B -> C -> B …, each pointing back at the one before it was reached from
    const machine = new DrawnMachine('')
      .ring(HEAD, A, B, C)
      .u64(C, B)
      .u64(B + 8n, C);
    const { items, problem } = walk(machine);
    expect(new Set(items).size).toBe(items.length);
    expect(problem).toMatch(/^the list is (damaged|cyclic)/);
  });

  it('finds the entries behind a missing page from the other end', () => {
    const machine = new DrawnMachine('').ring(HEAD, A, B, C, D).exclude(B);
    const { items, problem } = walk(machine);
    expect(items).toEqual([A, C, D]);
    expect(problem).toContain('page excluded by the dump filter');
    expect(problem).toContain('2 more were found from its end');
  });

  it('says where a pointer was overwritten', () => {
    const machine = new DrawnMachine('').ring(HEAD, A, B).u64(B + 8n, 0xdeadn);
    expect(walk(machine).problem).toContain('0xffff888000003000 points back to 0xdead');
  });

  it('stops at its limit', () => {
    const machine = new DrawnMachine('').ring(HEAD, A, B, C);
    const { items, problem } = walk(machine, 2);
    expect(items).toHaveLength(2);
    expect(problem).toContain('more than 2 entries');
  });
});

describe('walkHlist', () => {
  it('ends at NULL, and at a cycle', () => {
    const machine = new DrawnMachine('').u64(HEAD, A).u64(A, B).u64(B, 0n);
    const good = walkHlist(machine.program().kernel, virtAddr(HEAD), 'the list');
    expect(good).toEqual({ items: [A, B], problem: undefined });
    machine.u64(B, A);
    const cyclic = walkHlist(machine.program().kernel, virtAddr(HEAD), 'the list');
    expect(cyclic.items).toEqual([A, B]);
    expect(cyclic.problem).toContain('cyclic');
  });
});
