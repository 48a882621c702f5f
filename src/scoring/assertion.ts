import { ConfigError, didYouMean, faultIn, nearest, show } from "#src/kernel/errors";
import { ownMember } from "#src/kernel/record";
import { linearRegExp, TooLong } from "#src/schema/linear-regexp";
import { isBlankText } from "#src/text/blank";
import { bleu } from "./bleu.ts";
import { contains, containsAll, containsAny, endsWith, equals, startsWith } from "./contains.ts";
import { equalsJson, jsonWithin, wholeJson } from "./json.ts";
import { levenshtein } from "./levenshtein.ts";
import { math } from "./math.ts";
import { not } from "./not.ts";
import { rouge } from "./rouge.ts";
import { type Score, type Scorer, scorer, unscored, verdict } from "./scorer.ts";

/** An assertion as a row has it: `contains: Paris`, or in full. */
interface Written {
  readonly type: string;
  readonly value?: unknown;
  readonly threshold?: unknown;
  readonly weight?: unknown;
}

/** An assertion as a scorer, and how much it counts. */
export interface AssertedMember {
  readonly scorer: Scorer;
  readonly weight: number;
}

type Make = (value: unknown, threshold: number | undefined, place: string) => Scorer;
const caseless = { ignoreCase: true };

/** Every kind of assertion by its name, as promptfoo has them. `not-` before any of them turns it round. */
const kinds: Readonly<Record<string, Make>> = {
  equals: (value, _, place) => (typeof value === "object" ? equalsJson(value) : equals(text(value, place))),
  contains: (value, _, place) => contains(text(value, place)),
  icontains: (value, _, place) => contains(text(value, place), caseless),
  "contains-any": (value, _, place) => containsAny(texts(value, place)),
  "icontains-any": (value, _, place) => containsAny(texts(value, place), caseless),
  "contains-all": (value, _, place) => containsAll(texts(value, place)),
  "icontains-all": (value, _, place) => containsAll(texts(value, place), caseless),
  "starts-with": (value, _, place) => startsWith(text(value, place)),
  "ends-with": (value, _, place) => endsWith(text(value, place)),
  regex: (value, _, place) => regex(text(value, place), place),
  "is-json": (value, _, place) => wholeJson({ ...schemaOf(value, place), isData: true }),
  "contains-json": (value, _, place) => jsonWithin({ ...schemaOf(value, place), isData: true }),
  levenshtein: (value, threshold = 5, place) => against(levenshtein({ maxDistance: threshold }), text(value, place)),
  "rouge-n": (value, threshold = 0.75, place) =>
    against(rouge({ n: 1, measure: "recall", threshold }), text(value, place)),
  "rouge-l": (value, threshold = 0.75, place) => against(rouge({ n: "L", threshold }), text(value, place)),
  math: (value, _, place) => against(math(), text(value, place)),
  bleu: (value, threshold = 0.5, place) => against(bleu({ threshold }), text(value, place)),
};

/** What promptfoo has besides: said, instead of taken for a text. */
const elsewhere: Readonly<Record<string, string>> = {
  "llm-rubric": "Use modelGraded() as a scorer of its own",
  grade: "Use modelGraded() as a scorer of its own",
  similar: "There are no embeddings here",
  javascript: "Nothing from data is executed: write a scorer",
  fn: "Nothing from data is executed: write a scorer",
  eval: "Nothing from data is executed: write a scorer",
  python: "Nothing from data is executed: write a scorer",
  file: "Nothing from data is executed: write a scorer",
  webhook: "Write a scorer",
  cost: "Costs are measured: gate the metric `cost`",
  latency: "Latencies are measured: gate the metric `latency`",
  factuality: "Use modelGradedFact() as a scorer of its own",
};

/** Kinds that give a number, which a threshold makes right or wrong. */
const measured = new Set(["levenshtein", "rouge-n", "rouge-l", "bleu"]);

/**
 * Reads the assertions of a row: a text, an object with a type, a list of these, or such a list as JSON text.
 *
 * @returns nothing where the row has none
 * @throws ConfigError with the place, for what is not understood
 */
export function readAssertions(found: unknown, place: string): AssertedMember[] {
  const each = listOf(found);
  const members = each.map((one, i) =>
    readOne(one, each.length === 1 && !Array.isArray(found) ? place : `${place}[${i}]`),
  );
  if (members.length > 0 && members.every(({ weight }) => weight === 0))
    throw new ConfigError(place, "must have an assertion with a weight above 0");
  return members;
}

function listOf(found: unknown): readonly unknown[] {
  if (found === undefined || found === null || (typeof found === "string" && found.trim() === "")) return [];
  if (Array.isArray(found)) return found;
  if (typeof found === "string" && /^\s*\[\s*[{"]/.test(found)) {
    try {
      return JSON.parse(found) as unknown[];
    } catch {
      return [found];
    }
  }
  return [found];
}

function readOne(one: unknown, place: string): AssertedMember {
  if (typeof one !== "string" && (typeof one !== "object" || one === null || Array.isArray(one)))
    throw new ConfigError(place, "must be a text such as `contains: Paris`, or an object with a type", one);
  const written = typeof one === "string" ? readText(one, place) : (one as Partial<Written>);
  const unknown = Object.keys(written).find((key) => !["type", "value", "threshold", "weight"].includes(key));
  if (unknown !== undefined)
    throw new ConfigError(
      `${place}.${unknown}`,
      "is not part of an assertion",
      undefined,
      didYouMean(unknown, ["type", "value", "threshold", "weight"]),
    );
  const { type, value, threshold, weight = 1 } = written;
  if (typeof type !== "string") throw new ConfigError(`${place}.type`, "must be a kind of assertion", type);
  const turned = type.startsWith("not-");
  const kind = turned ? type.slice(4) : type;
  if (!Object.hasOwn(kinds, kind))
    throw new ConfigError(
      place,
      `has an assertion that is not known, ${show(type)}`,
      undefined,
      ownMember(elsewhere, kind) ?? didYouMean(kind, Object.keys(kinds)),
    );
  if (threshold !== undefined && (typeof threshold !== "number" || !Number.isFinite(threshold)))
    throw new ConfigError(`${place}.threshold`, "must be a number", threshold);
  if (threshold !== undefined && !measured.has(kind))
    throw new ConfigError(
      `${place}.threshold`,
      `must not stand at ${show(kind)}, which has no number to compare`,
      threshold,
    );
  if (typeof weight !== "number" || !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
    throw new ConfigError(`${place}.weight`, "must be a number from 0", weight);
  const made = within(place, () => kinds[kind]!(value, threshold, place));
  return { scorer: turned ? not(made) : made, weight };
}

/** `type: value`, `type(threshold): value`, `type`; any other text is what the reply must equal. */
function readText(line: string, place: string): Written {
  const [, type, threshold, value] = /^\s*([a-z][a-z-]*)(?:\(([\d.]+)\))?\s*(?::([\s\S]*))?$/.exec(line) ?? [];
  if (type === undefined) return { type: "equals", value: line };
  const kind = type.replace(/^not-/, "");
  const isKind = Object.hasOwn(kinds, kind) || Object.hasOwn(elsewhere, kind);
  if (isKind && (value !== undefined || kind.endsWith("json")))
    return {
      type,
      ...(value === undefined ? {} : { value: value.trim() }),
      ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
    };
  if (value !== undefined && nearest(kind, Object.keys(kinds)) !== undefined)
    throw new ConfigError(
      place,
      `has an assertion that is not known, ${show(type)}`,
      undefined,
      `${didYouMean(kind, Object.keys(kinds))} Write "equals: ${line.trim()}" for the text itself`,
    );
  return { type: "equals", value: line };
}

/** A scorer of fixed right answers. */
const against = (one: Scorer, right: string): Scorer =>
  Object.assign(((state, _, generate) => one(state, [right], generate)) as Scorer, { scorerName: one.scorerName });

function regex(source: string, place: string): Scorer {
  const search = linearRegExp(source, place);
  const grade = (reply: string): Score => {
    try {
      return verdict(search.test(reply), { answer: reply });
    } catch (thrown) {
      if (thrown instanceof TooLong) return unscored(thrown.message);
      throw thrown;
    }
  };
  return scorer("regex", ({ output }) => grade(output!.content), { source });
}

function text(value: unknown, place: string): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string" || isBlankText(value))
    throw new ConfigError(place, "must have a text as its value", value);
  return value;
}

function texts(value: unknown, place: string): string[] {
  const all = typeof value === "string" ? value.split(",").map((each) => each.trim()) : value;
  if (!Array.isArray(all) || all.length === 0)
    throw new ConfigError(place, "must have texts, or a text with commas, as its value", value);
  return all.map((each) => text(each, place));
}

function schemaOf(value: unknown, place: string): { schema?: Readonly<Record<string, unknown>> } {
  if (value === undefined || value === "") return {};
  const schema = typeof value === "string" ? parsed(value, place) : value;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema))
    throw new ConfigError(place, "must have a JSON Schema as its value", value);
  return { schema: schema as Readonly<Record<string, unknown>> };
}

function parsed(value: string, place: string): unknown {
  try {
    return JSON.parse(value);
  } catch (thrown) {
    throw new ConfigError(place, `must have a JSON Schema as its value: ${(thrown as Error).message}`);
  }
}

/** Faults of a scorer's options, with the place of the assertion. */
function within<T>(place: string, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof ConfigError) || thrown.path.startsWith(place)) throw thrown;
    throw faultIn(place, thrown);
  }
}
