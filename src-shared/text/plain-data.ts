/**
 * Data as JSON can hold it: 64-bit numbers as strings so that no reader rounds them, bytes as hex
 * digits. Scalar members of typed objects are numbers of C; every other bigint of a block is an address.
 */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return hexText(value);
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const isNumber = 'kind' in value && (value.kind === 'int' || value.kind === 'enum');
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      isNumber && name === 'value' && typeof member === 'bigint'
        ? member.toString()
        : plain(member),
    ]),
  );
}

export function hexText(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
