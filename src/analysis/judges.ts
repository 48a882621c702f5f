import type { Outcome } from "#src/experiment/outcome";
import { type BradleyTerryProblem, bradleyTerry, type PairedComparison, type Strength } from "#src/stats/bradley-terry";
import { wilsonInterval } from "#src/stats/proportion";
import { familiesOf } from "./model-family.ts";
import { type Estimate, interval, noEstimate, quantity } from "./quantity.ts";

/** A judge of the family of the model whose answers it judges, or that model itself. */
export interface KinJudge {
  readonly condition: string;
  /** The model that answered. */
  readonly model: string;
  readonly judge: string;
  /** Families that both are of; empty where it is one model whose name says none. */
  readonly families: readonly string[];
}

/** What a judge said of pairs of answers, each asked in both orders. */
export interface PairwiseJudging {
  /** The condition whose judge compared answers of a stored run; else the scorer. */
  readonly judge: string;
  /** Verdicts that could be read in both orders, and how many of them are the same. */
  readonly verdicts: number;
  readonly consistent: number;
  readonly consistency: Estimate;
  /** Of the others: how often the first answer was preferred in both orders, and the second. */
  readonly positions: { readonly first: number; readonly second: number };
  /** Pairs that one of both was preferred in, or that were ties. */
  readonly comparisons: number;
  /** The strongest first; absent where there are none. */
  readonly strengths?: readonly Strength[];
  readonly clusters?: number;
  readonly problem?: BradleyTerryProblem;
}

/** What is to be known of the judges of a run. */
export interface JudgeAnalysis {
  readonly kin: readonly KinJudge[];
  readonly pairwise: readonly PairwiseJudging[];
}

/** What the scores of a judge hold, as far as it can be read. */
interface JudgeScore {
  readonly value?: unknown;
  readonly metadata?: {
    readonly pair?: {
      readonly first?: unknown;
      readonly second?: unknown;
      readonly item?: unknown;
      readonly models?: unknown;
    };
    readonly judgements?: unknown;
    readonly grades?: unknown;
    readonly answeredBy?: unknown;
  };
}
interface Said {
  readonly grader?: unknown;
  readonly model?: unknown;
  readonly preferences?: unknown;
}

interface Gathered {
  verdicts: number;
  consistent: number;
  first: number;
  second: number;
  readonly pairs: Map<string, { winsA: number; winsB: number }>;
}

/** Combinations of condition, judge and model that are remembered. */
const MOST_JUDGES = 1000;
/** Most whose strengths are computed: the time of a fit is the cube of it. */
const MOST_COMPARED = 200;

/**
 * Reads what judges said, a row at a time: who judged whose answers, and which answer of a pair was preferred.
 *
 * @param modelOf the model of a condition, where a row does not say which one answered
 */
export function judgeReader(modelOf: (condition: string) => string | undefined = () => undefined) {
  const seen = new Map<string, KinJudge>();
  const judging = new Map<string, Gathered>();
  return {
    add({ condition, itemId, output }: Pick<Outcome, "condition" | "itemId" | "output">): void {
      const scores = output?.scores;
      if (typeof scores !== "object" || scores === null) return;
      for (const [name, score] of Object.entries(scores as Readonly<Record<string, JudgeScore | null>>)) {
        const { metadata } = score ?? {};
        if (typeof metadata !== "object" || metadata === null) continue;
        const said = saidIn(metadata.judgements) ?? saidIn(metadata.grades);
        if (said)
          noteJudges(
            seen,
            condition,
            said,
            answerersOf(metadata, modelOf(condition)),
            Array.isArray(metadata.pair?.models),
          );
        if (metadata.pair)
          notePair(judging, { name, condition, itemId, value: score!.value, pair: metadata.pair, said: said ?? [] });
      }
    },
    analysis(): JudgeAnalysis | undefined {
      const kin = [...seen.values()].filter(({ model, judge, families }) => families.length > 0 || judge === model);
      const pairwise = [...judging].map(([judge, gathered]) => judgingOf(judge, gathered));
      return kin.length > 0 || pairwise.length > 0 ? { kin, pairwise } : undefined;
    },
  };
}

const saidIn = (list: unknown): readonly Said[] | undefined =>
  Array.isArray(list) && list.length > 0
    ? list.filter((one): one is Said => typeof one === "object" && one !== null)
    : undefined;

/** The models that gave the answers which were judged. */
function answerersOf({ answeredBy, pair }: NonNullable<JudgeScore["metadata"]>, model: string | undefined): string[] {
  const models = Array.isArray(pair?.models) ? pair.models.filter((one) => typeof one === "string") : [];
  if (models.length > 0) return models;
  return typeof answeredBy === "string" ? [answeredBy] : model === undefined ? [] : [model];
}

function noteJudges(
  seen: Map<string, KinJudge>,
  condition: string,
  said: readonly Said[],
  answerers: readonly string[],
  isOfRun: boolean,
): void {
  for (const { grader, model: judged } of said)
    for (const model of answerers) {
      const judge =
        typeof judged === "string"
          ? judged
          : typeof grader === "string"
            ? grader
            : grader === null && !isOfRun
              ? model
              : undefined;
      if (judge === undefined || seen.size >= MOST_JUDGES) continue;
      const key = JSON.stringify([condition, model, judge]);
      if (seen.has(key)) continue;
      const own = new Set(familiesOf(model));
      seen.set(key, { condition, model, judge, families: familiesOf(judge).filter((family) => own.has(family)) });
    }
}

function notePair(
  judging: Map<string, Gathered>,
  {
    name,
    condition,
    itemId,
    value,
    pair,
    said,
  }: {
    readonly name: string;
    readonly condition: string;
    readonly itemId: string;
    readonly value: unknown;
    readonly pair: NonNullable<NonNullable<JudgeScore["metadata"]>["pair"]>;
    readonly said: readonly Said[];
  },
): void {
  const isOfRun = typeof pair.first === "string" && typeof pair.second === "string";
  const judge = isOfRun ? condition : name;
  let gathered = judging.get(judge);
  if (!gathered) {
    gathered = { verdicts: 0, consistent: 0, first: 0, second: 0, pairs: new Map() };
    judging.set(judge, gathered);
  }
  for (const { preferences } of said) {
    if (!Array.isArray(preferences)) continue;
    const [ahead, behind] = preferences;
    if (typeof ahead !== "number" || typeof behind !== "number") continue;
    gathered.verdicts += 1;
    if (ahead === behind) gathered.consistent += 1;
    else if (ahead > behind) gathered.first += 1;
    else gathered.second += 1;
  }
  if (typeof value !== "number" || !(value >= 0 && value <= 1)) return;
  const [a, b] = isOfRun ? [pair.first as string, pair.second as string] : [condition, "reference"];
  if (a === b) return;
  const cluster = typeof pair.item === "string" ? pair.item : itemId;
  const key = JSON.stringify([a, b, cluster]);
  const wins = gathered.pairs.get(key) ?? { winsA: 0, winsB: 0 };
  wins.winsA += value;
  wins.winsB += 1 - value;
  gathered.pairs.set(key, wins);
}

function judgingOf(judge: string, { verdicts, consistent, first, second, pairs }: Gathered): PairwiseJudging {
  const comparisons = [...pairs].map(([key, wins]): PairedComparison => {
    const [a, b, cluster] = JSON.parse(key) as [string, string, string];
    return { a, b, cluster, ...wins };
  });
  const share = wilsonInterval({ successes: consistent, n: verdicts });
  const head = {
    judge,
    verdicts,
    consistent,
    consistency: share.ok
      ? {
          value: quantity(consistent / verdicts, ""),
          interval: interval(share.value.lower, share.value.upper, share.value.level, "Wilson"),
        }
      : noEstimate("no verdict could be read in both orders"),
    positions: { first, second },
    comparisons: comparisons.reduce((sum, { winsA, winsB }) => sum + winsA + winsB, 0),
  };
  const names = new Set(comparisons.flatMap(({ a, b }) => [a, b]));
  if (names.size === 0 || names.size > MOST_COMPARED) return head;
  const fitted = bradleyTerry(comparisons);
  if (!fitted.ok) return { ...head, problem: fitted.error };
  const { strengths, clusters } = fitted.value;
  return { ...head, strengths, ...(clusters === undefined ? {} : { clusters }) };
}
