import { didReturn } from "#src/experiment/outcome";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { shuffled, stream } from "#src/kernel/random";
import type { RunStore } from "#src/store/store";
import { isBlankText } from "#src/text/blank";
import { checkpointDirectory } from "../setting-sources.ts";
import { neverBegan, openExisting } from "../stores.ts";
import { itemTexts } from "./item-texts.ts";

export interface AnswerPairsOptions {
  /** Where the run is looked for. Default: that of the settings */
  readonly checkpointDir?: string;
  /** A store that is open, in its place. */
  readonly store?: RunStore;
  /** Conditions whose answers are compared; all when absent. */
  readonly conditions?: readonly string[];
  /** Compares each of the others with this one alone. */
  readonly baseline?: string;
  /** Pairs to draw by seed; all when absent. */
  readonly sample?: number;
  /** Of the draw. Default: the seed of the run */
  readonly seed?: number;
}

/** Answers of two conditions to one item: a row for `givenAnswer()` and `pairwise()`. */
export interface AnswerPair {
  readonly id: string;
  /** What was asked, as the store kept it; the item's id where it did not. */
  readonly input: string;
  /** Of the first condition. */
  readonly answer: string;
  /** Of the second. */
  readonly target: string;
  readonly first: string;
  readonly second: string;
  /** The item: pairs of one depend on each other. */
  readonly item: string;
  readonly firstModel?: string;
  readonly secondModel?: string;
}

/** Characters of a question that a judge is shown. */
const MOST_CHARACTERS = 100_000;

/**
 * The stored answers of a run in pairs, item by item and repeat by repeat, as the rows of an experiment whose conditions are judges. A task without
 * an answer makes no pair, and neither do two answers that are both empty.
 *
 * @returns rows in the order of the plan; with `sample`, those that were drawn
 * @throws ConfigError for an unknown run or condition, and where no item has two answers
 * @example
 * const dataset = await answerPairs("exp_abc", { sample: 200 });
 * defineExperiment({ name: "judges", dataset, datasetConfig: { cluster: "item" }, metrics: ["accuracy", "pairwise_consistency"],
 *   conditions: [{ name: "large judge", backend, model: "large", solver: givenAnswer(), scorers: [pairwise()] }] })
 */
export async function answerPairs(
  experimentId: string,
  { checkpointDir, store: given, conditions: wanted, baseline, sample, seed }: AnswerPairsOptions = {},
): Promise<AnswerPair[]> {
  if (sample !== undefined && !(Number.isInteger(sample) && sample > 0))
    throw new ConfigError("sample", "must be a whole number of at least 1", sample);
  const directory = await checkpointDirectory(checkpointDir === undefined ? {} : { checkpointDir });
  const store = given ?? openExisting(directory, experimentId, "read");
  try {
    const manifest = await store.manifest();
    if (!manifest) throw neverBegan(store.location);
    const { conditions } = manifest.experiment;
    const names = conditions.map(({ name }) => name);
    for (const [i, name] of [...(wanted ?? []), ...(baseline === undefined ? [] : [baseline])].entries())
      if (!names.includes(name)) {
        const path = i < (wanted ?? []).length ? `conditions[${i}]` : "baseline";
        throw new ConfigError(path, `must be a condition of ${experimentId}`, name, didYouMean(name, names));
      }
    const compared = names.filter((name) => !wanted || wanted.includes(name) || name === baseline);
    if (compared.length < 2 && names.length > 1)
      throw new ConfigError("conditions", "must be two at least, with the baseline", compared);
    const models = new Map(conditions.map(({ name, model }) => [name, model]));
    const answers = await answersOf(store, new Set(compared));
    const inputOf = itemTexts(store, MOST_CHARACTERS);
    const pairs: AnswerPair[] = [];
    for (const { itemId, repeat, byCondition } of answers) {
      const there = compared.filter((name) => byCondition.has(name));
      for (const [i, one] of there.entries())
        for (const other of there.slice(i + 1)) {
          if (baseline !== undefined && one !== baseline && other !== baseline) continue;
          const ahead = one === baseline ? [other, one] : [one, other];
          const isTurned = isBlankText(byCondition.get(ahead[1]!)!); // an empty answer loses as a reply, and cannot be a target
          const [first, second] = (isTurned ? ahead.toReversed() : ahead) as [string, string];
          const [answer, target] = [byCondition.get(first)!, byCondition.get(second)!];
          if (isBlankText(answer) && isBlankText(target)) continue;
          const [firstModel, secondModel] = [models.get(first), models.get(second)];
          pairs.push({
            id: JSON.stringify([itemId, ...(repeat > 0 ? [repeat] : []), first, second]),
            input: (await inputOf(itemId))?.input ?? itemId,
            answer,
            target,
            first,
            second,
            item: itemId,
            ...(firstModel === undefined ? {} : { firstModel }),
            ...(secondModel === undefined ? {} : { secondModel }),
          });
        }
    }
    if (pairs.length === 0)
      throw new ConfigError(
        experimentId,
        "has no item with answers of two conditions: rows need a text called `completion`",
      );
    return sample === undefined ? pairs : shuffled(pairs, stream(seed ?? manifest.seed, "pairs")).slice(0, sample);
  } finally {
    if (!given) await store.close();
  }
}

interface Answers {
  readonly itemId: string;
  readonly repeat: number;
  readonly byCondition: Map<string, string>;
}

/** The answers of some conditions by item and repeat, in the order of the plan. */
async function answersOf(store: RunStore, conditions: ReadonlySet<string>): Promise<readonly Answers[]> {
  const found = new Map<string, Answers>();
  for await (const { condition, itemId, repeat, finalStatus, output } of store.outcomes()) {
    const text = output?.completion;
    if (!conditions.has(condition) || !didReturn(finalStatus) || typeof text !== "string") continue;
    const key = JSON.stringify([itemId, repeat]);
    const own = found.get(key) ?? { itemId, repeat, byCondition: new Map<string, string>() };
    own.byCondition.set(condition, text);
    found.set(key, own);
  }
  return [...found.values()];
}
