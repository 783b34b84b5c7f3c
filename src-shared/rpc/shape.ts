/**
 * Small validators for what arrives over a transport. A shape looks at a value and answers what is
 * wrong with it, as a phrase that names the place, or undefined when it fits.
 */
export type Shape = (value: unknown, at: string) => string | undefined;

export const nothing: Shape = (value, at) =>
  value === undefined || value === null ? undefined : `${at} must be left out`;

/** A string of at most `max` UTF-16 units and no NUL (paths and command lines have none). */
export const text =
  (max: number): Shape =>
  (value, at) => {
    if (typeof value !== 'string') return `${at} must be a string`;
    if (value.length > max) return `${at} is longer than ${max}`;
    return value.includes('\0') ? `${at} holds a NUL` : undefined;
  };

export const integer =
  (min: number, max: number): Shape =>
  (value, at) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `${at} must be an integer from ${min} to ${max}`;

/** An unsigned 64-bit address. */
export const address: Shape = (value, at) =>
  typeof value === 'bigint' && value >= 0n && value < 1n << 64n
    ? undefined
    : `${at} must be an unsigned 64-bit bigint`;

export const flag: Shape = (value, at) =>
  typeof value === 'boolean' ? undefined : `${at} must be true or false`;

export const literal =
  (...expected: readonly string[]): Shape =>
  (value, at) =>
    expected.some((each) => each === value)
      ? undefined
      : `${at} must be ${expected.map((each) => `'${each}'`).join(' or ')}`;

export const list =
  (item: Shape, min: number, max: number): Shape =>
  (value, at) => {
    if (!Array.isArray(value)) return `${at} must be an array`;
    if (value.length < min || value.length > max) {
      return `${at} must have ${min} to ${max} entries`;
    }
    for (let i = 0; i < value.length; i++) {
      const problem = item(value[i], `${at}[${i}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

/** Exactly these members; a name that ends in `?` may be left out. */
export const record = (members: Readonly<Record<string, Shape>>): Shape => {
  const known = new Map(
    Object.entries(members).map(([name, shape]) =>
      name.endsWith('?')
        ? [name.slice(0, -1), { shape, optional: true }]
        : [name, { shape, optional: false }],
    ),
  );
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return `${at} must be an object`;
    }
    for (const name of Object.keys(value)) {
      if (!known.has(name)) return `${at} has an unknown member '${name.slice(0, 40)}'`;
    }
    for (const [name, { shape, optional }] of known) {
      const member = (value as Record<string, unknown>)[name];
      if (member === undefined && optional) continue;
      const problem = shape(member, `${at}.${name}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
};

/** One of several records, told apart by their `kind`. */
export const union =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, at) => {
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : '';
    const shape =
      typeof kind === 'string' && Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
    return shape === undefined
      ? `${at}.kind must be one of ${Object.keys(shapes).join(', ')}`
      : shape(value, at);
  };
