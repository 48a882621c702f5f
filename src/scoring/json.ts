import { z } from "zod";
import { canonicalJson } from "#src/kernel/digest";
import { parseJson } from "#src/kernel/json";
import { parseOptions } from "#src/kernel/parse";
import { TooLong } from "#src/schema/linear-regexp";
import { describeSchema, type JsonCheck, type JsonSchemaInput, jsonCheck } from "#src/schema/schema";
import { jsonSpans } from "./json-scan.ts";
import { type Score, type Scorer, scorer, targetScorer, unscored, verdict } from "./scorer.ts";

export interface JsonOptions {
  /** What the value must look like: JSON Schema (draft 2020-12, or 07 where `$schema` says so), zod, or another Standard Schema. */
  readonly schema?: JsonSchemaInput | undefined;
}

const jsonOptions = z.strictObject({ schema: z.custom<JsonSchemaInput>().optional() });

/** Options of a row's own: whatever its schema is, it may not hold up the run. */
interface DataOptions extends JsonOptions {
  readonly isData?: true;
}

/**
 * Correct where the whole reply is JSON, and fits the schema where there is one. Blanks around it do not count; a code fence does.
 *
 * @throws ConfigError for a JSON Schema that is invalid
 * @example isJson({ schema: { type: "object", required: ["city"] } })
 */
export const isJson = (options: JsonOptions = {}): Scorer => wholeJson(options);

/** As `isJson`. */
export function wholeJson(options: DataOptions): Scorer {
  const check = checkOf(options, "isJson");
  return scorer(
    "isJson",
    async ({ output }) => {
      const read = readJson(output!.content);
      return read.ok ? judge(await problemOf(check, [read.text]), 1) : verdict(false, { explanation: read.error });
    },
    descriptionOf(options),
  );
}

/**
 * Correct where the reply contains a JSON object or array, in prose or in a code fence, that fits the schema where there is one. Of several
 * that fit, the last is the answer: models draft first. JSON inside other JSON does not count by itself.
 *
 * @throws ConfigError for a JSON Schema that is invalid
 * @example containsJson({ schema: z.object({ city: z.string() }) })
 */
export const containsJson = (options: JsonOptions = {}): Scorer => jsonWithin(options);

/** As `containsJson`. */
export function jsonWithin(options: DataOptions): Scorer {
  const check = checkOf(options, "containsJson");
  return scorer(
    "containsJson",
    async ({ output }) => {
      const reply = output!.content;
      const texts = jsonSpans(reply).map(({ start, end }) => reply.slice(start, end));
      if (texts.length === 0) return verdict(false, { explanation: "The reply contains no JSON object or array" });
      return judge(await problemOf(check, texts.toReversed()), texts.length);
    },
    descriptionOf(options),
  );
}

/**
 * Correct where the whole reply is JSON equal to the target's, or to a value: members in any order, numbers by value, lists in their order.
 *
 * A target that is not JSON leaves the sample unscored.
 *
 * @example equalsJson({ city: "Paris" })
 */
export function equalsJson(value?: unknown): Scorer {
  if (value !== undefined) {
    const wanted = [JSON.parse(canonicalJson(value)) as unknown];
    return scorer("equalsJson", ({ output }) => compare(output!.content, wanted), { value });
  }
  return targetScorer(
    "equalsJson",
    ({ output }, target) => {
      const wanted = target.filter((text) => text.trim() !== "").map(readJson);
      const broken = wanted.find((each) => !each.ok);
      if (broken && !broken.ok) return unscored(`the target is not JSON: ${broken.error}`);
      return compare(
        output!.content,
        wanted.flatMap((each) => (each.ok ? [each.value] : [])),
      );
    },
    {},
  );
}

function compare(reply: string, wanted: readonly unknown[]): Score {
  const read = readJson(reply);
  if (!read.ok) return verdict(false, { explanation: read.error });
  try {
    return verdict(
      wanted.some((each) => sameJson(read.value, each)),
      { answer: read.text },
    );
  } catch (thrown) {
    return tooDeep(thrown);
  }
}

/** Whether two values that JSON can hold are equal. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameJson(a[i], b[i])) return false;
    return true;
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  for (const key of keys) if (!Object.hasOwn(right, key) || !sameJson(left[key], right[key])) return false;
  return true;
}

type Read =
  | { readonly ok: true; readonly text: string; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

function readJson(text: string): Read {
  const bare = text.trim();
  if (bare === "") return { ok: false, error: "it is blank" };
  try {
    return { ok: true, text: bare, value: parseJson(bare) };
  } catch (thrown) {
    return { ok: false, error: (thrown as Error).message };
  }
}

interface Judged {
  readonly text: string;
  readonly problem: string | undefined;
}

/** The first of the texts that fits, else what is wrong with the first; or why that cannot be decided. */
async function problemOf(check: JsonCheck | undefined, texts: readonly string[]): Promise<Judged | Score> {
  let first: Judged | undefined;
  for (const text of texts) {
    let problem: string | undefined;
    try {
      problem = await check?.(JSON.parse(text));
    } catch (thrown) {
      return tooDeep(thrown);
    }
    if (problem === undefined) return { text, problem };
    first ??= { text, problem };
  }
  return first!;
}

const judge = (found: Judged | Score, of: number): Score =>
  "text" in found
    ? verdict(found.problem === undefined, {
        answer: found.text,
        explanation:
          found.problem &&
          (of > 1 ? `None of ${of} JSON values fits the schema; the last: ${found.problem}` : found.problem),
      })
    : found;

/** A recursive schema or a comparison may go deeper than the stack. */
function tooDeep(thrown: unknown): Score {
  if (thrown instanceof RangeError) return unscored("the JSON is nested too deeply to be compared");
  if (thrown instanceof TooLong) return unscored(thrown.message);
  throw thrown;
}

function checkOf({ isData, ...options }: DataOptions, name: string): JsonCheck | undefined {
  const { schema } = parseOptions(jsonOptions, options, name);
  return schema === undefined ? undefined : jsonCheck(schema, `${name}.schema`, isData);
}

const descriptionOf = ({ schema }: JsonOptions): unknown =>
  schema === undefined ? {} : { schema: describeSchema(schema) };
