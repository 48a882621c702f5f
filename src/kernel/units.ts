/** Name, milliseconds, and how many of it fill the next unit. */
const units = [
  ["ms", 1, 1000],
  ["s", 1000, 60],
  ["min", 60_000, 60],
  ["h", 3_600_000, 24],
  ["d", 86_400_000, Number.POSITIVE_INFINITY],
] as const;

/**
 * A duration for people, with the largest unit that fits.
 *
 * @example printMillis(850) // => "850 ms"
 * @example printMillis(72_000) // => "1.2 min"
 * @example printMillis(59_999) // => "1 min"
 */
export function printMillis(ms: number): string {
  const rounded = (size: number): number => {
    const value = ms / size;
    return size > 1 && value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
  };
  const [unit, size] = units.find(([, size, full]) => rounded(size) < full) ?? units[0];
  return `${rounded(size)} ${unit}`;
}
