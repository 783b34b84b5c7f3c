/**
 * Parts of Node that take long to load (crypto 10 to 20 ms, zlib 3) and that opening a dump and
 * answering from it does not need: loaded when first asked for.
 */
export const nodeCrypto = () => process.getBuiltinModule('node:crypto');
export const nodeZlib = () => process.getBuiltinModule('node:zlib');
