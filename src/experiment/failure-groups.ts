import type { Failure } from "#src/kernel/failure";
import { redact } from "#src/kernel/redact";

/** Failures that say the same, numbers and ids aside. */
export interface FailureGroup {
  readonly kind: Failure["kind"];
  /** What the first of them said: one line, without secrets, at most 300 characters. */
  readonly message: string;
  readonly times: number;
  /** How many of them each condition had, in the order in which they came. */
  readonly conditions: Readonly<Record<string, number>>;
}

/** The most frequent groups, most first, and the failures of all others. */
export interface FailureSummary {
  readonly groups: readonly FailureGroup[];
  readonly others: number;
}

/** Failures counted by what they say, in memory that does not grow with their number. */
export interface FailureCounts {
  readonly failures: number;
  readonly groups: ReadonlyMap<string, FailureGroup>;
}

export const emptyFailures: FailureCounts = { failures: 0, groups: new Map() };

/** Groups that are kept apart; what says yet another thing is counted alone. */
const MOST_GROUPS = 100;
const LONGEST = 300;

/** Counts one failure more. The old counts are spent. */
export function countFailure(
  { failures, groups }: FailureCounts,
  { error, condition }: { readonly error?: Failure; readonly condition?: string },
): FailureCounts {
  const { kind = "unknown", message = "" } = error ?? {};
  const line = oneLine(message);
  const key = `${kind} ${alike(line)}`;
  const known = groups.get(key);
  if (!known && groups.size >= MOST_GROUPS) return { failures: failures + 1, groups };
  const conditions = new Map(Object.entries(known?.conditions ?? {}));
  if (condition !== undefined) conditions.set(condition, (conditions.get(condition) ?? 0) + 1);
  const group = {
    kind,
    message: known?.message ?? line,
    times: (known?.times ?? 0) + 1,
    conditions: Object.fromEntries(conditions),
  };
  const next = groups === emptyFailures.groups ? new Map() : (groups as Map<string, FailureGroup>);
  return { failures: failures + 1, groups: next.set(key, group) };
}

/**
 * The most frequent things that failures said.
 *
 * @param most groups to give
 * @example
 * const rows = [7, 8].map((id) => ({ condition: "a", error: { kind: "not_found" as const, message: `no item ${id}` } }));
 * mostFrequent(rows.reduce(countFailure, emptyFailures), 3)
 * // => { groups: [{ kind: "not_found", message: "no item 7", times: 2, conditions: { a: 2 } }], others: 0 }
 */
export function mostFrequent({ failures, groups }: FailureCounts, most: number): FailureSummary {
  const first = [...groups.values()].sort((a, b) => b.times - a.times).slice(0, most);
  return { groups: first, others: failures - first.reduce((sum, { times }) => sum + times, 0) };
}

/** @example failureWords({ kind: "timeout", message: "took longer than 50 ms" }) // => "timeout: took longer than 50 ms" */
export const failureWords = ({ kind, message }: Pick<FailureGroup, "kind" | "message">): string =>
  message === "" ? kind : `${kind}: ${message}`;

/** A text as one line of at most 300 characters, without secrets. Cut before it is redacted and after: a secret that begins within what is kept is seen whole. */
export const oneLine = (message: string): string => {
  const line = redact(message.slice(0, 4 * LONGEST))
    .replace(/\s+/g, " ")
    .trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST).replace(/[\uD800-\uDBFF]$/, "")} ...` : line;
};

/** A message without what tells one task from another: every word with a digit in it, such as a number, a date, an id. */
export const alike = (line: string): string => line.replace(/(?<![\w.:+-])[\w.:+-]*\d[\w.:+-]*/g, "#");
