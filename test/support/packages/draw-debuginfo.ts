import {
  asciiOf,
  drawBuildIdNote,
  drawElfFile,
  drawSymbol,
  type DrawnSection,
} from '../debuginfo/draw-elf.ts';

export interface DrawnDebuginfo {
  /** Hex; without, no note. */
  readonly buildId?: string;
  readonly release?: string;
  /** False: symbols only. */
  readonly dwarf?: boolean;
  /** `.gnu_debuglink` */
  readonly debugLink?: string;
  readonly extra?: readonly DrawnSection[];
  /** Functions of `.text` in `.symtab`: name and value. */
  readonly functions?: readonly (readonly [name: string, value: bigint])[];
}

/** They come first: `.text` is section 1. */
function codeOf(functions: DrawnDebuginfo['functions']): DrawnSection[] {
  if (functions === undefined) return [];
  const names = functions.map(([name]) => name);
  const startOf = (i: number): number => 1 + names.slice(0, i).join('\0').length + (i > 0 ? 1 : 0);
  const STT_FUNC = 2;
  const symbols = functions.map(([, value], i) => drawSymbol(startOf(i), STT_FUNC, 1, value));
  const first = drawSymbol(0, 0, 0, 0n);
  return [
    { name: '.text', bytes: [0xcc] },
    { name: '.symtab', type: 2, bytes: [first, ...symbols].flat(), link: '.strtab' },
    { name: '.strtab', type: 3, bytes: asciiOf(`\0${names.join('\0')}\0`) },
  ];
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
    sections: [
      ...codeOf(drawn.functions),
      { name: '.rodata', bytes: asciiOf(text) },
      ...common(drawn),
    ],
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
    sections: [
      ...codeOf(drawn.functions),
      { name: '.modinfo', bytes: asciiOf(`${modinfo.join('\0')}\0`) },
      ...common(drawn),
    ],
  });
}

function linkOf(name: string): number[] {
  const text = asciiOf(`${name}\0`);
  return [...text, ...new Array<number>((4 - (text.length % 4)) % 4).fill(0), 1, 2, 3, 4];
}
