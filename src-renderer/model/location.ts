import type { MemorySpace } from '../../src-shared/contract/index.ts';

/**
 * Where the window is. Each one has a hash (`#/memory/kernel/ffff…`), so that links are links and
 * the browser's history is the history.
 */
export type Location =
  | { readonly view: 'overview' }
  | { readonly view: 'tasks'; readonly task?: bigint }
  | {
      readonly view: 'stack';
      /** The task that died when left out. */
      readonly task?: bigint;
      readonly frame?: number;
      /** Which of the functions inlined into the frame, 0 the innermost; left out: the frame's own. */
      readonly inline?: number;
    }
  | { readonly view: 'log'; readonly seq?: number }
  | { readonly view: 'memory'; readonly space: MemorySpace; readonly address?: bigint }
  | {
      readonly view: 'types';
      /** `task_struct`; `union:name`, `enum:name`, `typedef:name` for one that is no struct. */
      readonly name?: string;
      /** Where an object of the type lies: then with its values. */
      readonly address?: bigint;
      /** Path of a member, only with a name: `se.vruntime`, `files->fdt`. */
      readonly member?: string;
    }
  | { readonly view: 'modules'; readonly name?: string };

export type ViewId = Location['view'];

export const VIEWS: readonly { readonly id: ViewId; readonly title: string }[] = [
  { id: 'overview', title: 'Overview' },
  { id: 'tasks', title: 'Tasks' },
  { id: 'stack', title: 'Stack' },
  { id: 'log', title: 'Log' },
  { id: 'memory', title: 'Memory' },
  { id: 'types', title: 'Types' },
  { id: 'modules', title: 'Modules' },
];

export function hashOf(location: Location): string {
  switch (location.view) {
    case 'overview':
      return '#/overview';
    case 'tasks':
      return location.task === undefined ? '#/tasks' : `#/tasks/${location.task.toString(16)}`;
    case 'stack': {
      const { task, frame, inline } = location;
      if (task === undefined) return '#/stack';
      if (frame === undefined) return `#/stack/${task.toString(16)}`;
      const level = inline === undefined ? '' : `.${inline}`;
      return `#/stack/${task.toString(16)}/${frame}${level}`;
    }
    case 'log':
      return location.seq === undefined ? '#/log' : `#/log/${location.seq}`;
    case 'memory': {
      const space = spaceText(location.space);
      return location.address === undefined
        ? `#/memory/${space}`
        : `#/memory/${space}/${location.address.toString(16)}`;
    }
    case 'types': {
      const { name, address, member } = location;
      if (name === undefined) return '#/types';
      const place = address?.toString(16) ?? (member === undefined ? '' : '-');
      // A colon stays as it is: `#/types/union:name`.
      const parts = [name, place, member ?? ''].map((part) =>
        encodeURIComponent(part).replaceAll('%3A', ':'),
      );
      return `#/types/${parts.join('/').replace(/\/+$/, '')}`;
    }
    case 'modules':
      return location.name === undefined
        ? '#/modules'
        : `#/modules/${encodeURIComponent(location.name)}`;
  }
}

/** A hash nobody wrote, or a damaged one, is the overview. */
export function locationOf(hash: string): Location {
  const [, view, first, second, third] = hash.split('/');
  switch (view) {
    case 'tasks': {
      const task = parseHex(first);
      return task === undefined ? { view } : { view, task };
    }
    case 'stack': {
      const task = parseHex(first);
      const place = /^(\d{1,6})(?:\.(\d{1,4}))?$/.exec(second ?? '');
      if (task === undefined) return { view };
      if (!place) return { view, task };
      const at = { view, task, frame: Number(place[1]) } as const;
      return place[2] === undefined ? at : { ...at, inline: Number(place[2]) };
    }
    case 'log':
      return first !== undefined && /^\d{1,15}$/.test(first)
        ? { view, seq: Number(first) }
        : { view };
    case 'memory': {
      const space = parseSpace(first);
      const address = parseHex(second);
      return address === undefined ? { view, space } : { view, space, address };
    }
    case 'types': {
      if (!first) return { view };
      const address = parseHex(second);
      return {
        view,
        name: decode(first),
        ...(address !== undefined && { address }),
        ...(third && { member: decode(third) }),
      };
    }
    case 'modules':
      return first ? { view, name: decode(first) } : { view };
    default:
      return { view: 'overview' };
  }
}

export function memoryHash(address: bigint, space: MemorySpace = { kind: 'kernel' }): string {
  return hashOf({ view: 'memory', space, address });
}

function spaceText(space: MemorySpace): string {
  return space.kind === 'user' ? `user-${space.task.toString(16)}` : space.kind;
}

function parseSpace(text: string | undefined): MemorySpace {
  if (text === 'physical') return { kind: 'physical' };
  const task = text?.startsWith('user-') ? parseHex(text.slice(5)) : undefined;
  return task === undefined ? { kind: 'kernel' } : { kind: 'user', task };
}

function parseHex(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
