import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createEngineService } from '../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../src-main/hosts/node/engine-deps.ts';

const sample = new URL('../../build/sample/sample.kdump', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'oopscope-debuginfo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['no ELF file', Buffer.from('not debuginfo')],
  [
    'an ELF file that is cut off',
    Buffer.concat([Buffer.from('7f454c46020101', 'hex'), Buffer.alloc(90, 0xff)]),
  ],
])('%s as debuginfo is told, and the dump opens', async (_what, bytes) => {
  const file = join(folder, 'vmlinux');
  writeFileSync(file, bytes);
  const engine = createEngineService(createEngineDeps());
  const info = await engine.open({ paths: [sample], debuginfo: [file] });
  expect(info.warnings.join('\n')).toContain(file);
  const { blocks } = await engine.run({ session: info.session, line: 'bt' });
  expect(blocks.some((block) => block.type === 'stack')).toBe(true);
  await engine.close({ session: info.session });
});
