import { z } from "zod";
import { ConfigError, checkAll, didYouMean } from "#src/kernel/errors";
import type { Factors } from "./condition.ts";
import { type Direction, mustSayDirection } from "./direction.ts";

/** A level that a condition must reach: `{ metric: "accuracy", condition: "treatment", atLeast: 0.8 }`. The measured level counts, not its interval. */
export type LevelGate = { readonly metric: string; readonly condition: string } & (
  | { readonly atLeast: number; readonly atMost?: undefined }
  | { readonly atMost: number; readonly atLeast?: undefined }
);

/**
 * A difference that must not be lost: `{ metric: "accuracy", difference: ["treatment", "baseline"], notWorseThan: 0.02 }` passes when the whole
 * interval of the difference lies above a loss of 0.02 (a non-inferiority margin), so too few items never pass by luck.
 */
export interface DifferenceGate {
  readonly metric: string;
  /** The condition, and the one it is compared with. */
  readonly difference: readonly [condition: string, against: string];
  readonly notWorseThan: number;
}

/** What results must be for a pipeline to continue. Numbers are in the metric's own unit: 0.8 for 80 %. */
export type Gate = LevelGate | DifferenceGate;

export const gateOptions = z.strictObject({
  metric: z.string().min(1).describe("metric that is measured"),
  condition: z.string().min(1).optional().describe("condition whose level counts"),
  atLeast: z.number().optional().describe("smallest level that passes"),
  atMost: z.number().optional().describe("largest level that passes"),
  difference: z
    .tuple([z.string().min(1), z.string().min(1)])
    .optional()
    .describe("the condition and the one it is compared with"),
  notWorseThan: z.number().nonnegative().optional().describe("loss that the interval of the difference must exclude"),
});

export const isDifferenceGate = (gate: Gate): gate is DifferenceGate =>
  "difference" in gate && gate.difference !== undefined;

/** What gates may name. */
export interface GateScope {
  /** Names, with the way that is better. */
  readonly metrics: ReadonlyMap<string, Direction>;
  readonly conditions: readonly { readonly name: string; readonly factors: Factors }[];
  readonly baseline?: string | undefined;
  readonly pairs?: { readonly within: string } | undefined;
}

/** @throws ConfigError for gates that ask for nothing, name what is not there, or a pair that is not compared */
export const checkGates = (gates: readonly Gate[], scope: GateScope): void =>
  checkAll(gates.map((gate, i) => () => checkGate(gate, `gates[${i}]`, scope)));

function checkGate(gate: Gate, place: string, scope: GateScope): void {
  const names = scope.conditions.map(({ name }) => name);
  const law = "must be the name of a condition";
  const mustBeMetric = (): void =>
    mustBeOneOf([...scope.metrics.keys()], gate.metric, `${place}.metric`, "must be a metric of the experiment");
  if (isDifferenceGate(gate)) {
    const { atLeast, atMost, condition } = gate as Partial<LevelGate>;
    if ((atLeast ?? atMost ?? condition) !== undefined || gate.notWorseThan === undefined)
      throw new ConfigError(place, "must have notWorseThan beside difference, and no condition, atLeast or atMost");
    checkAll([
      mustBeMetric,
      ...gate.difference.map((name, k) => () => mustBeOneOf(names, name, `${place}.difference[${k}]`, law)),
    ]);
    mustBeCompared(gate.difference, scope, `${place}.difference`);
    mustSayDirection(gate.metric, scope.metrics.get(gate.metric)!, `${place}.notWorseThan`);
    return;
  }
  const isAsked = (gate.atLeast === undefined) !== (gate.atMost === undefined);
  if (gate.condition === undefined || !isAsked || (gate as Partial<DifferenceGate>).notWorseThan !== undefined)
    throw new ConfigError(
      place,
      "must have a condition with either atLeast or atMost, or a difference with notWorseThan",
      gate,
    );
  checkAll([mustBeMetric, () => mustBeOneOf(names, gate.condition, `${place}.condition`, law)]);
}

function mustBeOneOf(known: readonly string[], name: string, place: string, law: string): void {
  if (!known.includes(name)) throw new ConfigError(place, law, name, didYouMean(name, known));
}

function mustBeCompared(
  pair: DifferenceGate["difference"],
  { conditions, baseline, pairs }: GateScope,
  place: string,
): void {
  const [one, other] = pair.map((name) => conditions.find((condition) => condition.name === name)!);
  const isWithin = !pairs || one!.factors[pairs.within] === other!.factors[pairs.within];
  const isAgainst = baseline === undefined || pair.includes(baseline);
  if (one === other || !isWithin || !isAgainst)
    throw new ConfigError(place, "must be two conditions that statisticalAnalysis compares", pair);
}
