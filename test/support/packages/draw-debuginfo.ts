import { asciiOf, drawBuildIdNote, drawElfFile, type DrawnSection } from '../debuginfo/draw-elf.ts';

export interface DrawnDebuginfo {
  /** Hex; without, no note. */
  readonly buildId?: string;
  readonly release?: string;
  /** False: symbols only. */
  readonly dwarf?: boolean;
  /** `.gnu_debuglink` */
  readonly debugLink?: string;
  readonly extra?: readonly DrawnSection[];
}

const common = ({ buildId, dwarf = true, debugLink, extra = [] }: DrawnDebuginfo) => [
  ...(buildId === undefined ? [] : [{ name: '.notes', type: 7, bytes: drawBuildIdNote(buildId) }]),
  ...(dwarf
    ? [
        { name: '.debug_info', bytes: [1, 2, 3, 4] },
        { name: '.debug_abbrev', bytes: [0] },
      ]
    : []),
  ...(debugLink === undefined ? [] : [{ name: '.gnu_debuglink', bytes: linkOf(debugLink) }]),
  ...extra,
];

/** A vmlinux with a banner. */
export function drawVmlinux(drawn: DrawnDebuginfo): Uint8Array<ArrayBuffer> {
  const banner = bannerOf(drawn.release ?? '6.1.0-9-amd64');
  const text = `Linux version %s (x)\0${banner}\n\0`;
  return drawElfFile({
    sections: [{ name: '.rodata', bytes: asciiOf(text) }, ...common(drawn)],
  });
}

export function bannerOf(release: string): string {
  return `Linux version ${release} (builder@host) (gcc 12) #1 SMP Debian`;
}

/** A module with modinfo. */
export function drawKo(drawn: DrawnDebuginfo & { srcversion?: string }): Uint8Array<ArrayBuffer> {
  const { release = '6.1.0-9-amd64', srcversion } = drawn;
  const modinfo = [`vermagic=${release} SMP mod_unload `];
  if (srcversion !== undefined) modinfo.push(`srcversion=${srcversion}`);
  return drawElfFile({
    type: 1,
    sections: [{ name: '.modinfo', bytes: asciiOf(`${modinfo.join('\0')}\0`) }, ...common(drawn)],
  });
}

function linkOf(name: string): number[] {
  const text = asciiOf(`${name}\0`);
  return [...text, ...new Array<number>((4 - (text.length % 4)) % 4).fill(0), 1, 2, 3, 4];
}
