import { z } from "zod";
import { ConfigError, didYouMean, show } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { maxUnpackedBytes } from "./file.ts";

export const huggingFaceOptions = z.strictObject({
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/, "must be the 40 digits of a commit, since rows of a branch change")
    .describe("commit of the data set; its page lists them under Files and versions"),
  config: z.string().min(1).optional().describe("configuration (subset); the data set's default when absent"),
  split: z.string().min(1).default("test").describe("split: train, validation, test"),
  files: z.string().min(1).optional().describe("glob of the files to read, in place of configuration and split"),
  cacheDir: z.string().min(1).optional().describe("folder that keeps what was downloaded, for work without a network"),
  maxUnpackedBytes: maxUnpackedBytes.optional(),
});

/** A data set of the Hugging Face hub. It is described here and fetched by the application. */
export interface HubDataset<Row = unknown> extends z.output<typeof huggingFaceOptions> {
  readonly kind: "hugging-face";
  /** `openai/gsm8k` */
  readonly id: string;
  readonly fetch?: typeof fetch | undefined;
  /** Never set; it carries the row's type. */
  readonly row?: Row;
}

/**
 * A split of a data set on the Hugging Face hub, at one commit: parquet, JSON Lines, JSON and CSV files. `HF_TOKEN` opens those that are not
 * public, `HF_ENDPOINT` names a mirror.
 *
 * @param fetch who asks the hub; the global one when absent
 * @throws ConfigError for an invalid id or revision
 * @example huggingFace("openai/gsm8k", { revision: "e53f048856ff4f594e959d75785d2c2d37b678ee", config: "main", split: "test" })
 */
export function huggingFace<Row = Record<string, unknown>>(
  id: string,
  { fetch, ...options }: z.input<typeof huggingFaceOptions> & { readonly fetch?: typeof globalThis.fetch },
): HubDataset<Row> {
  if (!/^\w[\w.-]*(\/\w[\w.-]*)?$/.test(id))
    throw new ConfigError("huggingFace", "must be given the id of a data set: owner/name", id);
  const parsed = parseOptions(huggingFaceOptions, options, "huggingFace");
  return { kind: "hugging-face", id, ...parsed, ...(fetch ? { fetch } : {}) };
}

/** Whether `input` is what `huggingFace()` returns. */
export const isHubDataset = (input: unknown): input is HubDataset =>
  typeof input === "object" && input !== null && "kind" in input && input.kind === "hugging-face";

/** Where the rows came from, for manifests: `hf://datasets/openai/gsm8k@e53f.../main/test`. */
export const hubSource = ({ id, revision, config, split, files }: HubDataset): string =>
  `hf://datasets/${id}@${revision}/${files ?? [config, split].filter((part) => part !== undefined).join("/")}`;

/** What the hub says of a data set at a revision; the part that is read. */
export const hubInfo = z.object({
  siblings: z.array(z.object({ rfilename: z.string() })),
  cardData: z
    .object({
      configs: z
        .array(z.object({ config_name: z.string(), default: z.boolean().optional(), data_files: z.unknown() }))
        .optional(),
    })
    .nullish(),
});
export type HubInfo = z.output<typeof hubInfo>;

/** Endings that are read, the preferred first. */
const endings = [/\.parquet$/i, /\.(jsonl|ndjson)(\.gz)?$/i, /\.json(\.gz)?$/i, /\.[ct]sv(\.gz)?$/i] as const;
const isData = (path: string): boolean =>
  endings.some((ending) => ending.test(path)) && !path.split("/").includes("..");

/**
 * The files of a split, in order: those that the data set's card names, else those whose names say so (`main/test-00000-of-00001.parquet`,
 * `data/test.jsonl`, `test/0000.parquet`). Where a split is there in several formats, one is chosen.
 *
 * @throws ConfigError with the names that there are
 */
export function hubFiles({ siblings, cardData }: HubInfo, dataset: HubDataset): string[] {
  const place = `huggingFace(${show(dataset.id)})`;
  const paths = siblings.map(({ rfilename }) => rfilename).filter(isData);
  const { configs } = cardData ?? {};
  const matching = (patterns: readonly string[]): string[] =>
    paths.filter((path) => patterns.some((pattern) => globToRegExp(pattern.replace(/^(\.?\/)+/, "")).test(path)));
  const patterns = dataset.files
    ? [dataset.files]
    : configs?.length
      ? patternsOfCard(configs, dataset, place)
      : undefined;
  const found = patterns ? matching(patterns) : filesByName(paths, dataset, place);
  const ending = endings.find((each) => found.some((path) => each.test(path)));
  if (!ending) {
    throw new ConfigError(
      place,
      `must have ${dataset.files ? `files like ${show(dataset.files)}` : `the split ${show(dataset.split)}`} in parquet, JSON or CSV`,
      undefined,
      `It has ${paths.slice(0, 10).join(", ") || "no such files"}`,
    );
  }
  return found.filter((path) => ending.test(path)).sort();
}

type CardConfig = NonNullable<NonNullable<HubInfo["cardData"]>["configs"]>[number];

/** The patterns that a card gives for a configuration and split; nothing where it leaves the files to their names. */
function patternsOfCard(
  configs: readonly CardConfig[],
  { config: wanted, split }: HubDataset,
  place: string,
): readonly string[] | undefined {
  const names = configs.map(({ config_name }) => config_name);
  const isDefault = (each: CardConfig): boolean => each.default === true || each.config_name === "default";
  const config = wanted
    ? configs.find(({ config_name }) => config_name === wanted)
    : (configs.find(isDefault) ?? (configs.length === 1 ? configs[0] : undefined));
  if (!config)
    throw new ConfigError(
      `${place}.config`,
      `must be one of ${names.join(", ")}`,
      wanted,
      wanted && didYouMean(wanted, names),
    );
  if (config.data_files === undefined || config.data_files === null) return undefined;
  const parsed = z.array(cardEntry).safeParse([config.data_files].flat());
  if (!parsed.success) {
    const hint = 'Name the files yourself: { files: "data/test-*.parquet" }';
    throw new ConfigError(place, "has a card whose data_files cannot be read", config.data_files, hint);
  }
  const entries = parsed.data.flat();
  const splits = entries.map((entry) => entry.split);
  const there = namesOfSplit(split).find((name) => splits.includes(name));
  if (there === undefined) throw new ConfigError(`${place}.split`, `must be one of ${splits.join(", ")}`, split);
  return entries.filter((entry) => entry.split === there).flatMap(({ path }) => path);
}

const paths = z.union([z.string(), z.array(z.string())]);

/** A bare pattern is the split `train`, as the hub reads it; a record has patterns by split. */
const cardEntry = z.union([
  z.string().transform((path) => [{ split: "train", path }]),
  z.object({ split: z.string().default("train"), path: paths }).transform((entry) => [entry]),
  z.record(z.string(), paths).transform((bySplit) => Object.entries(bySplit).map(([split, path]) => ({ split, path }))),
]);

/** What the hub calls the split of a name: `validation` goes by several. */
function namesOfSplit(split: string): readonly string[] {
  const validation = ["validation", "valid", "val", "dev"];
  return validation.includes(split) ? [split, ...validation.filter((name) => name !== split)] : [split];
}

/** A split's files by their names; those of one folder only, since folders are configurations. */
function filesByName(paths: readonly string[], { config, split }: HubDataset, place: string): string[] {
  const isOf = (name: string, path: string): boolean =>
    path.split("/").some((part) => part === name || (part.startsWith(name) && /^[-._]/.test(part.slice(name.length))));
  const inConfig = config === undefined ? paths : paths.filter((path) => path.split("/").slice(0, -1).includes(config));
  const there = namesOfSplit(split).find((name) => inConfig.some((path) => isOf(name, path)));
  const found = there === undefined ? [] : inConfig.filter((path) => isOf(there, path));
  const folders = [...new Set(found.map((path) => path.split("/").slice(0, -1).join("/")))];
  if (folders.length > 1) throw new ConfigError(`${place}.config`, `must be one of ${folders.join(", ")}`, config);
  return found;
}

/**
 * @example globToRegExp("main/test-*").test("main/test-00000-of-00001.parquet") // => true
 * @example globToRegExp("*.csv").test("data/a.csv") // => false
 */
export function globToRegExp(glob: string): RegExp {
  const translated = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*\*\/?|\*|\?/g, (mark) => (mark.startsWith("**") ? ".*" : mark === "*" ? "[^/]*" : "[^/]"));
  return new RegExp(`^${translated}$`);
}
