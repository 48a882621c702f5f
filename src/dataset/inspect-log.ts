import { ConfigError } from "#src/kernel/errors";
import { type ForeignAnswer, type ForeignRecord, finite, isRecord, parsePython } from "./foreign.ts";
import { evalLog } from "./inspect-eval.ts";

/** How a log is read. */
export interface InspectLogOptions {
  /** Bytes that an `.eval` log may unpack to; 1 GiB when absent. */
  readonly maxUnpackedBytes?: number;
}

/**
 * The answers in a log of inspect_ai, `.json` or `.eval`, with their time and tokens. Its epochs are repeats. A sample that ended in an error is
 * one without an answer; one that was scored although it failed keeps its scores. Answers of a log that is not whole say so in their note.
 *
 * @param content text of a `.json` log, or the bytes of either
 * @param source name of the file, for messages
 * @throws ConfigError for what is no such log, with the place of the sample that cannot be read
 * @example inspectLog(readFileSync("2026-11-25T12-00-00_popularity.eval"))
 */
export function inspectLog(
  content: string | Uint8Array,
  source = "log.json",
  { maxUnpackedBytes = 2 ** 30 }: InspectLogOptions = {},
): ForeignAnswer[] {
  const log = logOf(content, source, maxUnpackedBytes);
  if (!isRecord(log) || !Array.isArray(log.samples)) {
    throw new ConfigError(source, "must be a log of inspect_ai with its samples", undefined, withoutSamples(log));
  }
  const note = noteOf(log);
  return log.samples.map((sample: unknown, i) => {
    const place = `${source} samples[${i}]`;
    if (!isRecord(sample) || (typeof sample.id !== "string" && typeof sample.id !== "number"))
      throw new ConfigError(place, "must be a sample with an id", sample);
    const notes = [note, ...notesOfSample(sample)].filter((each) => each !== undefined);
    return { ...answerOf(sample, log, place), ...(notes.length === 0 ? {} : { note: notes.join("; ") }) };
  });
}

/** Why a log may have no samples. */
function withoutSamples(log: unknown): string | undefined {
  if (!isRecord(log) || typeof log.status !== "string") return undefined;
  const status = `Its status is ${JSON.stringify(log.status)}`;
  return log.status === "success" ? `${status}: it was written without them (--no-log-samples)` : status;
}

function answerOf(sample: ForeignRecord, log: ForeignRecord, place: string): ForeignAnswer {
  const scores = scoresOf(sample, log);
  const error = Object.keys(scores).length === 0 ? errorOf(sample) : undefined;
  const [seconds, tokens] = [finite(sample.total_time), tokensOf(sample.model_usage)];
  const epoch = sample.epoch ?? 1;
  if (typeof epoch !== "number" || !(Number.isSafeInteger(epoch) && epoch >= 1))
    throw new ConfigError(`${place}.epoch`, "must be a whole number from 1 up", epoch);
  const { attachments } = sample;
  const whole = <T>(value: T): T => (isRecord(attachments) ? (attached(value, attachments) as T) : value);
  return {
    id: String(sample.id),
    repeat: epoch - 1,
    input: whole(sample.input),
    target: whole(sample.target),
    completion: textAt(whole(completionOf(sample.output)), `${place}.output`),
    scores: whole(scores),
    ...(error === undefined ? {} : { error }),
    ...(seconds === undefined ? {} : { latency: seconds * 1000 }),
    ...(tokens === undefined ? {} : { tokens }),
  };
}

/** Why a sample has no answer: by its own error, or its model's. */
function errorOf({ error, output }: ForeignRecord): string | undefined {
  if (isRecord(error)) return String(error.message ?? "it failed");
  const ofModel = isRecord(output) ? output.error : undefined;
  return typeof ofModel === "string" && ofModel !== "" ? ofModel : undefined;
}

/** What to know of single samples: that somebody declared them invalid, or that they ran into a limit. */
function notesOfSample({ invalidation, limit }: ForeignRecord): readonly string[] {
  const reason = isRecord(invalidation) && typeof invalidation.reason === "string" ? `: ${invalidation.reason}` : "";
  const kind = isRecord(limit) && typeof limit.type === "string" ? limit.type : undefined;
  return [
    ...(isRecord(invalidation) ? [`samples were declared invalid${reason}`] : []),
    ...(kind === undefined ? [] : [`samples were ended by their ${kind} limit`]),
  ];
}

/** Scores by scorer. The oldest logs have one, `score`, and name its scorer in their results. */
function scoresOf({ scores, score }: ForeignRecord, { results }: ForeignRecord): ForeignRecord {
  const givenOf = (each: unknown): unknown => (isRecord(each) ? each.value : each);
  if (isRecord(scores)) return Object.fromEntries(Object.entries(scores).map(([name, each]) => [name, givenOf(each)]));
  if (score === undefined || score === null) return {};
  const [first] = isRecord(results) && Array.isArray(results.scores) ? results.scores : [];
  const scorer: unknown = first ?? (isRecord(results) ? results.scorer : undefined);
  return { [isRecord(scorer) && typeof scorer.name === "string" ? scorer.name : "score"]: givenOf(score) };
}

const reference = /attachment:\/\/(\w+)/g;

/** A value with what is kept apart, under `attachments`, in its place. */
function attached(value: unknown, attachments: ForeignRecord): unknown {
  if (typeof value === "string")
    return value.includes("attachment://")
      ? value.replace(reference, (found, key: string) =>
          Object.hasOwn(attachments, key) ? String(attachments[key]) : found,
        )
      : value;
  if (Array.isArray(value)) return value.map((each) => attached(each, attachments));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, attached(each, attachments)]));
}

/** A completion; one that is nothing but a reference cannot be known. */
function textAt(text: string, place: string): string {
  if (/^attachment:\/\/[0-9a-f]{32}$/.test(text))
    throw new ConfigError(place, "must have its attachment in the log", text, "It was written without its attachments");
  return text;
}

/** The text of the first choice; newer logs repeat it as `completion`. Content may be a list of parts. */
function completionOf(output: unknown): string {
  if (!isRecord(output)) return "";
  if (typeof output.completion === "string") return output.completion;
  const choice: unknown = Array.isArray(output.choices) ? output.choices[0] : undefined;
  const content = isRecord(choice) && isRecord(choice.message) ? choice.message.content : undefined;
  if (!Array.isArray(content)) return typeof content === "string" ? content : "";
  return content.map((part) => (isRecord(part) && typeof part.text === "string" ? part.text : "")).join("");
}

/** The sum over models. */
function tokensOf(usage: unknown): number | undefined {
  const totals = Object.values(isRecord(usage) ? usage : {}).flatMap((each) =>
    isRecord(each) ? (finite(each.total_tokens) ?? []) : [],
  );
  return totals.length === 0 ? undefined : totals.reduce((sum, total) => sum + total, 0);
}

/** Says that a run did not complete, and why where the log says. */
function noteOf({ status, error }: ForeignRecord): string | undefined {
  if (status === undefined || status === "success") return undefined;
  const why = isRecord(error) && typeof error.message === "string" ? `: ${error.message}` : "";
  return `its log is not whole (${String(status)}${why})`;
}

function logOf(content: string | Uint8Array, source: string, most: number): unknown {
  const isZip =
    typeof content === "string" ? content.startsWith("PK\u0003\u0004") : content[0] === 80 && content[1] === 75;
  if (isZip) {
    if (typeof content !== "string") return evalLog(content, source, most);
    throw new ConfigError(
      source,
      "must be given as bytes",
      undefined,
      "Read it without an encoding: readFileSync(path)",
    );
  }
  try {
    return parsePython(
      typeof content === "string" ? content : new TextDecoder("utf-8", { fatal: true }).decode(content),
    );
  } catch (error) {
    throw new ConfigError(source, `must be JSON (${(error as Error).message})`);
  }
}
