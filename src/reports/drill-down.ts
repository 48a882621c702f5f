import type { Analysis } from "#src/analysis/analysis";
import { digestBuilder, type FailureDigest, wrongWhereOf } from "#src/analysis/failure-digest";
import { type JudgeAnalysis, judgeReader } from "#src/analysis/judges";
import { replyOf } from "#src/analysis/reply-sums";
import type { ExperimentDescription } from "#src/experiment/describe";
import type { Direction } from "#src/experiment/direction";
import { endingOf } from "#src/experiment/ending";
import { isFailure, metricsOf, type Outcome } from "#src/experiment/outcome";
import { addSpent, type Spent, type SpentByCondition } from "#src/experiment/spent";
import { eachInSlices } from "#src/kernel/steps";
import { cut } from "./cut.ts";
import { byDisagreement } from "./disagreement.ts";
import type { ItemEntry, ItemTable, ItemTexts, ReportItem } from "./report.ts";

/** How much of the rows goes into a report. */
export interface DrillDownOptions {
  /** Items kept; the others are counted. 10,000 when absent. */
  readonly items?: number;
  /** Characters kept of an output or an error. When absent 400, fewer where the texts would fill more than some megabytes. */
  readonly characters?: number;
}

/** What the rows say about how the run went. */
export interface RunCounts {
  readonly rows: number;
  readonly retries: number;
  /** Tasks that needed more than one attempt. */
  readonly retriedTasks: number;
  /** Means of tasks that needed more than one attempt and of all others, by field of a metric. */
  readonly retriedLevels: Readonly<Record<string, { readonly retried: Share; readonly others: Share }>>;
  /** Failed attempts by kind of error. */
  readonly errors: Readonly<Record<string, number>>;
  readonly failedTasks: number;
  /** Tasks that are not right, by what is said of them. */
  readonly digest: FailureDigest;
  /** What is to be known of judges; absent where nothing is. */
  readonly judges?: JudgeAnalysis;
  /** Tasks that had failed for good and were done again. */
  readonly doneAgain: number;
  readonly invalidMetrics: number;
  /** Sum of the costs that are known, and how many tasks have one. */
  readonly cost: number;
  readonly costed: number;
  readonly tokens: number;
  /** Time and cost by condition. */
  readonly spent: SpentByCondition;
  /** Tasks ended by time: at most 200 points of milliseconds since the first start. */
  readonly progress: readonly { readonly ms: number; readonly done: number }[];
}

/** A sum over a number of tasks. */
export interface Share {
  sum: number;
  n: number;
}

/** Reads the rows once: the item-by-item part, bounded, and the counts. */
export async function readItemResults(
  rows: Iterable<Outcome> | AsyncIterable<Outcome>,
  analysis: Analysis,
  { items: maxItems = 10_000, characters = roomFor(analysis, maxItems) }: DrillDownOptions = {},
  itemOf?: (id: string) => ItemTexts | undefined | Promise<ItemTexts | undefined>,
  conditionOf: (name: string) => Partial<ExperimentDescription["conditions"][number]> | undefined = () => undefined,
): Promise<{ items: ItemTable; counts: RunCounts }> {
  const fields = [
    ...new Set(analysis.metrics.filter(({ kind }) => kind !== "custom").map(({ metric }) => metric.from)),
  ];
  const order = new Map(analysis.conditions.map(({ name }, i) => [name, i]));
  const kept = new Map<string, Map<number, Gathered>>();
  const left = new Set<string>();
  const ends: number[] = [];
  const digest = digestBuilder(wrongWhereOf(analysis), (name) => conditionOf(name)?.scorers?.[0]);
  const judges = judgeReader((name) => conditionOf(name)?.model);
  const spent = new Map<string, Spent>();
  const counts = {
    rows: 0,
    retries: 0,
    retriedTasks: 0,
    retriedLevels: Object.fromEntries(
      fields.map((field) => [field, { retried: { sum: 0, n: 0 }, others: { sum: 0, n: 0 } }]),
    ),
    errors: {} as Record<string, number>,
    failedTasks: 0,
    doneAgain: 0,
    invalidMetrics: 0,
    cost: 0,
    costed: 0,
    tokens: 0,
  };
  await eachInSlices(rows, (row) => {
    tally(counts, row);
    addSpent(spent, row);
    digest.add(row);
    judges.add(row);
    ends.push(row.startedAt + row.elapsedMs);
    let item = kept.get(row.itemId);
    if (!item) {
      if (kept.size >= maxItems) {
        left.add(row.itemId);
        return;
      }
      item = new Map();
      kept.set(row.itemId, item);
    }
    gather(item, order.get(row.condition) ?? order.size, row, fields, characters);
  });
  const gathered = byDisagreement(
    [...kept].map(([id, entries]) => ({
      id,
      entries: [...entries].sort(([a], [b]) => a - b).map(([, one]) => entryOf(one)),
    })),
  );
  const items: ReportItem[] = [];
  const withTexts = async function* () {
    for (const one of gathered) yield { ...one, texts: await itemOf?.(one.id) };
  };
  await eachInSlices(withTexts(), ({ id, entries, texts = {} }) => {
    const { input, target } = texts;
    items.push({
      id: cut(id, 200),
      ...(input === undefined ? {} : { input: cut(input, characters) }),
      ...(target === undefined ? {} : { target: cut(target, characters) }),
      entries,
    });
  });
  const judged = judges.analysis();
  return {
    items: { fields, directions: fields.map((field) => directionOf(field, analysis)), items, omitted: left.size },
    counts: {
      ...counts,
      spent,
      digest: digest.digest(),
      ...(judged ? { judges: judged } : {}),
      progress: progressOf(ends),
    },
  };
}

/** Which way is better of a field, by the first metric that reads it. */
const directionOf = (field: string, { metrics }: Analysis): Direction =>
  metrics.find(({ metric }) => metric.from === field)?.metric.direction ?? "none";

/** Characters that all texts together may take. */
const ROOM = 8_000_000;

const roomFor = ({ items, conditions }: Analysis, most: number): number =>
  Math.max(40, Math.min(400, Math.floor(ROOM / Math.max(1, Math.min(items, most) * (conditions.length + 1)))));

interface Gathered {
  readonly condition: string;
  status: string;
  readonly sums: number[];
  readonly ns: number[];
  text: string;
  repeats: number;
  readonly ordinal: number;
}

function gather(
  item: Map<number, Gathered>,
  condition: number,
  row: Outcome,
  fields: readonly string[],
  characters: number,
): void {
  const values = metricsOf(row);
  let entry = item.get(condition);
  if (!entry) {
    entry = {
      condition: row.condition,
      status: row.finalStatus,
      sums: fields.map(() => 0),
      ns: fields.map(() => 0),
      text: textOf(row, fields, characters),
      repeats: 0,
      ordinal: row.ordinal,
    };
    item.set(condition, entry);
  } else if (entry.status !== row.finalStatus) entry.status = "mixed";
  entry.repeats += 1;
  fields.forEach((field, i) => {
    const value = values[field];
    if (value === undefined) return;
    entry.sums[i]! += value;
    entry.ns[i]! += 1;
  });
}

const entryOf = ({ condition, status, sums, ns, text, repeats, ordinal }: Gathered): ItemEntry => ({
  condition: cut(condition, 120),
  status,
  text,
  repeats,
  ordinal,
  values: sums.map((sum, i) => (ns[i] === 0 ? null : sum / ns[i]!)),
});

/** What a task left behind, as text: its reply, its only output, its outputs by name, numbers that are no metric here, or its error. */
function textOf(row: Outcome, fields: readonly string[], characters: number): string {
  if (row.error) return cut(`${row.error.kind}: ${row.error.message}`, characters);
  const ending = endingOf(row);
  const mark = ending === undefined || ending === "whole" ? "" : `[reply ${ending}] `;
  const reply = typeof row.output?.completion === "string" ? row.output.completion : replyOf(row.output);
  if (reply !== undefined && !reply.startsWith("[[")) return cut(mark + reply, characters);
  const outputs = Object.entries(row.output ?? {});
  if (outputs.length === 0) return cut(mark + otherNumbers(row, fields), characters);
  const shown = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  if (outputs.length === 1) return cut(mark + shown(outputs[0]![1]), characters);
  return cut(mark + outputs.map(([name, value]) => `${name}: ${cut(shown(value), characters)}`).join("\n"), characters);
}

/** Numbers that a task returned and that no metric reads: a prediction, say. */
const otherNumbers = (row: Outcome, fields: readonly string[]): string =>
  Object.entries(metricsOf(row))
    .filter(([name]) => !fields.includes(name) && name !== "latency" && name !== "cost")
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

type Tally = {
  -readonly [K in keyof Omit<
    RunCounts,
    "progress" | "errors" | "retriedLevels" | "digest" | "judges" | "spent"
  >]: number;
} & {
  errors: Record<string, number>;
  readonly retriedLevels: RunCounts["retriedLevels"];
};

function tally(counts: Tally, row: Outcome): void {
  counts.rows += 1;
  if (row.attempts > 1) {
    counts.retries += row.attempts - 1;
    counts.retriedTasks += 1;
  }
  const values = metricsOf(row);
  for (const field in counts.retriedLevels) {
    const value = values[field];
    if (value === undefined) continue;
    const share = counts.retriedLevels[field]![row.attempts > 1 ? "retried" : "others"];
    share.sum += value;
    share.n += 1;
  }
  for (const { error } of row.errorHistory) counts.errors[error.kind] = (counts.errors[error.kind] ?? 0) + 1;
  if (isFailure(row)) counts.failedTasks += 1;
  if (row.earlierErrors) counts.doneAgain += 1;
  counts.invalidMetrics += row.invalidMetrics?.length ?? 0;
  if (row.cost !== undefined) {
    counts.cost += row.cost;
    counts.costed += 1;
  }
  counts.tokens += row.usage?.totalTokens ?? 0;
}

function progressOf(ends: number[]): RunCounts["progress"] {
  if (ends.length < 2) return [];
  const sorted = Float64Array.from(ends).sort();
  const step = Math.max(1, Math.ceil(sorted.length / 200));
  const points: { ms: number; done: number }[] = [];
  for (let i = 0; i < sorted.length; i += step) points.push({ ms: sorted[i]! - sorted[0]!, done: i + 1 });
  const last = { ms: sorted.at(-1)! - sorted[0]!, done: sorted.length };
  return points.at(-1)!.done === last.done ? points : [...points, last];
}
