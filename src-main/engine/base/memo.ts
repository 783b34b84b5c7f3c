/**
 * Remembers what `compute` found for a key object (a Program), for as long as the object lives.
 * A crash dump does not change, so nothing is ever invalidated. A throw is not remembered.
 */
export function memoized<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const hit = known.get(key);
    if (hit !== undefined) return hit.value;
    const value = compute(key);
    known.set(key, { value });
    return value;
  };
}
