import { join } from 'node:path';
import { getConfig, validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const configuration = () => getConfig(root, join(root, 'build/electron-builder.yml'), null);
const noLog = { isEnabled: false } as Parameters<typeof validateConfiguration>[1];

describe('packaging', () => {
  test('is a configuration that electron-builder accepts', async () => {
    await validateConfiguration(await configuration(), noLog);
  });

  test('would be refused with a misspelt key', async () => {
    const misspelt = Object.assign(await configuration(), { asarUnpak: [] });
    await expect(validateConfiguration(misspelt, noLog)).rejects.toThrow(/asarUnpak/);
  });

  test("turns off every way to run the app's binary as something else", async () => {
    expect((await configuration()).electronFuses).toEqual({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  test('compiles nothing: native modules are prebuilt and unpacked', async () => {
    expect(await configuration()).toMatchObject({ npmRebuild: false, asarUnpack: ['**/*.node'] });
  });
});
