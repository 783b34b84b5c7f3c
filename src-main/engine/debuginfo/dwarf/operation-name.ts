/**
 * Operations that are not evaluated here, by their names.
 * @source DWARF 5, 7.7.1 "Operation Encodings"; extensions of GNU, LLVM, HP, PGI as readelf and
 *   llvm-dwarfdump print them
 */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x18, 'xderef'],
  [0x95, 'xderef_size'],
  [0xa7, 'xderef_type'],
  [0xe1, 'HP_is_value'],
  [0xe2, 'HP_fltconst4'],
  [0xe3, 'HP_fltconst8'],
  [0xe4, 'HP_mod_range'],
  [0xe5, 'HP_unmod_range'],
  [0xe6, 'HP_tls'],
  [0xe9, 'LLVM_user'],
  [0xed, 'WASM_location'],
  [0xf1, 'GNU_encoded_addr'],
  [0xf8, 'PGI_omp_thread_num'],
  [0xfa, 'GNU_parameter_ref'],
  [0xfd, 'GNU_variable_value'],
]);

/** `DW_OP_GNU_parameter_ref`; an operation that nobody named keeps its number. */
export function operationName(opcode: number): string {
  const name = NAMES.get(opcode);
  return name === undefined ? `DWARF operation 0x${opcode.toString(16)}` : `DW_OP_${name}`;
}
