import { ConfigError } from "#src/kernel/errors";
import { ownMember } from "#src/kernel/record";
import { mustSayDirection } from "./direction.ts";
import type { MetricSchema } from "./metric-schema.ts";
import { directionOf, type MetricInput } from "./metrics.ts";
import type { SequentialOptions } from "./options.ts";

/** What early stopping needs to know of a definition. */
export interface SequentialDefinition {
  readonly statisticalAnalysis: { readonly sequential?: SequentialOptions | undefined };
  readonly metrics: readonly MetricInput[];
  readonly metricSchemas: Readonly<Record<string, unknown>>;
}

/** How the first metric is watched, with the range settled. */
export type SettledSequential = Omit<SequentialOptions, "range"> & { readonly range: readonly [number, number] };

/** Range that the values of the primary metric, the first, are known to lie in: as stated, else as its schema says, else 0 to 1. */
export function settledSequential({
  statisticalAnalysis: { sequential },
  metrics,
  metricSchemas,
}: SequentialDefinition): SettledSequential | undefined {
  if (!sequential) return undefined;
  const primary = metrics[0];
  const field = typeof primary === "object" ? (primary.from ?? primary.name) : primary;
  const { min, max } = (ownMember(metricSchemas, field ?? "") as MetricSchema | undefined) ?? {};
  const ofSchema = min !== undefined && max !== undefined && min < max ? ([min, max] as const) : undefined;
  return { ...sequential, range: sequential.range ?? ofSchema ?? [0, 1] };
}

/** @throws ConfigError where stopping early could not keep its promise */
export function checkSequential(
  definition: SequentialDefinition & {
    readonly conditions: readonly unknown[];
    readonly datasetConfig: { readonly cluster?: unknown };
  },
): void {
  const { statisticalAnalysis, metrics, conditions, datasetConfig } = definition;
  if (!statisticalAnalysis.sequential) return;
  const place = "statisticalAnalysis.sequential";
  const primary = metrics[0];
  const aggregate = typeof primary === "object" ? (primary.reducer ?? primary.aggregate ?? "mean") : "mean";
  if (conditions.length < 2) throw new ConfigError(place, "needs at least two conditions to compare");
  if (aggregate !== "mean") {
    const advice = "Put a metric that is a mean first";
    throw new ConfigError(place, "watches the mean of the first metric", aggregate, advice);
  }
  if (datasetConfig.cluster !== undefined) {
    throw new ConfigError(place, "needs items that are independent of each other: not with datasetConfig.cluster");
  }
  if (primary !== undefined)
    mustSayDirection(typeof primary === "string" ? primary : primary.name, directionOf(primary), place);
}
