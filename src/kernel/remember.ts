/**
 * A function that remembers what it gave for a text, so that what stands in many tasks is worked out once. Forgets all when it has `most`.
 *
 * @param make depends on the text alone; what it throws is not remembered
 * @param longest texts beyond, in characters, are worked out each time
 * @example
 * let calls = 0;
 * const length = remembered((text) => { calls += 1; return text.length; });
 * [length("abc"), length("abc"), calls] // => [3, 3, 1]
 */
export function remembered<T>(make: (text: string) => T, most = 1000, longest = 10_000): (text: string) => T {
  const known = new Map<string, { readonly made: T }>();
  return (text) => {
    const found = known.get(text);
    if (found) return found.made;
    const made = make(text);
    if (text.length > longest) return made;
    if (known.size >= most) known.clear();
    known.set(text, { made });
    return made;
  };
}
