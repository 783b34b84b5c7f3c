import { listModules, type ModuleView } from '../kernel/module.ts';
import { taintLetters } from '../kernel/taint.ts';
import { fileTextOf } from '../program/debug-info.ts';
import { UsageError, type Command } from './command.ts';
import { info, warning } from './context.ts';
import { notApplicable } from './facts.ts';
import { parseOptions, type Options } from './options.ts';
import { tableBlock, type ColumnOf } from './table.ts';

export const mod: Command = {
  name: 'mod',
  summary: 'loaded modules',
  usage: '[-t]',
  help: [
    'Modules ascending by address: struct module, name, where the text lies (since 6.4; before, the',
    'one block of core memory), size without init sections, users, state, taints, and what knows',
    'their symbols.',
    '',
    '  -t  only modules that taint the kernel, with their taint letters',
  ],
  needs: ['memory', 'symbols', 'types', 'modules'],
  *run({ program }, args) {
    const options = parseOptions(args, 'tsSdDrgRo');
    refuseLoading(options);
    if (options.operands.length > 0) throw new UsageError('mod takes no operands');
    const modules = listModules(program);
    for (const text of program.moduleWarnings) yield warning(text);
    for (const text of modules.flatMap(({ problems }) => problems)) yield warning(text);
    if (modules.length === 0) {
      // Of a list that cannot be read nobody knows whether it is empty.
      if (program.moduleWarnings.length === 0) yield info('no modules installed');
      return;
    }
    if (!options.has('t')) {
      const sinceLayout = modules.some(({ module }) => module.object.has('mem'));
      const files = new Map(program.debugInfo?.parts.map((part) => [part.name, fileTextOf(part)]));
      yield tableBlock('mod', columns(sinceLayout ? 'TEXT_BASE' : 'BASE', files), modules);
      return;
    }
    const tainted = modules.filter(({ taints }) => (taints ?? 0n) !== 0n);
    if (tainted.length === 0) yield info('no tainted modules');
    else yield tableBlock('mod-t', [NAME, TAINTS], tainted);
  },
};

/** crash loads and drops modules' debuginfo by `mod`; here that is a matter of the whole session. */
function refuseLoading(options: Options): void {
  const given = [...'sSdDrgRo'].find((letter) => options.has(letter));
  if (given === undefined) return;
  throw new UsageError(
    `-${given}: debuginfo of modules is not loaded by a command. It is looked for at opening, and files are named with \`oopscope exec -s FILE DUMP …\` or attached in the window; symbols need none`,
  );
}

const NAME: ColumnOf<ModuleView> = {
  id: 'name',
  title: 'NAME',
  kind: 'text',
  cell: (view) => view.name,
};

const TAINTS: ColumnOf<ModuleView> = {
  id: 'taints',
  title: 'TAINTS',
  kind: 'text',
  help: 'Letters of module->taints.',
  cell: (view) => (view.taints === undefined ? unread('taints') : taintLetters(view.taints)),
};

/** @param files debuginfo in use, by the module's name */
function columns(baseTitle: string, files: ReadonlyMap<string, string>): ColumnOf<ModuleView>[] {
  return [
    {
      id: 'module',
      title: 'MODULE',
      kind: 'address',
      help: 'struct module *',
      cell: (view) => view.address,
    },
    NAME,
    {
      id: 'base',
      title: baseTitle,
      kind: 'address',
      cell: (view) => view.base ?? notApplicable('the module has no text'),
    },
    { id: 'size', title: 'SIZE', kind: 'bytes', cell: (view) => view.size },
    {
      id: 'symbols',
      title: 'OBJECT FILE',
      kind: 'text',
      help: 'The debuginfo in use; without any, what knows the symbols: the module itself, as kallsyms.',
      cell: (view) =>
        files.get(view.name) ??
        (view.module.table() === undefined ? '(no symbols)' : '(not loaded)  [CONFIG_KALLSYMS]'),
    },
    {
      id: 'references',
      title: 'USED',
      kind: 'count',
      cell: (view) => view.references ?? unread('refcnt'),
    },
    { id: 'usedBy', title: 'BY', kind: 'text', cell: (view) => view.usedBy.join(',') },
    { id: 'state', title: 'STATE', kind: 'text', cell: (view) => view.state },
    TAINTS,
  ];
}

function unread(member: string): ReturnType<typeof notApplicable> {
  return { absent: 'unknown-type', why: `module->${member} could not be read` };
}
