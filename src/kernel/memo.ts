/**
 * What a map holds for a key; made and kept where it holds nothing.
 *
 * @example memo(new Map([["a", 1]]), "a", () => 2) // => 1
 */
export function memo<K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V;
export function memo<K, V>(map: Map<K, V>, key: K, make: () => V): V;
export function memo<V>(map: WeakMap<object, V>, key: object, make: () => V): V {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}
