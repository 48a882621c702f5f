import { type Ending, endingOf } from "#src/experiment/ending";
import { alike, oneLine } from "#src/experiment/failure-groups";
import { metricsOf, type Outcome, place } from "#src/experiment/outcome";
import { type FailureKind, failureKinds } from "#src/kernel/failure";
import { ownMember } from "#src/kernel/record";
import type { Analysis } from "./analysis.ts";
import { replyOf } from "./reply-sums.ts";

const digestOutcomes = ["failed", "unscored", "skipped", "wrong"] as const;
/** What became of a task that did not succeed, or that succeeded and is wrong. */
export type DigestOutcome = (typeof digestOutcomes)[number];

/** Which value of which field says that a task is wrong. */
export interface WrongWhere {
  readonly field: string;
  readonly value: number;
}

/** The task of a group that comes first in the plan. */
export interface DigestExample {
  readonly condition: string;
  readonly itemId: string;
  readonly repeat: number;
  /** Its place in the plan. */
  readonly ordinal: number;
  /** What was said of it: one line of at most 300 characters, without secrets. */
  readonly says: string;
}

/** Tasks that went wrong alike. */
export interface DigestGroup {
  readonly outcome: DigestOutcome;
  /** Of the failure; absent for a task that is wrong. */
  readonly kind?: FailureKind;
  /** What is said of all of them, numbers and ids as the first has them; only its first words where texts are shortened, empty where nothing is said of all. */
  readonly message: string;
  /** How the reply was ended, where not by itself. */
  readonly ending?: Ending;
  /** The limit of the task that was reached. */
  readonly limit?: string;
  /** Name of the tool whose error was the last one. */
  readonly tool?: string;
  /** Characters of the reply: 0, or the power of ten from which on. Absent for a failure, and without a known reply. */
  readonly length?: number;
  readonly tasks: number;
  /** How many of them each condition had, most first. */
  readonly conditions: Readonly<Record<string, number>>;
  readonly example: DigestExample;
}

/** All tasks that are not right, in groups. `tasks` is the sum of the groups' tasks and `others.tasks`. */
export interface FailureDigest {
  readonly tasks: number;
  readonly outcomes: Readonly<Record<DigestOutcome, number>>;
  /** When a task is called wrong; absent where no value of the first metric says so. */
  readonly wrongWhere?: WrongWhere;
  /** By outcome, failed ones first and wrong ones last; then largest first, and of equals the one whose example comes first in the plan. */
  readonly groups: readonly DigestGroup[];
  /** What is in no group above. */
  readonly others: { readonly groups: number; readonly tasks: number };
  /** Whether texts differ so much that some groups share their first words alone. */
  readonly isShortened: boolean;
}

/** Counts tasks that are not right, one row at a time. */
export interface DigestBuilder {
  add(row: Outcome): void;
  /** @param most groups to give of each outcome; the others are counted */
  digest(most?: number): FailureDigest;
}

/**
 * Groups tasks that failed, are wrong, unscored or skipped by what is said of them: message or judge's explanation with numbers and ids aside,
 * end and length of the reply, a tool's error. Every such task is counted once, and the order of rows does not matter.
 *
 * Time is linear in the rows. Memory does not grow with them: texts are counted whole, by their first words and not at all, side by side, each as long
 * as its groups are few; the digest is by the longest texts that still bring tasks together.
 *
 * @param wrongWhere which value says that a task is wrong; without it no task is
 * @param firstScorer name of the scorer of a condition whose values are `accuracy`
 * @example
 * const builder = digestBuilder({ field: "accuracy", value: 0 });
 * for await (const row of store.outcomes()) builder.add(row);
 * builder.digest().groups
 */
export function digestBuilder(
  wrongWhere?: WrongWhere,
  firstScorer: (condition: string) => string | undefined = () => undefined,
): DigestBuilder {
  const families = new Map<string, Family>();
  return {
    add(row) {
      const seen = symptomsOf(row, wrongWhere, firstScorer(row.condition));
      if (!seen) return;
      const name = `${seen.outcome} ${seen.kind ?? ""}`;
      let family = families.get(name);
      if (!family) {
        family = newFamily(seen.outcome);
        families.set(name, family);
      }
      count(family, seen, row);
    },
    digest: (most = 10) => {
      const shown: DigestGroup[] = [];
      const others = { groups: 0, tasks: 0 };
      const outcomes = { failed: 0, unscored: 0, skipped: 0, wrong: 0 };
      let isShortened = false;
      for (const outcome of digestOutcomes) {
        const groups: DigestGroup[] = [];
        for (const family of families.values()) {
          if (family.outcome !== outcome) continue;
          const level = levelOf(family);
          for (const group of family.levels[level]!.values()) groups.push(groupOf(group, level));
          outcomes[outcome] += family.tasks;
          isShortened ||= level > 0;
        }
        groups.sort((a, b) => b.tasks - a.tasks || a.example.ordinal - b.example.ordinal);
        shown.push(...groups.slice(0, most));
        for (const { tasks } of groups.slice(most)) {
          others.groups += 1;
          others.tasks += tasks;
        }
      }
      const tasks = Object.values(outcomes).reduce((sum, one) => sum + one, 0);
      return { tasks, outcomes, ...(wrongWhere ? { wrongWhere } : {}), groups: shown, others, isShortened };
    },
  };
}

/**
 * When a task is wrong by the first metric: it has the worst of two values, or 0 of a share of which more is better.
 *
 * @returns nothing for a metric that does not say: it is made from others, no way is better, or its values are no shares
 */
export function wrongWhereOf({ metrics: [first] }: Pick<Analysis, "metrics">): WrongWhere | undefined {
  if (!first || first.kind === "custom") return undefined;
  const { from: field, direction } = first.metric;
  const isShare = first.summaries.every(({ min, max }) => !(min.ok && min.value < 0) && !(max.ok && max.value > 1));
  if (direction === "higher" && isShare) return { field, value: 0 };
  return direction === "lower" && first.kind === "binary" ? { field, value: 1 } : undefined;
}

/** Words of a text by which tasks are told apart, level by level; the first is all of it, the last none. */
const WORDS = [Number.POSITIVE_INFINITY, 12, 4, 1, 0] as const;
const LAST = WORDS.length - 1;
/** Groups of each level in one family; a level that needs more is given up. The last needs none: what it tells apart is bounded. */
const MOST_GROUPS = [200, 500, 1000, 500, Number.POSITIVE_INFINITY] as const;
/** Groups that are few enough to be read, however few tasks they hold. */
const FEW = 10;

/** Tasks with one outcome and kind, grouped on each level that has not been given up. */
interface Family {
  readonly outcome: DigestOutcome;
  tasks: number;
  readonly levels: (Map<string, Counted> | undefined)[];
}

/** What a group is told apart by. */
interface Symptoms extends Pick<DigestGroup, "outcome" | "kind" | "ending" | "limit" | "tool" | "length"> {
  /** All that is said, one line. */
  readonly says: string;
}

interface Counted {
  tasks: number;
  readonly conditions: Map<string, number>;
  first: Symptoms;
  row: Pick<Outcome, "condition" | "itemId" | "repeat" | "ordinal">;
}

const newFamily = (outcome: DigestOutcome): Family => ({ outcome, tasks: 0, levels: WORDS.map(() => new Map()) });

function count(family: Family, seen: Symptoms, row: Outcome): void {
  family.tasks += 1;
  const words = alike(seen.says).split(" ");
  const { ending = "", limit = "", tool = "", length = "" } = seen;
  for (const [level, most] of WORDS.entries()) {
    const groups = family.levels[level];
    if (!groups) continue;
    const shown = level === LAST ? [] : [tool, ...words.slice(0, most)];
    const key = JSON.stringify([ending, limit, length, ...shown]);
    const known = groups.get(key);
    if (!known && groups.size >= MOST_GROUPS[level]!) {
      family.levels[level] = undefined; // whatever the order of rows, this level needs more than that
      continue;
    }
    const group = known ?? { tasks: 0, conditions: new Map<string, number>(), first: seen, row };
    if (!known) groups.set(key, group);
    group.tasks += 1;
    group.conditions.set(row.condition, (group.conditions.get(row.condition) ?? 0) + 1);
    if (row.ordinal < group.row.ordinal) {
      group.first = seen;
      group.row = row;
    }
    const { condition, itemId, repeat, ordinal } = group.row;
    group.row = group.row === row ? { condition, itemId, repeat, ordinal } : group.row; // not the row, which may be large
  }
}

/** The longest texts whose groups are few, or hold at least two tasks each in the mean. */
function levelOf({ levels, tasks }: Family): number {
  const found = levels.findIndex((groups) => groups && groups.size <= Math.max(FEW, tasks / 2));
  return found === -1 ? LAST : found;
}

function groupOf({ first, row, tasks, conditions }: Counted, level: number): DigestGroup {
  const { says, tool, ...told } = first;
  const words = says.split(" ");
  const most = WORDS[level]!;
  return {
    ...told,
    ...(tool !== undefined && level < LAST ? { tool } : {}),
    message: words.length > most ? (most === 0 ? "" : `${words.slice(0, most).join(" ")} ...`) : says,
    tasks,
    conditions: Object.fromEntries([...conditions].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    example: { ...row, says },
  };
}

const kinds: ReadonlySet<string> = new Set(failureKinds);

/** What is known of a task that is not right; nothing for one that is. */
function symptomsOf(row: Outcome, wrongWhere: WrongWhere | undefined, first: string | undefined): Symptoms | undefined {
  const ended = place[row.finalStatus];
  if (ended === "succeeded") {
    if (!wrongWhere || ownMember(metricsOf(row), wrongWhere.field) !== wrongWhere.value) return undefined;
    return { outcome: "wrong", ...replySymptoms(row, explanationOf(row, wrongWhere, first)) };
  }
  const { kind = "unknown", message = "" } = row.error ?? {};
  const known = { outcome: ended, kind: kinds.has(kind) ? kind : "unknown" } as const;
  if (ended !== "unscored") return { ...known, says: oneLine(String(message)) };
  return {
    outcome: ended,
    ...(row.error ? { kind: known.kind } : {}),
    ...replySymptoms(row, reasonOf(row, first) ?? String(message)),
  };
}

/** What the reply of a task shows: how it ended, how long it is, the last error of a tool, and what is said of it. */
function replySymptoms(row: Outcome, said: string): Omit<Symptoms, "outcome" | "kind"> {
  const ending = endingOf(row);
  const { output } = row;
  const reply = typeof output?.completion === "string" ? output.completion : replyOf(output);
  const failed = lastToolError(output?.messages);
  const limit = (output?.limit as { type?: unknown } | undefined)?.type;
  return {
    ...(ending !== undefined && ending !== "whole" ? { ending } : {}),
    ...(limits.has(limit) ? { limit: limit as string } : {}),
    ...(failed ? { tool: failed.tool } : {}),
    ...(reply === undefined ? {} : { length: sizeOf(reply.trim().length) }),
    says: oneLine([...(failed ? [failed.error] : []), ...(said === "" ? [] : [said])].join(" / ")),
  };
}

/** Limits that solvers know; whatever else a function calls one would be a group of its own for each word. */
const limits: ReadonlySet<unknown> = new Set(["message", "token", "cost", "turn"]);

/** The power of ten from which on: 100 for 345. */
const sizeOf = (characters: number): number => (characters === 0 ? 0 : 10 ** (String(characters).length - 1));

function lastToolError(messages: unknown): { readonly tool: string; readonly error: string } | undefined {
  if (!Array.isArray(messages)) return undefined;
  const last = messages.findLast((one) => one?.role === "tool" && typeof one.error === "string");
  return last && { tool: oneLine(String(last.name ?? "tool")), error: last.error.slice(0, LONG) };
}

/** Characters of which more cannot be seen. */
const LONG = 1200;

interface Told {
  readonly explanation?: unknown;
  readonly unscored?: unknown;
}

const scoresOf = ({ output }: Outcome): Readonly<Record<string, Told | null>> => {
  const scores = output?.scores;
  return typeof scores === "object" && scores !== null ? (scores as Readonly<Record<string, Told>>) : {};
};

/** Why the scorer of the field said so; a function's own `explanation`; else nothing. Stores keep scores in the order of their names. */
function explanationOf(row: Outcome, { field, value }: WrongWhere, first: string | undefined): string {
  const scores = scoresOf(row);
  const values = metricsOf(row);
  const alike = Object.keys(scores).filter((name) => ownMember(values, name) === value);
  const name = Object.hasOwn(scores, field)
    ? field
    : field === "accuracy"
      ? (first ?? (alike.length === 1 ? alike[0] : undefined))
      : undefined;
  const said = (name === undefined ? undefined : ownMember(scores, name)?.explanation) ?? row.output?.explanation;
  return typeof said === "string" ? said.slice(0, LONG) : "";
}

/** Why the first score could not be found out; of another one where it could. */
function reasonOf(row: Outcome, first: string | undefined): string | undefined {
  const scores = scoresOf(row);
  const reasons = [first === undefined ? undefined : ownMember(scores, first), ...Object.values(scores)];
  const said = reasons.find((score) => typeof score?.unscored === "string")?.unscored as string | undefined;
  return said?.slice(0, LONG);
}
