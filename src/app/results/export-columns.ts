import type { Manifest } from "#src/experiment/manifest";
import type { FlatMetrics } from "#src/experiment/metrics";
import { metricsOf, type Outcome } from "#src/experiment/outcome";
import { type OrdinalSet, ordinalSet } from "#src/experiment/plan";
import { ownMember } from "#src/kernel/record";

/** Rows as a store gives them. */
export type Outcomes = Iterable<Outcome> | AsyncIterable<Outcome>;

/** What a table holds in one place. `integer` and `time` (milliseconds since 1970, UTC) are numbers too. */
export type ExportValue = string | number | undefined;

/** A column of the exported table. */
export interface ExportColumn {
  readonly name: string;
  readonly kind: "text" | "integer" | "number" | "time";
  readonly of: (row: ExportRow) => ExportValue;
}

/** A stored outcome with its metrics by dotted name. */
export interface ExportRow {
  readonly outcome: Outcome;
  readonly metrics: FlatMetrics;
}

export const exportRow = (outcome: Outcome): ExportRow => ({ outcome, metrics: metricsOf(outcome) });

/** What a first look at the rows found: an active run may have more by the time they are written. */
export interface Surveyed {
  readonly seen: OrdinalSet;
  readonly metrics: ReadonlySet<string>;
  readonly outputs: ReadonlySet<string>;
}

/** Reads all rows once for the names of what they hold. */
export async function survey(outcomes: Outcomes, tasks: number): Promise<Surveyed> {
  const seen = ordinalSet(tasks);
  const metrics = new Set<string>();
  const outputs = new Set<string>();
  for await (const outcome of outcomes) {
    seen.add(outcome.ordinal);
    for (const name in metricsOf(outcome)) metrics.add(name);
    for (const name in outcome.output) outputs.add(name);
  }
  return { seen, metrics, outputs };
}

/** Columns of one kind beyond which a single one holds them all as JSON. */
const MOST_COLUMNS = 500;

const text = (name: string, of: (outcome: Outcome) => string | undefined): ExportColumn => ({
  name,
  kind: "text",
  of: ({ outcome }) => of(outcome),
});
const number = (
  name: string,
  of: (outcome: Outcome) => number | undefined,
  kind: "integer" | "number" | "time" = "number",
): ExportColumn => ({ name, kind, of: ({ outcome }) => of(outcome) });

/** The columns of a run: what every row has, then `factor.`, `metric.` and `output.` columns by name. */
export function exportColumns(
  { experimentId, experiment }: Manifest,
  { metrics, outputs }: Pick<Surveyed, "metrics" | "outputs">,
): ExportColumn[] {
  const factors = new Map(experiment.conditions.map((condition) => [condition.name, condition.factors]));
  const factorNames = [...new Set(experiment.conditions.flatMap((condition) => Object.keys(condition.factors)))];
  return [
    text("experimentId", () => experimentId),
    number("ordinal", ({ ordinal }) => ordinal, "integer"),
    text("condition", ({ condition }) => condition),
    text("itemId", ({ itemId }) => itemId),
    text("cluster", ({ cluster }) => cluster),
    ...slicesOf(experiment).map((name) => text(`slice.${name}`, ({ slices }) => slices?.[name])),
    number("repeat", ({ repeat }) => repeat, "integer"),
    text("finalStatus", ({ finalStatus }) => finalStatus),
    number("attempts", ({ attempts }) => attempts, "integer"),
    number("earlierErrors", ({ earlierErrors }) => earlierErrors?.length ?? 0, "integer"),
    number("startedAt", ({ startedAt }) => startedAt, "time"),
    number("elapsedMs", ({ elapsedMs }) => elapsedMs),
    number("cost", ({ cost }) => cost),
    number("promptTokens", ({ usage }) => usage?.promptTokens, "integer"),
    number("completionTokens", ({ usage }) => usage?.completionTokens, "integer"),
    number("calls", ({ usage }) => usage?.calls, "integer"),
    text("errorKind", ({ error }) => error?.kind),
    text("errorMessage", ({ error }) => error?.message),
    text("worker", ({ worker }) => worker),
    ...factorNames.map((name) =>
      text(`factor.${name}`, ({ condition }) => textOf(ownMember(factors.get(condition) ?? {}, name))),
    ),
    ...(experiment.conditions.some(({ faults }) => faults)
      ? [
          number("faultsStruck", ({ faults = [] }) => faults.reduce((sum, { struck }) => sum + struck, 0), "integer"),
          text("faults", ({ faults }) => textOf(faults)),
        ]
      : []),
    ...spread(
      metrics,
      "metric",
      (name) => ({ kind: "number", of: (row) => ownMember(row.metrics, name) }),
      (row) => row.metrics,
    ),
    ...spread(
      outputs,
      "output",
      (name) => ({ kind: "text", of: ({ outcome }) => textOf(ownMember(outcome.output ?? {}, name)) }),
      ({ outcome }) => outcome.output,
    ),
  ];
}

/** Fields of the items that are stored with every result. */
const slicesOf = ({ statisticalAnalysis: { by } }: Manifest["experiment"]): readonly string[] =>
  Array.isArray(by) ? by : [];

function spread(
  names: ReadonlySet<string>,
  prefix: string,
  column: (name: string) => Omit<ExportColumn, "name">,
  whole: (row: ExportRow) => unknown,
): ExportColumn[] {
  if (names.size > MOST_COLUMNS) return [{ name: prefix, kind: "text", of: (row) => textOf(whole(row)) }];
  return [...names].sort().map((name) => ({ name: `${prefix}.${name}`, ...column(name) }));
}

/** A text as it is, everything else as JSON. */
const textOf = (value: unknown): string | undefined =>
  typeof value === "string" || value === undefined ? value : JSON.stringify(value);
