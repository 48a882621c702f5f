import { ConfigFault, show } from "#src/kernel/fault";
import { type ForeignAnswer, type ForeignRecord, isRecord, withoutNaN } from "./foreign.ts";
import { parseJsonl } from "./jsonl.ts";

/**
 * The answers in a `samples_<task>_<date>.jsonl` of lm-evaluation-harness (`--log_samples`). Of a multiple-choice task the completion is
 * the continuation that was found most likely. Metrics that have no number per sample, such as its corpus-wide `f1`, are left out.
 *
 * @param filter which of the task's filters, where it has several: `strict-match`; the first in the file when absent
 * @throws ConfigFault for lines that are no samples, or a filter that the file does not have
 * @example lmEvalSamples(readFileSync("samples_gsm8k_2026-11-25T12-00-00.jsonl", "utf8"))
 */
export function lmEvalSamples(text: string, source = "samples.jsonl", filter?: string): ForeignAnswer[] {
  const rows = parseJsonl(withoutNaN(text), source).map(({ row, place }) => {
    if (isRecord(row) && "doc_id" in row && ("resps" in row || "filtered_resps" in row)) return row;
    throw new ConfigFault(place, "must be a sample of lm-evaluation-harness, with doc_id and resps", row);
  });
  const wanted = filter ?? rows[0]?.filter;
  const chosen = rows.filter((row) => row.filter === wanted);
  if (chosen.length === 0) {
    const filters = [...new Set(rows.map((row) => show(row.filter)))].join(", ");
    throw new ConfigFault(source, `must have samples of the filter ${show(wanted)}`, undefined, `It has ${filters}`);
  }
  return chosen.map((row) => ({
    id: String(row.doc_id),
    repeat: 0,
    input: row.doc,
    target: row.target,
    completion: mostLikely(row) ?? firstText(row.filtered_resps) ?? firstText(row.resps) ?? "",
    scores: scoresOf(row),
  }));
}

/** The metrics that a sample lists; older files do not list them, and every number is one. */
function scoresOf(row: ForeignRecord): ForeignRecord {
  const names = Array.isArray(row.metrics)
    ? row.metrics.map(String)
    : Object.keys(row).filter((key) => key !== "doc_id");
  return Object.fromEntries(
    names.flatMap((name) => (["number", "boolean"].includes(typeof row[name]) ? [[name, row[name]]] : [])),
  );
}

/** The first text in nested lists: replies come as `[["text"]]`. */
const firstText = (value: unknown): string | undefined =>
  Array.isArray(value) ? firstText(value[0]) : value === undefined || value === null ? undefined : String(value);

/** The continuation of the largest log-likelihood; nothing where the replies are no pairs of likelihood and greediness. */
function mostLikely({ filtered_resps: replies, arguments: given }: ForeignRecord): string | undefined {
  if (!Array.isArray(replies) || replies.length < 2 || !replies.every(isLikelihood)) return undefined;
  const likelihoods = replies.map(([likelihood]) => Number(likelihood));
  const best = likelihoods.indexOf(Math.max(...likelihoods));
  const request: unknown = Object.values(given ?? {})[best]; // a list, or gen_args_0, gen_args_1, ...
  const continuation = Object.values(request ?? {})[1]; // context and continuation
  return typeof continuation === "string" ? continuation.trim() : String(best);
}

const isLikelihood = (reply: unknown): reply is readonly [unknown, unknown] =>
  Array.isArray(reply) &&
  reply.length === 2 &&
  Number.isFinite(Number(reply[0])) &&
  /^(true|false)$/i.test(String(reply[1]));
