import { ConfigFault, show } from "#src/kernel/fault";
import { parseJsonl } from "./jsonl.ts";

/** One answer of a run that another program made. */
export interface ForeignAnswer {
  readonly id: string;
  /** Counted from 0. */
  readonly repeat: number;
  readonly input: unknown;
  readonly target: unknown;
  readonly completion: string;
  /** Scores by name as the other program gave them: numbers, yes or no, or inspect's letters. */
  readonly scores: Readonly<Record<string, unknown>>;
}

type Row = Readonly<Record<string, unknown>>;
const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The answers in a `samples_<task>_<date>.jsonl` of lm-evaluation-harness.
 *
 * @param filter which of the task's filters, where it has several: `strict-match`; the first in the file when absent
 * @throws ConfigFault for lines that are no samples, or a filter that the file does not have
 */
export function lmEvalSamples(text: string, source = "samples.jsonl", filter?: string): ForeignAnswer[] {
  const rows = parseJsonl(text, source).map(({ row, place }) => {
    if (isRow(row) && "doc_id" in row && Array.isArray(row.metrics)) return row;
    throw new ConfigFault(place, "must be a sample of lm-evaluation-harness, with doc_id and metrics", row);
  });
  const wanted = filter ?? rows[0]?.filter;
  const chosen = rows.filter((row) => row.filter === wanted);
  if (chosen.length === 0) throw new ConfigFault(source, `must have samples of the filter ${show(wanted)}`);
  return chosen.map((row) => ({
    id: String(row.doc_id),
    repeat: 0,
    input: row.doc,
    target: row.target,
    completion: firstText(row.filtered_resps) ?? firstText(row.resps) ?? "",
    scores: Object.fromEntries((row.metrics as string[]).map((name) => [name, row[name]])),
  }));
}

/** The first text in nested lists: replies come as `[["text"]]`. */
const firstText = (value: unknown): string | undefined =>
  Array.isArray(value) ? firstText(value[0]) : value === undefined || value === null ? undefined : String(value);

/**
 * The answers in a `.json` log of inspect_ai. Its epochs are repeats; samples that ended in an error have no scores.
 *
 * @throws ConfigFault for text that is no such log
 */
export function inspectLog(text: string, source = "log.json"): ForeignAnswer[] {
  const log = parse(text, source);
  if (!isRow(log) || !Array.isArray(log.samples))
    throw new ConfigFault(source, "must be a log of inspect_ai with its samples", log);
  return (log.samples as Row[]).map((sample) => ({
    id: String(sample.id),
    repeat: Number(sample.epoch ?? 1) - 1,
    input: sample.input,
    target: sample.target,
    completion: isRow(sample.output) ? String(sample.output.completion ?? "") : "",
    scores: Object.fromEntries(
      Object.entries(isRow(sample.scores) ? sample.scores : {}).map(([name, score]) => [
        name,
        isRow(score) ? score.value : score,
      ]),
    ),
  }));
}

function parse(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigFault(source, `must be JSON (${(error as Error).message})`);
  }
}
