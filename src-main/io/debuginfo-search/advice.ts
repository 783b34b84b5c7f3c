import type { DebuginfoWay } from '../../../src-shared/contract/index.ts';

const DEBUGINFOD = 'debuginfod';

/** How to get the debuginfo that was not found. */
export interface DebuginfoAdvice {
  readonly release: string;
  readonly buildId: string | undefined;
  /** The likeliest system first. */
  readonly ways: readonly DebuginfoWay[];
}

/**
 * What is needed and how each distribution hands it out. The system is guessed by the release's
 * form only: a dump does not say where its kernel came from.
 */
export function debuginfoAdvice(release: string, buildId: string | undefined): DebuginfoAdvice {
  const ways = [debian(release), ubuntu(release), redHat(release), suse(release)];
  if (buildId !== undefined) ways.push(debuginfod(buildId));
  ways.sort((a, b) => Number(b.isLikely) - Number(a.isLikely));
  return { release, buildId, ways };
}

/** Ways that fit the dump, and those that do not follow from its release's form. */
export function likelyWays<Way extends Pick<DebuginfoWay, 'system' | 'isLikely'>>(
  ways: readonly Way[],
): { readonly likely: readonly Way[]; readonly others: readonly Way[] } {
  // debuginfod is asked by build-id, whoever built the kernel.
  const fits = ({ system, isLikely }: Way): boolean => isLikely || system === DEBUGINFOD;
  return { likely: ways.filter(fits), others: ways.filter((way) => !fits(way)) };
}

/**
 * For terminals: what is needed, then one paragraph for each way that fits the dump.
 * @param findCommand tells the other ways
 */
export function shortAdviceText(
  { release, buildId, ways }: DebuginfoAdvice,
  findCommand: string,
): string {
  const lines = [
    `Needed: vmlinux with debuginfo of release ${release}`,
    buildId === undefined
      ? '        (the dump tells no build-id: what you name is compared by its banner or release)'
      : `        with build-id ${buildId}`,
  ];
  const { likely, others } = likelyWays(ways);
  for (const { system, commands, gives, needs } of likely) {
    lines.push(`${system}${needs === undefined ? '' : ` (${needs})`}:`);
    lines.push(...commands.map((command) => `  ${command}`), `  gives ${gives}`);
  }
  if (others.length > 0) {
    const systems = others.map(({ system }) => system).join('; ');
    lines.push(`Other systems (${systems}): ${findCommand}`);
  }
  return `${lines.join('\n')}\n`;
}

function debian(release: string): DebuginfoWay {
  const name = `linux-image-${release}-dbg`;
  return {
    system: 'Debian',
    // 6.1.0-56-cloud-amd64, 6.12.107+deb13-amd64
    isLikely: /-(amd64|arm64|686)(-|$)/.test(release) || /\+deb\d/.test(release),
    commands: [`apt-get download ${quoted(name)}`],
    gives: `${name}_*.deb`,
    needs: undefined,
  };
}

function ubuntu(release: string): DebuginfoWay {
  const name = `linux-image-unsigned-${release}-dbgsym`;
  return {
    system: 'Ubuntu',
    // 6.8.0-45-generic, 6.8.0-1016-aws
    isLikely: /-\d+-(generic|lowlatency|aws|azure|gcp|kvm|oracle|oem|nvidia)/.test(release),
    commands: [`apt-get download ${quoted(name)}`],
    gives: `${name}_*.ddeb`,
    needs: 'with the ddebs.ubuntu.com archive among its sources',
  };
}

function redHat(release: string): DebuginfoWay {
  // 6.5.6-300.fc39.x86_64+debug: the flavour is part of the package's name.
  const [plain = release, flavour] = release.split('+');
  const name = flavour === undefined ? 'kernel-debuginfo' : `kernel-${flavour}-debuginfo`;
  return {
    system: 'Fedora, RHEL, CentOS',
    isLikely: /\.(el\d+|fc\d+|amzn|cm\d)/.test(release),
    commands: [`dnf download --enablerepo='*debug*' ${quoted(`${name}-${plain}`)}`],
    gives: `${name}-${plain}.rpm`,
    needs: 'with the dnf plugin "download"',
  };
}

function suse(release: string): DebuginfoWay {
  const flavour = /-([a-z][a-z0-9_]*)$/.exec(release)?.[1] ?? 'default';
  const version = release.replace(/-[a-z][a-z0-9_]*$/, '');
  const name = `kernel-${flavour}-debuginfo`;
  return {
    system: 'SUSE',
    isLikely: /-(default|preempt|azure|rt)$/.test(release) && !/-\d+-/.test(release.slice(-12)),
    commands: [`zypper --plus-content debug download ${quoted(`${name}=${version}`)}`],
    gives: `${name}-${version}*.rpm (zypper says where)`,
    needs: 'with the debug repository; packages may have one more number at the end of the version',
  };
}

function debuginfod(buildId: string): DebuginfoWay {
  return {
    system: DEBUGINFOD,
    isLikely: false,
    commands: [`debuginfod-find debuginfo ${buildId}`],
    gives: "a file in debuginfod's cache, which is searched",
    needs: 'with DEBUGINFOD_URLS set to the server of the distribution',
  };
}

/** A release comes from the dump: in a command that the user copies it stays one word. */
function quoted(word: string): string {
  return /^[A-Za-z0-9._+~:=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
