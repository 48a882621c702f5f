import type { ToolDefinition } from "#src/backends/backend";
import { FailureError } from "#src/kernel/failure";
import { isPlainJson } from "#src/kernel/json";
import type { Score } from "#src/scoring/scorer";
import { type Choice, Choices } from "#src/solver/choices";
import type { TaskState, TaskStateFields, Tool } from "#src/solver/state";
import type { Condition } from "./condition.ts";

/** The state of an answer that was given in this process: what would be restored is equal to it. Neither JSON nor copies have it. A `WeakMap` would double the time of garbage collection. */
const GIVEN: unique symbol = Symbol("given");

/** What a solver left, as plain JSON: its messages, and what else differs from the state that it began with. */
export interface AnswerState
  extends Partial<Omit<TaskStateFields, "messages" | "choices" | "tools" | "sampleId">>,
    Partial<Pick<TaskStateFields, "messages">> {
  readonly choices?: readonly Choice[];
  readonly tools?: readonly ToolDefinition[];
  /** Why it is not known what the solver left in `store` and `choices`; absent where it is. */
  readonly unknown?: string;
  readonly [GIVEN]?: TaskState;
}

/** An answer as an executor is given it, to be scored. */
export interface AnswerToScore {
  readonly state: AnswerState;
  /** Which attempt at the task gave it, counted from 1. */
  readonly attempts: number;
  /** What was measured of that attempt: its time without waits, in milliseconds, and its price. */
  readonly metrics: { readonly latency?: number; readonly cost?: number };
  /** Scores that an earlier attempt at scoring found before another scorer failed. */
  readonly scores?: readonly ScoreFound[];
}

/** The score that one scorer found. */
export interface ScoreFound {
  /** Place of the scorer among those of its condition, from 0. */
  readonly scorer: number;
  readonly score: Score;
}

/** Whether a condition's tasks have two stages: one that answers and one that scores. */
export const isScoredApart = ({ solver, scorers = [] }: Condition): boolean =>
  solver !== undefined && scorers.length > 0;

/** Characters of one answer: what is longer is scored where it was given. */
const MOST_CHARACTERS = 20_000_000;

const compared = [
  "model",
  "epoch",
  "branch",
  "input",
  "target",
  "output",
  "messageLimit",
  "tokenLimit",
  "costLimit",
  "completed",
  "limit",
  "toolChoice",
  "usage",
  "cost",
] as const satisfies readonly (keyof TaskStateFields)[];

/** A state that a solver is about to work on, as it must be known to say later what the solver changed. */
export interface Beginning {
  readonly state: TaskState;
  /** Its metadata as they were: a solver may write into the record itself. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const beginningOf = (state: TaskState): Beginning => ({ state, metadata: { ...state.metadata } });

/** The state of an answer that was given in this process; absent for one that came from a store or another process. */
export const givenState = (answer: AnswerState): TaskState | undefined => answer[GIVEN];

/**
 * What is to be stored of the state that a solver left.
 *
 * @returns nothing where it would not be the same after it was stored: a `Map` in its store, a function, an endless number, too long
 */
export function answerStateOf(final: TaskState, { state: start, metadata }: Beginning): AnswerState | undefined {
  const kept: Record<string, unknown> = { messages: final.messages };
  for (const name of compared) {
    if (final[name] === start[name]) continue;
    if (final[name] === undefined) return undefined; // JSON has no word for what was taken away
    kept[name] = final[name];
  }
  if (!sameMembers(final.metadata, metadata)) kept.metadata = final.metadata;
  if (hasMembers(final.store)) kept.store = final.store;
  if (hasMembers(final.scores)) kept.scores = final.scores;
  if (final.choices !== start.choices) kept.choices = final.choices.all;
  if (final.tools.length > 0)
    kept.tools = final.tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
  if (!isPlainJson(kept, MOST_CHARACTERS)) return undefined;
  if (final.tools.length === 0) Object.defineProperty(kept, GIVEN, { value: final }); // tools of a stored answer cannot be called, here as anywhere
  return kept as unknown as AnswerState;
}

/** What is kept in the row of a task of what its solver left, beside what the row has in words of its own. */
const keptInRow = ["model", "branch", "input", "metadata", "store", "choices", "tools", "toolChoice"] as const;

/** What else a solver left, for scorers that come later: nothing where it left nothing else, and null where it could not be stored. */
export type SolverState = Pick<AnswerState, (typeof keptInRow)[number]> | null;

export function solverStateOf(state: AnswerState | undefined): SolverState | undefined {
  if (!state) return null;
  const kept = keptInRow.filter((name) => state[name] !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept.map((name) => [name, state[name]])) : undefined;
}

/**
 * The state that a solver left, from what was stored of it and the state that it began with. Its tools can be looked at and not called;
 * what is not known of it fails the attempt that asks for it.
 */
export function restoredState(
  { choices, tools, unknown, ...fields }: AnswerState,
  { state: start }: Beginning,
): TaskState {
  const state = start.with({
    ...fields,
    ...(choices ? { choices: Choices.shown(choices) } : {}),
    ...(tools ? { tools: tools.map(storedTool) } : {}),
    ...(unknown === undefined ? {} : { store: refusing("store", unknown) }),
    ...(unknown === undefined || start.choices.length === 0
      ? {}
      : { choices: refusing("choices", unknown) as Choices }),
  });
  const { output } = fields;
  if (fields.messages || !output) return state;
  return state.with({ messages: [...start.messages, { role: "assistant", content: output.content }] });
}

/** What the failure of a scorer says that needs what was not stored. */
export const NOT_STORED = "needs what was not stored";

/** Stands for what is unknown: a scorer that did without it would call an answer wrong that may be right. */
function refusing<T extends object>(name: string, why: string): T {
  const refuse = (): never => {
    throw new FailureError("invalid_query", `${NOT_STORED}: state.${name} as the solver left it, ${why}`);
  };
  return new Proxy({} as T, { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse });
}

const storedTool = (definition: ToolDefinition): Tool => ({
  ...definition,
  run: async () => {
    const error = `the tool ${definition.name} of a stored answer cannot be called`;
    return { content: error, error };
  },
});

const hasMembers = (record: object): boolean => Object.keys(record).length > 0;

function sameMembers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}
