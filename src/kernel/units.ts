const MS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A duration for people, with the largest unit that fits.
 *
 * @example printMillis(850) // => "850 ms"
 * @example printMillis(72_000) // => "1.2 min"
 */
export function printMillis(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const unit = ms < MS.min ? "s" : ms < MS.h ? "min" : ms < MS.d ? "h" : "d";
  const value = ms / MS[unit];
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${unit}`;
}
