import { ConfigFault } from "#src/kernel/fault";
import { type ForeignAnswer, type ForeignRecord, finite, isRecord, withoutNaN } from "./foreign.ts";

/**
 * The answers in a `.json` log of inspect_ai, with their time and tokens. Its epochs are repeats. A sample that ended in an error is one
 * without an answer; one that was scored although it failed keeps its scores.
 *
 * @throws ConfigFault for text that is no such log; logs with the ending `.eval` become `.json` by `inspect log convert`
 * @example inspectLog(readFileSync("2026-11-25T12-00-00_popularity.json", "utf8"))
 */
export function inspectLog(text: string, source = "log.json"): ForeignAnswer[] {
  if (text.startsWith("PK"))
    throw new ConfigFault(source, "must be a .json log", undefined, "Write one with `inspect log convert --to json`");
  const log = parse(text, source);
  if (!isRecord(log) || !Array.isArray(log.samples))
    throw new ConfigFault(source, "must be a log of inspect_ai with its samples");
  return log.samples.filter(isRecord).map((sample) => {
    const scores = isRecord(sample.scores) ? sample.scores : {};
    const error = isRecord(sample.error) && Object.keys(scores).length === 0 ? sample.error : undefined;
    const [seconds, tokens] = [finite(sample.total_time), tokensOf(sample.model_usage)];
    return {
      id: String(sample.id),
      repeat: Number(sample.epoch ?? 1) - 1,
      input: sample.input,
      target: sample.target,
      completion: completionOf(sample.output),
      scores: Object.fromEntries(
        Object.entries(scores).map(([name, score]) => [name, isRecord(score) ? score.value : score]),
      ),
      ...(error ? { error: String(error.message ?? "it failed") } : {}),
      ...(seconds === undefined ? {} : { latency: seconds * 1000 }),
      ...(tokens === undefined ? {} : { tokens }),
    };
  });
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
    isRecord(each) ? (finite((each as ForeignRecord).total_tokens) ?? []) : [],
  );
  return totals.length === 0 ? undefined : totals.reduce((sum, total) => sum + total, 0);
}

function parse(text: string, source: string): unknown {
  try {
    return JSON.parse(withoutNaN(text));
  } catch (error) {
    throw new ConfigFault(source, `must be JSON (${(error as Error).message})`);
  }
}
