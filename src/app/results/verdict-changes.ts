import { declaredMetric, type MetricInput } from "#src/experiment/metrics";
import { metricsOf, type Outcome } from "#src/experiment/outcome";
import { ownMember } from "#src/kernel/record";

/** What another scoring made of the same answers of one condition. */
export interface VerdictChange {
  readonly condition: string;
  readonly metric: string;
  /** Answers with a value in both scorings. */
  readonly answers: number;
  readonly same: number;
  /** Higher in the second: of yes and no, from wrong to right. */
  readonly up: number;
  readonly down: number;
  /** With a value in one of them alone. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Whether all values are 0 or 1. */
  readonly binary: boolean;
}

type Counted = { -readonly [Name in keyof VerdictChange]: VerdictChange[Name] };

/**
 * Counts answer by answer how two scorings of one run differ, in one pass over both.
 *
 * @param metrics of both; those of time and money are no verdicts
 */
export async function verdictChanges(
  first: Iterable<Outcome> | AsyncIterable<Outcome>,
  second: Iterable<Outcome> | AsyncIterable<Outcome>,
  metrics: readonly MetricInput[],
): Promise<VerdictChange[]> {
  const fields = metrics.map(declaredMetric).filter(({ from, loadDependent }) => !loadDependent && !MEASURED.has(from));
  const counts = new Map<string, Counted>();
  const add = (a: Outcome | undefined, b: Outcome | undefined): void => {
    const { condition } = (a ?? b)!;
    const [before, after] = [a, b].map((row) => (row ? metricsOf(row) : {}));
    for (const { name, from } of fields) {
      const [x, y] = [before, after].map((own) => ownMember(own!, from));
      if (x === undefined && y === undefined) continue;
      const key = JSON.stringify([condition, name]);
      const own = counts.get(key) ?? nothing(condition, name);
      counts.set(key, own);
      count(own, x, y);
    }
  };
  const others = iteratorOf(second);
  let other = await others.next();
  for await (const row of first) {
    for (; !other.done && other.value.ordinal < row.ordinal; other = await others.next()) add(undefined, other.value);
    const isSame = !other.done && other.value.ordinal === row.ordinal;
    add(row, isSame ? other.value : undefined);
    if (isSame) other = await others.next();
  }
  for (; !other.done; other = await others.next()) add(undefined, other.value);
  return [...counts.values()];
}

const MEASURED: ReadonlySet<string> = new Set(["cost", "tokens", "latency"]);

const nothing = (condition: string, metric: string): Counted => ({
  condition,
  metric,
  answers: 0,
  same: 0,
  up: 0,
  down: 0,
  onlyFirst: 0,
  onlySecond: 0,
  binary: true,
});

function count(own: Counted, x: number | undefined, y: number | undefined): void {
  own.binary &&= [x, y].every((value) => value === undefined || value === 0 || value === 1);
  if (x === undefined) own.onlySecond += 1;
  else if (y === undefined) own.onlyFirst += 1;
  else {
    own.answers += 1;
    own[x === y ? "same" : x < y ? "up" : "down"] += 1;
  }
}

const iteratorOf = <T>(values: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> =>
  Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();

/** @example changeSentence({ condition: "a", metric: "accuracy", answers: 10, same: 7, up: 2, down: 1, onlyFirst: 0, onlySecond: 0, binary: true }) // => "a, accuracy: 3 of 10 verdicts changed: 2 from wrong to right, 1 from right to wrong" */
export function changeSentence(change: VerdictChange): string {
  const { condition, metric, answers, up, down, onlyFirst, onlySecond, binary } = change;
  const [rose, fell] = binary ? ["from wrong to right", "from right to wrong"] : ["higher", "lower"];
  const unscored = [
    ...(onlyFirst > 0 ? [`${onlyFirst} with a value in the first alone`] : []),
    ...(onlySecond > 0 ? [`${onlySecond} in the second alone`] : []),
  ];
  const changed = `${up + down} of ${answers} verdicts changed: ${up} ${rose}, ${down} ${fell}`;
  return `${condition}, ${metric}: ${[changed, ...unscored].join("; ")}`;
}
