import { err, ok } from "#src/kernel/result";
import { effectSize, pairedEffectSize } from "#src/stats/effect-size";
import { tostPaired, tostWelch } from "#src/stats/equivalence";
import { preciseMean } from "#src/stats/sample";
import { pairedTTest, welchTTest } from "#src/stats/t-test";
import type { PairData } from "./pair-data.ts";
import { problemWords } from "./problem.ts";
import { interval, noEstimate, type Quantity, quantity } from "./quantity.ts";
import { detectableT, fromStats, signFlips, type TestOutcome, type TestSetting, tost } from "./test-outcome.ts";

/** Item means of the same items: Student's t on the differences. */
export function pairedMeans(data: PairData, setting: TestSetting): TestOutcome {
  const { x, y } = data;
  const level = setting.confidenceInterval;
  const found = pairedTTest(x, y, { level });
  const differences = x.map((value, i) => value - y[i]!);
  const mean = x.length > 0 ? ok(preciseMean(differences).mean) : err("no item has a value in both");
  return {
    test: "paired t test",
    why: `${data.why} and their means per item are compared`,
    difference: {
      value: mean,
      interval: fromStats(found.ok ? ok(found.value.interval) : found, "Student's t on the differences"),
    },
    p: found.ok ? ok(found.value.p) : err(constant(found.error, differences)),
    effect: pairedSize(x, y, level),
    ...signFlips(differences, setting),
    ...tost(setting, (margins) => tostPaired(x, y, margins)),
    detectable: found.ok
      ? detectableT(found.value.standardError, found.value.df)
      : () => err(problemWords(found.error)),
  };
}

/** Why differences that do not vary give no p. */
const constant = (problem: string, differences: readonly number[]): string =>
  problem !== "all-equal"
    ? problemWords(problem)
    : differences[0] === 0
      ? "the conditions do not differ on any item"
      : "every item differs by the same amount";

/** Cohen's d of the differences. */
function pairedSize(x: readonly number[], y: readonly number[], level: number): TestOutcome["effect"] {
  const name = "Cohen's dz";
  const found = pairedEffectSize(x, y, { level });
  if (!found.ok) return { name, ...noEstimate(problemWords(found.error)) };
  return {
    name,
    value: quantity(found.value.dz, "not finite"),
    interval: fromStats(ok(found.value.interval), "noncentral t"),
  };
}

/** Hedges' g of independent samples. */
function independentSize(x: readonly number[], y: readonly number[], level: number): TestOutcome["effect"] {
  const name = "Hedges' g";
  const found = effectSize(x, y, { level });
  if (!found.ok) return { name, ...noEstimate(problemWords(found.error)) };
  const { hedgesG, hedgesFactor, interval: ofD } = found.value;
  return {
    name,
    value: quantity(hedgesG, "not finite"),
    interval: interval(ofD.lower * hedgesFactor, ofD.upper * hedgesFactor, level, "noncentral t"),
  };
}

/** Different items: Welch's t, which assumes neither one variance nor one size. */
export function independentMeans(data: PairData, setting: TestSetting): TestOutcome {
  const { x, y } = data;
  const level = setting.confidenceInterval;
  const found = welchTTest(x, y, { level });
  const value: Quantity =
    x.length > 0 && y.length > 0 ? ok(preciseMean(x).mean - preciseMean(y).mean) : err("one condition has no value");
  return {
    test: "Welch's t test",
    why: data.why,
    difference: { value, interval: fromStats(found.ok ? ok(found.value.interval) : found, "Welch's t") },
    p: found.ok ? ok(found.value.p) : err(problemWords(found.error)),
    effect: independentSize(x, y, level),
    ...tost(setting, (margins) => tostWelch(x, y, margins)),
    detectable: found.ok
      ? detectableT(found.value.standardError, found.value.df)
      : () => err(problemWords(found.error)),
  };
}
