import { z } from "zod";
import type { ExperimentInput } from "#src/experiment/define";
import type { ExperimentDescription } from "#src/experiment/describe";
import type { Hooks } from "#src/experiment/hooks";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import type { RegistryIR } from "./registry.ts";
import type { ExperimentIR } from "./schema.ts";

/** Where a document keeps what crucible_ir has no words for. */
export const OWN = "crucible_harness";
/** The module of a stage that is a condition of its own. */
export const CONDITION = "crucible_harness/condition";

const plain = z.record(z.string(), z.unknown());
const ownSettings = z.strictObject({
  version: z.string().optional(),
  datasetConfig: plain.optional(),
  metrics: z.array(z.unknown()).optional(),
  repeat: z.unknown().optional(),
  config: plain.optional(),
  costBudget: plain.optional(),
  statisticalAnalysis: plain.optional(),
  metricSchemas: plain.optional(),
  gates: z.array(z.unknown()).optional(),
  customMetrics: z.array(z.string()).optional().describe("names; the functions are the registry's"),
  hooks: z.array(z.string()).optional().describe("names; the functions are the registry's"),
});

/** What a document carries of a described experiment, beside what crucible_ir has words for. */
export function writeOwn(description: ExperimentDescription): Readonly<Record<string, unknown>> {
  const { version, datasetConfig, metrics, repeat, config, costBudget, statisticalAnalysis, metricSchemas } =
    description;
  const { gates = [], customMetrics, hooks } = description;
  return {
    version,
    datasetConfig,
    metrics,
    repeat,
    config,
    costBudget,
    statisticalAnalysis,
    metricSchemas,
    gates,
    customMetrics: customMetrics.map(({ name }) => name),
    hooks,
  };
}

/** The same read back; functions are taken from the registry by their names. @throws ConfigError for one that it lacks */
export function readOwn({ metadata = {} }: ExperimentIR, registry: RegistryIR): Partial<ExperimentInput> {
  if (!Object.hasOwn(metadata, OWN)) return {};
  const place = `metadata.${OWN}`;
  const {
    customMetrics = [],
    hooks = [],
    datasetConfig = {},
    ...rest
  } = parseOptions(ownSettings, metadata[OWN], place);
  const metrics = customMetrics.map((name, i) => {
    const found = registry.customMetrics?.find((metric) => metric.name === name);
    const names = registry.customMetrics?.map((metric) => metric.name) ?? [];
    return found ?? lacks(`${place}.customMetrics[${i}]`, "customMetrics", name, names);
  });
  const given = (registry.hooks ?? {}) as Readonly<Record<string, unknown>>;
  const called = hooks.map((name, i) => [
    name,
    Object.hasOwn(given, name) ? given[name] : lacks(`${place}.hooks[${i}]`, "hooks", name, Object.keys(given)),
  ]);
  const { schema, ...drawn } = datasetConfig;
  if (schema !== undefined && !registry.rowSchema)
    throw new ConfigError(`${place}.datasetConfig.schema`, "is code: the registry must have it as rowSchema");
  return {
    ...(rest as Partial<ExperimentInput>),
    datasetConfig: { ...drawn, ...(schema === undefined ? {} : { schema: registry.rowSchema }) },
    ...(metrics.length > 0 ? { customMetrics: metrics } : {}),
    ...(called.length > 0 ? { hooks: Object.fromEntries(called) as Hooks } : {}),
  };
}

function lacks(place: string, kind: string, name: string, known: readonly string[]): never {
  throw new ConfigError(place, `must be one of the registry's ${kind}`, name, didYouMean(name, known));
}
