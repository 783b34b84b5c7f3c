import { readKernelIdentity } from '../program/build-identity.ts';
import type { Program } from '../program/program.ts';

/** How source text is given, and which package has this kernel's. */
export function sourceAdvice(program: Program): string {
  const { release = '', banner = '' } = readKernelIdentity(program);
  const series = /^\d+\.\d+/.exec(release)?.[0];
  const lines = [
    `no source text was given. It is read from a source tree, a source package or a tarball of ${release === '' ? 'this kernel' : release}:`,
    'in the window "Add sources" in the debuginfo sheet (D), on the command line --source PLACE or PREFIX=PLACE.',
    ...packagesOf(release, banner, series),
    `kernel.org: ${tarballOf(release, banner, series)} (without a distribution's patches)`,
  ];
  return lines.join('\n');
}

/** The distribution by its marks in the banner; all of them where it has none. */
function packagesOf(release: string, banner: string, series = 'X.Y'): string[] {
  const debian = /#\d+ .*Debian (\d\S*)/.exec(banner)?.[1];
  const version = debian === undefined ? '' : `=${debian}`;
  const ways = [
    { mark: /Debian/, line: `Debian: apt-get download linux-source-${series}${version}` },
    {
      mark: /Ubuntu/,
      line: `Ubuntu: apt-get download linux-source-${/^\d+\.\d+\.\d+/.exec(release)?.[0] ?? series}`,
    },
    {
      mark: /\.(?:fc|el)\d+|Red Hat/,
      line: `Fedora, RHEL: dnf download kernel-debuginfo-common-${release.split('.').at(-1) ?? 'x86_64'}, or the kernel's .src.rpm`,
    },
    { mark: /SUSE|-default$/, line: 'SUSE: zypper install kernel-source' },
  ];
  const known = ways.filter(({ mark }) => mark.test(banner) || mark.test(release));
  return (known.length > 0 ? known : ways).map(({ line }) => line);
}

/** Distributions' releases are numbered their own way; the banner may tell kernel.org's. */
function tarballOf(release: string, banner: string, series = 'X.Y'): string {
  const numbers = [...`${banner} ${release}`.matchAll(/(\d+\.\d+)\.(\d+)/g)];
  const told = numbers.find(([, its, last]) => its === series && last !== '0')?.[0];
  return `linux-${told ?? series}.tar.xz`;
}
