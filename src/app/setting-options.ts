import { z } from "zod";
import { datasetOptions } from "#src/dataset/options";
import { budgetOptions, configOptions, runOptions } from "#src/experiment/options";
import { show } from "#src/kernel/errors";
import { listIn } from "#src/kernel/glob";
import { parseOptions } from "#src/kernel/parse";

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
  failFast: open(runOptions.shape.failFast),
  confirm: open(runOptions.shape.confirm),
  durability: open(runOptions.shape.durability),
  observe: open(runOptions.shape.observe),
  keepReplies: runOptions.shape.keepReplies,
  telemetry: open(runOptions.shape.telemetry),
  maxParallel: open(configOptions.shape.maxParallel),
  rateLimit: configOptions.shape.rateLimit,
  timeoutMs: open(configOptions.shape.timeoutMs),
  seed: open(configOptions.shape.randomSeed),
  item: datasetOptions.shape.items,
  sample: z.int().positive().optional().describe("at most this many items, drawn by the seed"),
  condition: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      "names of the conditions that are run, in which `*` stands for any text and `?` for one character, and a backslash before them, or before a comma in a flag, for these signs themselves; all when absent",
    ),
  limit: datasetOptions.shape.limit,
  repeat: z.int().min(1).optional().describe("times that each condition does each item"),
  maxTotal: budgetOptions.shape.maxTotal,
  maxPerCondition: budgetOptions.shape.maxPerCondition,
});
export type SettingsInput = z.input<typeof settingsOptions>;
export type Settings = z.output<typeof settingsOptions>;
export type SettingName = keyof Settings;

/** Options of a `crucible.config.ts`, checked by the compiler. */
export const defineConfig = (settings: SettingsInput): SettingsInput => settings;

/** @example variableOf("maxParallel") // => "CRUCIBLE_MAX_PARALLEL" */
export const variableOf = (name: string): string => `CRUCIBLE_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;

/** Settings that are lists. */
const lists: ReadonlySet<string> = new Set<SettingName>(["formats", "item", "condition"]);

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
    listIn(text),
    text,
  ];
  for (const candidate of text.trim() === "" ? [text] : candidates) {
    if (!Number.isNaN(candidate) && schema.safeParse(candidate).success) return schema.parse(candidate);
  }
  const asNumber = text.trim() === "" ? Number.NaN : Number(text);
  return parseOptions(schema, lists.has(name) ? listIn(text.trim()) : Number.isNaN(asNumber) ? text : asNumber, place);
}
