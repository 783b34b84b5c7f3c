/** How the command line ends; part of its interface, see help.ts. */
export const EXIT = {
  ok: 0,
  /** A command failed: wrong arguments, or memory, types or symbols it needs are missing. */
  commandFailed: 1,
  /** Oopscope's own arguments are wrong. */
  usage: 2,
  /** The dump cannot be opened. */
  cannotOpen: 3,
  /** Ctrl-C, pressed again while ending. */
  interrupted: 130,
  /** Standard output was closed, as by `| head`: what a program killed by SIGPIPE ends with. */
  brokenPipe: 141,
} as const;

/** Oopscope's own arguments are wrong; the message says how. */
export class CliUsageError extends Error {}
