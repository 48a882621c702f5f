import { type Score, toNumber } from "#src/scoring/scorer";

/** A score and the name that it has in the row. */
export type Named = readonly [name: string, score: Score];

/** The metrics of scores: `accuracy` of the first, each under its name, and the numbers that a score has besides. */
export function numbersOf(scores: readonly Named[]): Record<string, unknown> {
  const metrics: [string, unknown][] = [];
  const besides: [string, number][] = [];
  for (const [i, [name, { value, numbers = {} }]] of scores.entries()) {
    for (const [own, number] of Object.entries(numbers))
      if (Number.isFinite(number)) besides.push([`${name}_${own}`, number]);
    const number = numeric(value);
    if (number === undefined) continue;
    if (i === 0) metrics.push(["accuracy", number]);
    metrics.push([name, number]);
  }
  const taken = new Set(scores.map(([name]) => name));
  return Object.fromEntries([...besides.filter(([name]) => !taken.has(name)), ...metrics]);
}

/** A score's number; records of scores keep their names, lists are averaged. */
export function numeric(value: Score["value"]): unknown {
  if (value === null || typeof value !== "object") return toNumber(value);
  if (!Array.isArray(value)) {
    const named = Object.entries(value).flatMap(([key, each]) =>
      toNumber(each) === undefined ? [] : [[key, toNumber(each)] as const],
    );
    return named.length > 0 ? Object.fromEntries(named) : undefined;
  }
  const numbers = value.flatMap((each) => toNumber(each) ?? []);
  return numbers.length > 0 ? numbers.reduce((sum, each) => sum + each, 0) / numbers.length : undefined;
}
