/** One BTF blob as struct of arrays. Type ids of a split BTF continue those of its base. */
export interface BtfTable {
  /** `BTF` or `BTF:modname`. */
  readonly origin: string;
}

/**
 * @param base for a module's split BTF: the kernel's table
 * @throws FaultError `corrupt` with the offset in the blob
 */
export function parseBtf(bytes: Uint8Array, origin: string, base?: BtfTable): BtfTable {
  throw new Error(`not written yet: ${bytes.length} ${origin} ${base?.origin ?? ''}`);
}
