import { describe, expect, it } from 'vitest';
import { progressLine } from '../../src-main/hosts/cli/progress-line.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { run } from '../../src-main/hosts/cli/run.ts';

describe('the line of progress on a terminal', () => {
  const make = (columns = 80) => {
    let time = 0;
    let text = '';
    const write = (more: string) => (text += more);
    const line = progressLine(
      write,
      () => columns,
      () => time,
    );
    return { line, at: (ms: number) => (time = ms), written: () => text };
  };
  const reading = (fraction: number, text = 'Reading linux.tar.xz') =>
    ({ phase: 'sources', text, fraction }) as const;

  it('is rewritten, and gone at the end', () => {
    const { line, at, written } = make();
    line.show(reading(0));
    at(400);
    line.show(reading(0.256));
    at(600);
    line.show(reading(0.5));
    line.clear();
    expect(written()).toBe(
      '\r\x1b[KReading linux.tar.xz  25 %\r\x1b[KReading linux.tar.xz  50 %\r\x1b[K',
    );
  });

  it('is not written for what is over at once, nor for other phases of opening', () => {
    const { line, at, written } = make();
    line.show(reading(0));
    at(200);
    line.show(reading(1));
    at(900);
    line.show({ phase: 'symbols', text: 'Decoding kallsyms', fraction: 0.4 });
    line.clear();
    expect(written()).toBe('');
  });

  it('is not written where there is no terminal', () => {
    let text = '';
    let time = 0;
    const line = progressLine(
      (more) => (text += more),
      () => undefined,
      () => (time += 500),
    );
    for (const fraction of [0, 0.3, 0.6]) line.show(reading(fraction));
    line.clear();
    expect({ text, time }).toEqual({ text: '', time: 1500 });
  });

  it('stays one line, and holds nothing that a terminal would obey', () => {
    const { line, at, written } = make(20);
    line.show(reading(0));
    at(400);
    line.show(reading(0.25, 'Reading /a/very/long/path/\x1b]0;x.deb'));
    const shown = written().replace('\r\x1b[K', '');
    expect(shown).toHaveLength(19);
    expect(shown).toContain('25 %');
    expect(shown).not.toMatch(/[\x00-\x1f]/);
  });
});

it('exec tells the progress of opening where there is a terminal, and ends it before answering', async () => {
  const said: string[] = [];
  const engine = fakeEngine();
  await run(['exec', 'a', 'echo', 'hello'], {
    engine: async () => ({
      ...engine,
      open: (request, call) => {
        call?.onProgress?.({ phase: 'sources', text: 'Reading x', fraction: 0.5 });
        return engine.open(request);
      },
    }),
    output: () => ({
      out: (text) => said.push(text),
      err: (text) => said.push(text),
      color: false,
      progress: {
        show: ({ text }) => said.push(`progress: ${text}`),
        clear: () => said.push('cleared'),
      },
    }),
  });
  expect(said.slice(0, 3)).toEqual(['progress: Reading x', 'cleared', 'hello\n']);
});
