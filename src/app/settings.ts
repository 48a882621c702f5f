import { resolve } from "node:path";
import { withConditions } from "#src/experiment/chosen";
import { asWritten, type Experiment, type ExperimentInput, redefine } from "#src/experiment/define";
import { type RunSettings, runOptions } from "#src/experiment/options";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { type SettingName, type Settings, type SettingsInput, settingsOptions } from "./setting-options.ts";
import { fromEnvironment, fromFile } from "./setting-sources.ts";

/** Where a value came from, strongest first. */
export const settingSources = ["call", "command line", "experiment", "environment", "file", "default"] as const;
export type SettingSource = (typeof settingSources)[number];

/** Settings of a run, the experiment they were put into, and where each that is not a default came from. */
export interface ResolvedSettings {
  readonly run: RunSettings;
  readonly experiment: Experiment;
  readonly sources: Readonly<Partial<Record<SettingName, { readonly value: unknown; readonly source: SettingSource }>>>;
}

/**
 * Settles every option that may come from several places: call, then command line, experiment, environment, file, default.
 *
 * @param directory where the search for `crucible.config.ts` begins, upward
 * @throws ConfigError for an option that is wrong, naming the place it came from
 */
export async function resolveSettings(
  experiment: Experiment,
  given: { readonly call?: SettingsInput; readonly commandLine?: SettingsInput; readonly directory: string },
): Promise<ResolvedSettings> {
  const places: readonly [SettingSource, Settings][] = [
    ["call", parseOptions(settingsOptions, withoutUndefined(given.call ?? {}))],
    ["command line", parseOptions(settingsOptions, withoutUndefined(given.commandLine ?? {}))],
    ["experiment", ownLimits(experiment)],
    ["environment", fromEnvironment(process.env)],
    ["file", await fromFile(given.directory)],
  ];
  const sources: Record<string, { value: unknown; source: SettingSource }> = {};
  for (const [source, settings] of places) {
    for (const [name, value] of Object.entries(settings)) {
      if (value !== undefined && !(name in sources)) sources[name] = { value, source };
    }
  }
  const value = (name: SettingName): unknown => sources[name]?.value;
  const names = Object.keys(runOptions.shape) as (keyof RunSettings)[];
  const typed = runOptions.parse(withoutUndefined(Object.fromEntries(names.map((name) => [name, value(name)]))));
  // absolute from here on: a condition may change the folder that relative paths start from
  const run = {
    ...typed,
    outputDir: resolve(typed.outputDir),
    checkpointDir: resolve(typed.checkpointDir),
    ...(typed.keepReplies ? { keepReplies: resolve(typed.keepReplies) } : {}),
  };
  return { run, experiment: withLimits(experiment, sources), sources };
}

/** Settings that decide about results: they are kept wherever they came from. */
const ofResults: ReadonlySet<string> = new Set(["seed", "item", "sample", "condition", "limit", "repeat", "timeoutMs"]);
/** Settings of one call alone. */
const ofOneCall: ReadonlySet<string> = new Set(["dryRun", "failFast", "confirm", "checkpointDir"]);

/** What was asked of a run from outside its experiment: kept with it, so that it can be resumed and reproduced. */
export function askedSettings(sources: ResolvedSettings["sources"]): Readonly<Record<string, unknown>> {
  const asked = Object.entries(sources).flatMap(([name, { value, source }]): [string, unknown][] => {
    const isAsked = source === "call" || source === "command line" || (ofResults.has(name) && source !== "experiment");
    if (!isAsked || ofOneCall.has(name)) return [];
    return [[name, name === "outputDir" || name === "keepReplies" ? resolve(String(value)) : value]];
  });
  return Object.fromEntries(asked);
}

/** Puts limits that came from elsewhere into the experiment. */
function withLimits(
  experiment: Experiment,
  sources: Record<string, { value: unknown; source: SettingSource }>,
): Experiment {
  const from = (name: SettingName, key: string = name): Record<string, unknown> =>
    sources[name] && sources[name].source !== "experiment" ? { [key]: sources[name].value } : {};
  const config = { ...from("maxParallel"), ...from("rateLimit"), ...from("timeoutMs"), ...from("seed", "randomSeed") };
  const datasetConfig = { ...from("item", "items"), ...drawn(sources) };
  const costBudget = { ...from("maxTotal"), ...from("maxPerCondition") };
  const repeat = from("repeat");
  const changes = [config, datasetConfig, costBudget, repeat];
  const limits = (written: ExperimentInput): Partial<ExperimentInput> => ({
    ...(repeat as Partial<ExperimentInput>),
    config: { ...written.config, ...config },
    datasetConfig: { ...written.datasetConfig, ...datasetConfig },
    costBudget: { ...written.costBudget, ...costBudget },
  });
  const isChanged = changes.some((change) => Object.keys(change).length > 0);
  const limited = isChanged ? redefine(experiment, limits(asWritten(experiment))) : experiment;
  const names = sources.condition?.value as readonly string[] | undefined;
  return names ? withConditions(limited, names) : limited; // last: what is left out is marked
}

/**
 * How many items are done, and whether they are drawn: of a sample and a limit the one from the stronger place.
 *
 * @throws ConfigError for both from one place
 */
function drawn({ sample, limit }: Record<string, { value: unknown; source: SettingSource }>): {
  shuffle?: boolean;
  limit?: number;
} {
  const strength = (setting: { source: SettingSource } | undefined): number =>
    setting ? -settingSources.indexOf(setting.source) : Number.NEGATIVE_INFINITY;
  if (sample && limit && sample.source === limit.source)
    throw new ConfigError(
      "sample",
      `must not be given beside limit (${sample.source})`,
      sample.value,
      "A sample is drawn by the seed; a limit takes the first items",
    );
  if (strength(sample) > strength(limit)) return { shuffle: true, limit: sample!.value as number };
  return limit && limit.source !== "experiment" ? { limit: limit.value as number } : {};
}

function ownLimits(experiment: Experiment): Settings {
  const { config = {}, datasetConfig = {}, costBudget = {}, repeat } = asWritten(experiment);
  return withoutUndefined({
    maxParallel: config.maxParallel,
    rateLimit: config.rateLimit,
    timeoutMs: config.timeoutMs,
    seed: config.randomSeed,
    limit: datasetConfig.limit,
    repeat,
    maxTotal: costBudget.maxTotal,
    maxPerCondition: costBudget.maxPerCondition,
  }) as Settings;
}

const withoutUndefined = (settings: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
