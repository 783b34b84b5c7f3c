import { describe, expect, it } from 'vitest';
import { debuginfoAdvice, shortAdviceText } from '../../../src-main/io/debuginfo-search/advice.ts';

const ID = '00112233445566778899aabbccddeeff00112233';

describe('what to get when nothing was found', () => {
  it.each([
    ['6.1.0-56-cloud-amd64', 'Debian', 'apt-get download linux-image-6.1.0-56-cloud-amd64-dbg'],
    ['6.12.107+deb13-amd64', 'Debian', 'apt-get download linux-image-6.12.107+deb13-amd64-dbg'],
    ['6.8.0-45-generic', 'Ubuntu', 'apt-get download linux-image-unsigned-6.8.0-45-generic-dbgsym'],
    [
      '5.14.0-427.13.1.el9_4.x86_64',
      'Fedora, RHEL, CentOS',
      "dnf download --enablerepo='*debug*' kernel-debuginfo-5.14.0-427.13.1.el9_4.x86_64",
    ],
    [
      '6.5.6-300.fc39.x86_64+debug',
      'Fedora, RHEL, CentOS',
      "dnf download --enablerepo='*debug*' kernel-debug-debuginfo-6.5.6-300.fc39.x86_64",
    ],
    [
      '6.4.0-150600.21-default',
      'SUSE',
      'zypper --plus-content debug download kernel-default-debuginfo=6.4.0-150600.21',
    ],
  ])('%s: %s first', (release, system, command) => {
    const { ways } = debuginfoAdvice(release, ID);
    expect(ways[0]).toMatchObject({ system, isLikely: true, commands: [command] });
    expect(ways.filter(({ isLikely }) => isLikely)).toHaveLength(1);
    expect(ways).toHaveLength(5);
  });

  it('says release and build-id, and how debuginfod is asked', () => {
    const text = shortAdviceText(debuginfoAdvice('6.1.0-custom', ID), 'find DUMP');
    expect(text).toContain('release 6.1.0-custom');
    expect(text).toContain(`debuginfod-find debuginfo ${ID}`);
    const anonymous = debuginfoAdvice('6.1.0-custom', undefined);
    expect(anonymous.ways.map(({ system }) => system)).not.toContain('debuginfod');
    expect(shortAdviceText(anonymous, 'find DUMP')).toContain('tells no build-id');
  });

  it('in a terminal the likely system is told whole, the others by name', () => {
    const text = shortAdviceText(debuginfoAdvice('6.12.107+deb13-amd64', ID), 'find DUMP');
    expect(text).toContain('apt-get download linux-image-6.12.107+deb13-amd64-dbg');
    expect(text).not.toMatch(/dnf|zypper|ddebs/);
    expect(text).toMatch(/Ubuntu; Fedora, RHEL, CentOS; SUSE\): find DUMP$/m);
  });

  it('a hostile release stays one word of the command', () => {
    const { ways } = debuginfoAdvice("6.1; rm -rf ~ '$(x)", ID);
    const { commands } = ways.find(({ system }) => system === 'Debian')!;
    expect(commands).toEqual([
      String.raw`apt-get download 'linux-image-6.1; rm -rf ~ '\''$(x)-dbg'`,
    ]);
  });
});
