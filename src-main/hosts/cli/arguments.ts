import { ArgumentReader, formatOf, type OutputFormat } from './argument-reader.ts';
import { parseDebuginfo, type DebuginfoAction } from './debuginfo-arguments.ts';
import { CliUsageError } from './exit-codes.ts';

interface Common {
  readonly files: readonly string[];
  /** `-s`: debuginfo, in the order given. */
  readonly debuginfo: readonly string[];
  /** `--override`: taken even if it is of another build. */
  readonly override: readonly string[];
  /** False: `--no-search`. */
  readonly search: boolean;
  /** `--source`: each `PATH` or `PREFIX=PATH`. */
  readonly sources: readonly string[];
  readonly color: boolean;
}
export type Invocation =
  | { readonly verb: 'help' | 'version' }
  | (Common & { readonly verb: 'info'; readonly format: OutputFormat })
  | (Common & {
      readonly verb: 'exec';
      readonly format: OutputFormat;
      /** Command lines in the order given; `file` is read for more. */
      readonly commands: readonly ({ readonly line: string } | { readonly file: string })[];
    })
  | (Common & { readonly verb: 'debuginfo-find'; readonly format: OutputFormat })
  | (DebuginfoAction & { readonly verb: 'debuginfo' })
  | (Common & { readonly verb: 'open' })
  | (Common & { readonly verb: 'serve'; readonly port: number });

type KindOf = (path: string) => 'dump' | 'debuginfo' | undefined;

/**
 * @param kindOf what kind of file an argument names, by its content
 * @throws CliUsageError
 */
export function parseArguments(args: readonly string[], kindOf: KindOf): Invocation {
  const state = new ArgumentReader(args);
  if (args.some((arg, i) => i < 2 && (arg === '--help' || arg === '-h'))) return { verb: 'help' };
  const verb = state.next();
  switch (verb) {
    case '--version':
    case '-V':
      return { verb: 'version' };
    case undefined:
    case 'help':
      return { verb: 'help' };
    case 'info':
    case 'exec':
    case 'open':
    case 'serve':
      return parseVerb(verb, state, kindOf);
    case 'debuginfo':
      return debuginfoVerb(state, kindOf);
    default:
      throw new CliUsageError(noSuchVerb(verb, state.rest(), kindOf));
  }
}

function debuginfoVerb(state: ArgumentReader, kindOf: KindOf): Invocation {
  const action = parseDebuginfo(state);
  if (action !== 'find') return { verb: 'debuginfo', ...action };
  return parseVerb('debuginfo-find', state, kindOf);
}

/** A dump first, or a command before the dump, is what one who knows crash tries. */
function noSuchVerb(verb: string, rest: readonly string[], kindOf: KindOf): string {
  if (kindOf(verb) === 'dump') return `what to do with ${verb}? oopscope info ${verb}`;
  const dump = rest.find((arg) => kindOf(arg) === 'dump');
  const hint =
    dump === undefined ? '' : `; commands follow the dump: oopscope exec ${dump} ${verb}`;
  return `there is no "${verb}": info, exec, debuginfo, open or serve${hint}`;
}

function parseVerb(
  verb: 'info' | 'exec' | 'debuginfo-find' | 'open' | 'serve',
  state: ArgumentReader,
  kindOf: KindOf,
): Invocation {
  const files: string[] = [];
  const debuginfo: string[] = [];
  const override: string[] = [];
  const sources: string[] = [];
  let search = true;
  const commands: ({ readonly line: string } | { readonly file: string })[] = [];
  let format: OutputFormat = 'text';
  let color = true;
  let port = 0;
  const takesCommands = verb === 'exec';

  for (let arg = state.next(); arg !== undefined; arg = state.next()) {
    if (arg === '--') {
      const rest = state.rest();
      if (!takesCommands) files.push(...rest);
      else if (rest.length > 0) commands.push({ line: commandLine(rest) });
    } else if (takesCommands && arg === '-c') {
      commands.push({ line: state.valueOf(arg) });
    } else if (arg === '-s') {
      debuginfo.push(state.valueOf(arg));
    } else if (arg === '--override') {
      override.push(state.valueOf(arg));
    } else if (arg === '--source') {
      sources.push(state.valueOf(arg));
    } else if (arg === '--no-search') {
      search = false;
    } else if (takesCommands && arg === '-i') {
      commands.push({ file: state.valueOf(arg) });
    } else if (arg === '--json' && verb !== 'open' && verb !== 'serve') {
      format = 'json';
    } else if (arg === '--format' && verb !== 'open' && verb !== 'serve') {
      format = formatOf(state.valueOf(arg));
    } else if (arg === '--no-color') {
      color = false;
    } else if (verb === 'serve' && arg === '--port') {
      port = portOf(state.valueOf(arg));
    } else if (arg.startsWith('-') && arg !== '-') {
      throw new CliUsageError(`${verb} has no option ${arg}`);
    } else if (kindOf(arg) === 'debuginfo') {
      debuginfo.push(arg);
    } else if (takesCommands && files.length > 0 && kindOf(arg) !== 'dump') {
      commands.push({ line: commandLine([arg, ...state.rest()]) });
    } else {
      files.push(arg);
    }
  }

  // Without a dump they are not debuginfo of it but mistaken for it, and are told what they are.
  if (files.length === 0) files.push(...debuginfo.splice(0));
  const common = { files, debuginfo, override, sources, search, color };
  if (verb === 'open') return { verb, ...common };
  if (verb === 'serve') return { verb, ...common, port };
  if (files.length === 0) throw new CliUsageError(`${verb} needs a dump file`);
  if (verb === 'info' || verb === 'debuginfo-find') return { verb, ...common, format };
  if (commands.length === 0) throw new CliUsageError('exec needs a command, -c or -i');
  return { verb, ...common, format, commands };
}

/** Words of a shell as one line of the engine's grammar; a single word is a line by itself. */
function commandLine(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? '';
  return words.map((word) => (/\s/.test(word) || word === '' ? `"${word}"` : word)).join(' ');
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port >= 0 && port <= 65_535)) throw new CliUsageError(`no port: ${text}`);
  return port;
}
