export interface NoteText {
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array | string;
}

/** ELF notes one after another, padded to 4 bytes. */
export function writeNotes(notes: readonly NoteText[]): Uint8Array {
  const encoder = new TextEncoder();
  const pieces = notes.flatMap(({ name, type, desc }) => {
    const nameBytes = encoder.encode(`${name}\0`);
    const descBytes = typeof desc === 'string' ? encoder.encode(desc) : desc;
    const header = new Uint8Array(12);
    const view = new DataView(header.buffer);
    view.setUint32(0, nameBytes.length, true);
    view.setUint32(4, descBytes.length, true);
    view.setUint32(8, type, true);
    return [header, padded(nameBytes), padded(descBytes)];
  });
  return concat(pieces);
}

export const VMCOREINFO_TEXT = 'OSRELEASE=6.1.0-test\nPAGESIZE=4096\nKERNELOFFSET=1e600000\n';

/** A dump's usual notes: registers of two CPUs and VMCOREINFO. */
export const USUAL_NOTES: readonly NoteText[] = [
  { name: 'CORE', type: 1, desc: new Uint8Array(336).fill(1) },
  { name: 'CORE', type: 1, desc: new Uint8Array(336).fill(2) },
  { name: 'VMCOREINFO', type: 0, desc: VMCOREINFO_TEXT },
];

export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

function padded(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  result.set(bytes);
  return result;
}
