/**
 * What values are divided by before they are squared: the size of the largest where squares would overflow or vanish, else 1. For
 * statistics that do not depend on the unit.
 *
 * @example unitOf([[1, -3]]) // => 1
 * @example unitOf([[1e200], [-2e200]]) // => 2e200
 */
export function unitOf(groups: Iterable<Iterable<number>>): number {
  let largest = 0;
  for (const group of groups) for (const value of group) if (Math.abs(value) > largest) largest = Math.abs(value);
  return largest > 1e100 || (largest > 0 && largest < 1e-100) ? largest : 1;
}
