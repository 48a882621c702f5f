import { ConfigError, show } from "#src/kernel/errors";
import { type ForeignAnswer, type ForeignRecord, isRecord, parsePython } from "./foreign.ts";
import { parseJsonl } from "./jsonl.ts";

/**
 * The answers in a `samples_<task>_<date>.jsonl` of lm-evaluation-harness (`--log_samples`). Of a multiple-choice task the completion is
 * the continuation that was found most likely. Metrics that have no number per sample, such as its corpus-wide `f1`, are left out. Where a
 * task asked several times, its filter made one answer of the replies, and the answer's note says so.
 *
 * @param filter which of the task's filters: `strict-match`; it must be named where the file has several
 * @throws ConfigError for lines that are not samples, several filters, or one that the file does not have
 * @example lmEvalSamples(readFileSync("samples_gsm8k_2026-11-25T12-00-00.jsonl", "utf8"))
 */
export function lmEvalSamples(text: string, source = "samples.jsonl", filter?: string): ForeignAnswer[] {
  const rows = parseJsonl(text, source, parsePython).map(({ row, place }) => {
    if (
      isRecord(row) &&
      ["string", "number"].includes(typeof row.doc_id) &&
      ("resps" in row || "filtered_resps" in row)
    )
      return row;
    throw new ConfigError(place, "must be a sample of lm-evaluation-harness, with doc_id and resps", row);
  });
  return filtered(rows, filter, source).map((row) => {
    const replies = repliesOf(row.resps);
    return {
      id: String(row.doc_id),
      repeat: 0,
      input: row.doc,
      target: row.target,
      ...(typeof row.doc_hash === "string" ? { contentHash: row.doc_hash } : {}),
      completion: mostLikely(row) ?? firstText(row.filtered_resps) ?? firstText(row.resps) ?? "",
      scores: scoresOf(row),
      ...(replies > 1 ? { note: `an answer was made by a filter from ${replies} replies` } : {}),
    };
  });
}

/** The samples of one filter. Which of several is meant cannot be known: they score the same replies differently. */
function filtered(
  rows: readonly ForeignRecord[],
  filter: string | undefined,
  source: string,
): readonly ForeignRecord[] {
  const filters = [...new Set(rows.map((row) => row.filter))];
  if (filter === undefined && filters.length <= 1) return rows;
  const chosen = rows.filter((row) => row.filter === filter);
  if (filter !== undefined && chosen.length > 0) return chosen;
  const there = filters.map(show).join(", ");
  if (filter !== undefined)
    throw new ConfigError(source, `must have samples of the filter ${show(filter)}`, undefined, `It has ${there}`);
  throw new ConfigError(
    source,
    `has samples of several filters, ${there}`,
    undefined,
    `Name one: lmEvalSamples(text, ${show(source)}, ${show(filters[0])})`,
  );
}

/** The most replies to one request. */
const repliesOf = (resps: unknown): number =>
  Array.isArray(resps) ? resps.reduce((most, each) => Math.max(most, Array.isArray(each) ? each.length : 1), 0) : 0;

/** What a sample has besides its metrics, in whatever version. */
const noMetrics = ["doc_id", "target", "doc_hash", "prompt_hash", "target_hash", "filter", "native_id", "label"];

/** The metrics that a sample lists; older files do not list them, and every number is one that is not known to be something else. */
function scoresOf(row: ForeignRecord): ForeignRecord {
  const names = Array.isArray(row.metrics)
    ? row.metrics.map(String)
    : Object.keys(row).filter((key) => !noMetrics.includes(key));
  return Object.fromEntries(
    names.flatMap((name) => (["number", "boolean"].includes(typeof row[name]) ? [[name, row[name]]] : [])),
  );
}

/** The first text in nested lists: replies come as `[["text"]]`. */
const firstText = (value: unknown): string | undefined =>
  Array.isArray(value) ? firstText(value[0]) : value === undefined || value === null ? undefined : String(value);

/** The continuation of the largest log-likelihood; nothing where the replies are not pairs of likelihood and greediness. */
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
