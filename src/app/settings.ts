import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { datasetOptions } from "#src/dataset/dataset";
import { asWritten, type Experiment, type ExperimentInput, redefine } from "#src/experiment/define";
import { budgetOptions, configOptions, type RunSettings, runOptions } from "#src/experiment/options";
import { ConfigError, show } from "#src/kernel/errors";
import { joinPath, parseOptions } from "#src/kernel/parse";
import { importDefault } from "./import-default.ts";
import { inUserCode } from "./load-error.ts";

/** An option without its default: where it is absent, a place of lower precedence decides. */
const open = <S extends z.ZodType>(schema: z.ZodDefault<S>): z.ZodOptional<S> =>
  schema
    .unwrap()
    .optional()
    .describe(`${schema.description} (default ${show(schema.parse(undefined))})`) as z.ZodOptional<S>;

/** Everything whose value may come from outside the experiment file: settings of a run, and limits of the experiment. */
export const settingsOptions = z.strictObject({
  outputDir: open(runOptions.shape.outputDir),
  formats: open(runOptions.shape.formats),
  checkpointDir: open(runOptions.shape.checkpointDir),
  dryRun: open(runOptions.shape.dryRun),
  confirm: open(runOptions.shape.confirm),
  durability: open(runOptions.shape.durability),
  observe: open(runOptions.shape.observe),
  telemetry: open(runOptions.shape.telemetry),
  maxParallel: open(configOptions.shape.maxParallel),
  rateLimit: configOptions.shape.rateLimit,
  timeoutMs: open(configOptions.shape.timeoutMs),
  seed: open(configOptions.shape.randomSeed),
  limit: datasetOptions.shape.limit,
  repeat: z.int().min(1).optional().describe("times that each condition does each item"),
  maxTotal: budgetOptions.shape.maxTotal,
  maxPerCondition: budgetOptions.shape.maxPerCondition,
});
export type SettingsInput = z.input<typeof settingsOptions>;
type Settings = z.output<typeof settingsOptions>;
type SettingName = keyof Settings;

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
  const run = { ...typed, outputDir: resolve(typed.outputDir), checkpointDir: resolve(typed.checkpointDir) };
  return { run, experiment: withLimits(experiment, sources), sources };
}

/** Settings that decide about results: they are kept wherever they came from. */
const ofResults: ReadonlySet<string> = new Set(["seed", "limit", "repeat", "timeoutMs"]);
/** Settings of one call alone. */
const ofOneCall: ReadonlySet<string> = new Set(["dryRun", "confirm", "checkpointDir"]);

/** What was asked of a run from outside its experiment: kept with it, so that it can be resumed and reproduced. */
export function askedSettings(sources: ResolvedSettings["sources"]): Readonly<Record<string, unknown>> {
  const asked = Object.entries(sources).flatMap(([name, { value, source }]): [string, unknown][] => {
    const isAsked = source === "call" || source === "command line" || (ofResults.has(name) && source !== "experiment");
    if (!isAsked || ofOneCall.has(name)) return [];
    return [[name, name === "outputDir" ? resolve(String(value)) : value]];
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
  const datasetConfig = from("limit");
  const costBudget = { ...from("maxTotal"), ...from("maxPerCondition") };
  const repeat = from("repeat");
  const changes = [config, datasetConfig, costBudget, repeat];
  if (changes.every((change) => Object.keys(change).length === 0)) return experiment;
  const written = asWritten(experiment);
  return redefine(experiment, {
    ...(repeat as Partial<ExperimentInput>),
    config: { ...written.config, ...config },
    datasetConfig: { ...written.datasetConfig, ...datasetConfig },
    costBudget: { ...written.costBudget, ...costBudget },
  });
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

/** `CRUCIBLE_MAX_PARALLEL=20`, `CRUCIBLE_FORMATS=markdown,html`: the option's name in capitals with underscores. */
function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(settingsOptions.shape)) {
    const variable = variableOf(name);
    const text = environment[variable];
    if (text === undefined || text === "") continue;
    found[name] = parseText(name, text, variable);
  }
  return found as Settings;
}

/** @example variableOf("maxParallel") // => "CRUCIBLE_MAX_PARALLEL" */
export const variableOf = (name: string): string => `CRUCIBLE_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;

/**
 * Reads the text of a flag or variable as the option's type.
 *
 * @throws ConfigError naming `place` when the text does not fit
 */
export function parseText(name: string, text: string, place: string): unknown {
  const schema = settingsOptions.shape[name as SettingName] as z.ZodType;
  const candidates: unknown[] = [
    Number(text),
    text === "true" ? true : text === "false" ? false : text,
    text.split(","),
    text,
  ];
  for (const candidate of text.trim() === "" ? [text] : candidates) {
    if (!Number.isNaN(candidate) && schema.safeParse(candidate).success) return schema.parse(candidate);
  }
  const asNumber = Number(text);
  return parseOptions(schema, Number.isNaN(asNumber) ? (name === "formats" ? text.split(",") : text) : asNumber, place);
}

const FILES = ["crucible.config.ts", "crucible.config.mts", "crucible.config.js", "crucible.config.mjs"];

async function fromFile(directory: string): Promise<Settings> {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const path = FILES.map((file) => join(at, file)).find(existsSync);
    if (path) return readConfig(path);
    if (dirname(at) === at) return {};
  }
}

async function readConfig(path: string): Promise<Settings> {
  refuseForeign(path);
  const exported = await inUserCode(path, "cannot be loaded", () => importDefault<unknown>(path));
  if (typeof exported !== "object" || exported === null) {
    throw new ConfigError(path, "must export an object of options by default", exported);
  }
  return parseOptions(settingsOptions, exported, joinPath(path, []));
}

/**
 * A configuration is code, and is found in any folder above: that of another user must not run because somebody works below it.
 *
 * @throws ConfigError for a file that others own, or may write to
 */
function refuseForeign(path: string): void {
  const user = process.getuid?.();
  if (user === undefined) return; // Windows keeps this in lists of its own
  const { uid, mode } = statSync(path);
  const mend = "Own it, or move it out of the folders above the experiment";
  if (uid !== user && uid !== 0)
    throw new ConfigError(path, `must belong to you: it is run, and is that of user ${uid}`, undefined, mend);
  if ((mode & 0o002) !== 0)
    throw new ConfigError(path, "must not be writable by everybody: it is run", undefined, `chmod o-w ${path}`);
}

const withoutUndefined = (settings: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

/** Options of a `crucible.config.ts`, checked by the compiler. */
export const defineConfig = (settings: SettingsInput): SettingsInput => settings;

/** The checkpoint directory in force, as an absolute path, where no experiment is at hand: call or flag, then environment, file, default. */
export async function checkpointDirectory(given: SettingsInput): Promise<string> {
  const fallback = async (): Promise<string | undefined> =>
    fromEnvironment(process.env).checkpointDir ?? (await fromFile(process.cwd())).checkpointDir;
  return resolve(given.checkpointDir ?? (await fallback()) ?? runOptions.shape.checkpointDir.parse(undefined));
}
