import { fieldsOf } from "#src/experiment/fault-levels";
import { declaredMetric, type Metric } from "#src/experiment/metrics";
import { aimOf, describeLevelRule, type LevelRule, type OwnFaults } from "#src/faults/level";
import { aimedActor } from "#src/faults/level-actor";
import { pathMatches } from "#src/faults/rule";
import { type FaultMet, isOfLevel } from "#src/faults/task-faults";
import { didYouMean } from "#src/kernel/errors";
import type { Failure } from "#src/kernel/failure";
import type { FaultedAnalysis, FaultedCondition, LossAnalysis } from "./analysis.ts";
import type { NamedCondition, SettledOptions } from "./options.ts";
import { type ReadRow, type Row, readRow } from "./row.ts";

/** Rows of a run with levels of faults, as they are read. */
export interface FaultGathering {
  add(row: Row): void;
  /** @param metric by which answers are compared, and losses */
  analysis(metric: Metric, losses: LossAnalysis | undefined): FaultedAnalysis;
}

/** A task: whether a fault struck it, and what its answer is worth. */
interface Ended {
  readonly struck: boolean;
  readonly failed: boolean;
  /** Nothing for a task that failed, or could not be scored. */
  readonly value: number | undefined;
}

type Faulted = NamedCondition & { readonly faults: OwnFaults };

/** What one rule was aimed at, over all conditions of its level. */
interface Aimed {
  calls: number;
}

/** @returns nothing where no condition has a level of faults */
export function gatherFaults({ conditions = [], metrics }: SettledOptions): FaultGathering | undefined {
  const faulted = conditions.filter((condition): condition is Faulted => condition.faults !== undefined);
  const [first] = metrics;
  if (faulted.length === 0 || first === undefined) return undefined;
  const field = declaredMetric(first).from;
  const tasks = new Map(faulted.map(({ name }) => [name, new Map<string, Ended>()]));
  const aimed = new Map<string, Aimed>();
  const used = new Set<string>(); // names of tools that models called
  const fields = faulted.some(({ faults }) => faults.rules.some((rule) => rule.fields)) ? new Set<string>() : undefined;
  let rows = 0;
  const note = (level: string, met: readonly FaultMet[]): void => {
    for (const { rule, calls } of met) {
      const key = `${rule} ${level}`;
      const before = aimed.get(key) ?? { calls: 0 };
      before.calls += calls;
      aimed.set(key, before);
    }
  };
  /** Crashes of workers stand in failures alone, and every task has a worker. */
  const isOfWorkers = ({ target }: LevelRule, level: string): boolean => {
    const { kind, pattern } = aimOf(target);
    const aimed = kind === "actor" ? aimedActor(pattern) : undefined;
    if (!aimed || "refused" in aimed || aimed.actor !== "worker") return false;
    const own = faulted
      .filter(({ faults }) => faults.level === level)
      .flatMap(({ name }) => [...tasks.get(name)!.keys()]);
    return own.some((key) => pathMatches(aimed.path, workerPath(key)));
  };
  return {
    add(raw) {
      const own = tasks.get(raw.condition);
      const condition = own && faulted.find(({ name }) => name === raw.condition);
      rows += 1;
      if (!own || !condition) return;
      const row = readRow(raw, rows - 1);
      const met = metBy(raw);
      note(condition.faults.level, met);
      for (const { name, content } of toolMessages(raw)) {
        used.add(name);
        if (fields && fields.size < MOST_FIELDS) for (const field of fieldsIn(content)) fields.add(field);
      }
      own.set(keyOf(row), {
        struck: met.some(({ struck }) => struck > 0) || hasCrashed(raw),
        failed: row.status === "failed",
        value: row.values[field],
      });
    },
    analysis(metric, losses) {
      const struck = faulted.filter(({ faults }) => faults.rules.length > 0);
      return {
        metric: metric.name,
        conditions: struck.flatMap((condition) => {
          const clean = faulted.find(({ faults }) => faults.of === condition.faults.of && faults.rules.length === 0);
          return clean ? [summaryOf(condition, clean.name, tasks, metric)] : [];
        }),
        ...(losses ? { losses } : {}),
        unmatched: [...new Map(struck.map(({ faults }) => [faults.level, faults])).values()].flatMap((faults) =>
          struck.some(({ name, faults: { level } }) => level === faults.level && tasks.get(name)!.size > 0)
            ? faults.rules.flatMap((rule, i) =>
                aimed.has(`${i} ${faults.level}`) || isOfWorkers(rule, faults.level)
                  ? []
                  : [unmatched(rule, faults.level, used, fields)],
              )
            : [],
        ),
      };
    },
  };
}

const keyOf = ({ itemId, repeat = 0 }: ReadRow): string => `${itemId}\u0000${repeat}`;

/** Where the worker of a task stands in the tree, whatever its condition. */
function workerPath(key: string): string {
  const [itemId, repeat] = key.split("\u0000") as [string, string];
  return `conditions/any/tasks/${itemId.replaceAll("/", "%2F")}#${repeat}`;
}

const metBy = (row: Row): readonly FaultMet[] => (Array.isArray(row.faults) ? (row.faults as FaultMet[]) : []);

/** Whether a fault of its level made a worker of the task crash: that stands in its failures alone. */
const hasCrashed = (row: Row): boolean =>
  [...(Array.isArray(row.errorHistory) ? row.errorHistory : []), row].some(
    ({ error }: { error?: unknown }) => isFailure(error) && isOfLevel(error),
  );

const isFailure = (error: unknown): error is Failure => typeof (error as Failure | undefined)?.message === "string";

function summaryOf(
  { name, faults }: Faulted,
  clean: string,
  tasks: ReadonlyMap<string, ReadonlyMap<string, Ended>>,
  { direction }: Metric,
): FaultedCondition {
  const own = tasks.get(name)!;
  const counts = { met: 0, recovered: 0, worse: 0, gaveUp: 0, unscored: 0, unknown: 0 };
  for (const [key, { struck, failed, value }] of own) {
    if (!struck) continue;
    counts.met += 1;
    const before = tasks.get(clean)!.get(key)?.value;
    if (value === undefined) {
      counts.gaveUp += 1;
      if (!failed) counts.unscored += 1;
    } else if (before === undefined) counts.unknown += 1;
    else if (isAsGood(value, before, direction)) counts.recovered += 1;
    else counts.worse += 1;
  }
  return {
    condition: name,
    of: faults.of,
    level: faults.level,
    clean,
    rules: faults.rules.map(describeLevelRule),
    ended: own.size,
    ...counts,
  };
}

/** Where neither way is better, only the same value is as good. */
function isAsGood(value: number, before: number, direction: Metric["direction"]): boolean {
  if (direction === "none") return value === before;
  return direction === "lower" ? value <= before : value >= before;
}

/** Names of fields that are kept to find the nearest among them. */
const MOST_FIELDS = 500;

/** The calls of tools, by the messages of the row. */
function toolMessages(row: Row): { readonly name: string; readonly content: unknown }[] {
  const { messages } = (row.output ?? {}) as { messages?: unknown };
  if (!Array.isArray(messages)) return [];
  return messages.flatMap((message: { role?: unknown; name?: unknown; content?: unknown }) =>
    message?.role === "tool" && typeof message.name === "string"
      ? [{ name: message.name, content: message.content }]
      : [],
  );
}

/** The dotted names of what a tool said, where that is JSON. */
function fieldsIn(content: unknown): Iterable<string> {
  if (typeof content !== "string" || !/^\s*[[{]/.test(content)) return [];
  try {
    return fieldsOf([{ row: JSON.parse(content) }]);
  } catch {
    return [];
  }
}

function unmatched(
  rule: LevelRule,
  level: string,
  used: ReadonlySet<string>,
  fields: ReadonlySet<string> = new Set(),
): string {
  const { kind, pattern } = aimOf(rule.target);
  const what = {
    tool: rule.fields ? "no result of such a tool has such a field" : "no tool of that name was called",
    scorer: "no scorer of that name was asked",
    backend: rule.fields ? "no reply of such a backend has such a field" : "no call of that backend was made",
    rows: "no row has such a field",
    actor: "no task has such a path, or no attempt that ended has that number",
  };
  const [wanted, known] = rule.fields ? [rule.fields[0]!, fields] : [pattern, used];
  const near = kind === "tool" && known.size > 0 ? `. ${didYouMean(wanted, known)}` : ".";
  return `The fault "${describeLevelRule(rule)}" of level ${level} never matched anything: ${what[kind as keyof typeof what]}${near}`;
}
