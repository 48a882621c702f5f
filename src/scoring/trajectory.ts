import { z } from "zod";
import type { ToolCall } from "#src/backends/backend";
import { canonicalJson } from "#src/kernel/digest";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { isPlainObject } from "#src/kernel/record";
import { described } from "#src/solver/describe";
import type { TaskState } from "#src/solver/state";
import { type Score, type Scorer, scored, unanswered, unscored, verdict } from "./scorer.ts";

/** One call of a tool that a model made, and what came of it. */
export interface TrajectoryCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Which reply of the model made it, from 1. */
  readonly turn: number;
  /** What the model was told; absent where the work ended before the tool answered. */
  readonly result?: string;
  /** What went wrong: in the tool, or in the arguments. */
  readonly error?: string;
}

/** What an agent did. */
export interface Trajectory {
  /** Replies of the model. */
  readonly turns: number;
  /** In the order in which they were made. */
  readonly calls: readonly TrajectoryCall[];
}

/**
 * What the model did in a conversation: its replies, and its calls of tools with their results. Messages that the sample began with do not count.
 *
 * @example trajectoryOf(state).calls.map(({ name, error }) => [name, error]) // [["search", "no route"], ["search", undefined]]
 */
export function trajectoryOf({ messages, input }: TaskState): Trajectory {
  let given = typeof input === "string" ? 0 : input.filter(({ role }) => role === "assistant").length;
  const calls: { -readonly [K in keyof TrajectoryCall]: TrajectoryCall[K] }[] = [];
  let open: { readonly id: string; readonly call: (typeof calls)[number] }[] = [];
  let turns = 0;
  for (const message of messages) {
    if (message.role === "assistant") {
      open = [];
      if (given-- > 0) continue;
      turns += 1;
      for (const { id, name, arguments: given, parseError } of message.toolCalls ?? []) {
        const call = {
          name,
          arguments: given,
          turn: turns,
          ...(parseError === undefined ? {} : { error: parseError }),
        };
        calls.push(call);
        open.push({ id, call });
      }
    } else if (message.role === "tool") {
      const place = open.findIndex(({ id }) => id === message.toolCallId);
      if (place === -1) continue;
      const [{ call }] = open.splice(place, 1) as [(typeof open)[number]];
      call.result = message.content;
      if (message.error !== undefined) call.error = message.error;
    }
  }
  return { turns, calls };
}

/** What arguments must be: a value; a text that an expression finds; a function that says so; a record or list of these, of which a record may have more. */
export type ExpectedArgument =
  | string
  | number
  | boolean
  | null
  | RegExp
  | ((value: unknown) => boolean)
  | readonly ExpectedArgument[]
  | { readonly [name: string]: ExpectedArgument };

/** A call that is expected: the name of a tool, and what its arguments must be. */
export type ExpectedCall =
  | string
  | { readonly name: string; readonly with?: { readonly [name: string]: ExpectedArgument } };

const times = z.int().nonnegative();
export const calledOptions = z
  .strictObject({
    with: z
      .custom<{ readonly [name: string]: ExpectedArgument }>(isPlainObject, "must be a record of arguments")
      .optional()
      .describe("what the arguments must be: values, expressions, functions; those that are not named may be anything"),
    times: times.optional().describe("calls, exactly"),
    atLeast: times.optional().describe("calls, at least; 1 where nothing else is said"),
    atMost: times.optional().describe("calls, at most"),
    succeeded: z.boolean().default(false).describe("whether only calls without an error count"),
  })
  .refine(({ times: exactly, atLeast, atMost }) => exactly === undefined || (atLeast ?? atMost) === undefined, {
    message: "must have either times, or atLeast and atMost",
  });
export type CalledOptions = z.input<typeof calledOptions>;

/**
 * Whether the model called a tool: at all, the given number of times, with the given arguments.
 *
 * @example called("search")
 * @example called("search", { times: 1, with: { query: /paris/i } })
 */
export function called(name: string, input: CalledOptions = {}): Scorer {
  mustBeName(name, "called");
  const options = parseOptions(calledOptions, input, "called");
  const { times: exactly, atMost, succeeded } = options;
  const atLeast = options.atLeast ?? (exactly === undefined && atMost === undefined ? 1 : 0);
  const wanted = { name, ...(options.with ? { with: options.with } : {}) };
  return trajectoryScorer("called", { name, ...options }, ({ calls }) => {
    const of = calls.filter((call) => call.name === name);
    const found = of.filter((call) => meets(call, wanted) && !(succeeded && call.error !== undefined)).length;
    const isRight = exactly === undefined ? found >= atLeast && found <= (atMost ?? found) : found === exactly;
    const like = options.with || succeeded ? ` of that kind, ${of.length} in all` : "";
    const explanation = `${name}: ${found} ${found === 1 ? "call" : "calls"}${like}; expected ${timesWords(exactly, atLeast, atMost)}`;
    return verdict(isRight, { explanation });
  });
}

const timesWords = (exactly: number | undefined, atLeast: number, atMost: number | undefined): string =>
  exactly !== undefined
    ? `${exactly}`
    : atMost === undefined
      ? `at least ${atLeast}`
      : atLeast > 0
        ? `${atLeast} to ${atMost}`
        : `at most ${atMost}`;

/** Whether the model called none of some tools. @example notCalled("delete_file", "send_mail") */
export function notCalled(...names: readonly string[]): Scorer {
  if (names.length === 0) throw new ConfigError("notCalled", "must name a tool");
  for (const name of names) mustBeName(name, "notCalled");
  return trajectoryScorer("notCalled", names, ({ calls }) => {
    const found = calls.filter(({ name }) => names.includes(name));
    const explanation = found.length === 0 ? `no call of ${names.join(" or ")}` : `called: ${listed(found)}`;
    return verdict(found.length === 0, { explanation });
  });
}

export const calledInOrderOptions = z.strictObject({
  exactly: z.boolean().default(false).describe("whether there may be no other calls before, between and behind"),
  ignore: z
    .array(z.string())
    .readonly()
    .default(["submit"])
    .describe("tools whose calls do not count as others: those that hand in the answer"),
});

/**
 * Whether the model made some calls in an order; others may stand between them, unless `exactly`.
 *
 * @example calledInOrder(["search", { name: "open", with: { page: 3 } }], { exactly: true })
 */
export function calledInOrder(
  expected: readonly ExpectedCall[],
  input: z.input<typeof calledInOrderOptions> = {},
): Scorer {
  const { exactly, ignore } = parseOptions(calledInOrderOptions, input, "calledInOrder");
  if (!Array.isArray(expected) || expected.length === 0)
    throw new ConfigError("calledInOrder", "must be given a list of calls", expected);
  const wanted = expected.map((each) => (typeof each === "string" ? { name: each } : each));
  for (const { name } of wanted) mustBeName(name, "calledInOrder");
  const isNamed = (name: string): boolean => wanted.some((each) => each.name === name);
  return trajectoryScorer("calledInOrder", { expected, exactly, ignore }, ({ calls }) => {
    let next = 0;
    for (const call of calls) {
      if (next < wanted.length && meets(call, wanted[next]!)) next += 1;
      else if (exactly && (isNamed(call.name) || !ignore.includes(call.name)))
        return verdict(false, {
          explanation: `${call.name} was called where ${wanted[next]?.name ?? "the end"} was expected`,
        });
    }
    if (next === wanted.length)
      return verdict(true, { explanation: `called in order: ${wanted.map(({ name }) => name).join(", ")}` });
    const after = next === 0 ? "" : ` after ${wanted[next - 1]!.name}`;
    return verdict(false, { explanation: `${wanted[next]!.name} was not called as wanted${after}` });
  });
}

const atMostOption = (what: string) => z.strictObject({ atMost: times.describe(what) });
export const stepsOptions = atMostOption("replies of the model");
export const retriesOptions = atMostOption("calls made again");

/** Whether the model needed no more replies than that; `fewSteps_turns` and `fewSteps_calls` are metrics. @example fewSteps({ atMost: 5 }) */
export function fewSteps(input: z.input<typeof stepsOptions>): Scorer {
  const { atMost } = parseOptions(stepsOptions, input, "fewSteps");
  return trajectoryScorer("fewSteps", { atMost }, ({ turns, calls }) =>
    verdict(turns <= atMost, {
      explanation: `${turns} replies, ${calls.length} calls`,
      numbers: { turns, calls: calls.length },
    }),
  );
}

/**
 * Whether the model made few calls again: one with the arguments of an earlier call of the tool, or one that follows a failed call of it.
 * `fewRetries_count` is a metric.
 *
 * @example fewRetries({ atMost: 1 })
 */
export function fewRetries(input: z.input<typeof retriesOptions>): Scorer {
  const { atMost } = parseOptions(retriesOptions, input, "fewRetries");
  return trajectoryScorer("fewRetries", { atMost }, ({ calls }) => {
    const made = new Set<string>();
    const failed = new Map<string, boolean>();
    let count = 0;
    for (const { name, arguments: given, error } of calls) {
      const key = `${name} ${canonicalJson(given)}`;
      if (made.has(key) || failed.get(name)) count += 1;
      made.add(key);
      failed.set(name, error !== undefined);
    }
    return verdict(count <= atMost, { explanation: `${count} calls made again`, numbers: { count } });
  });
}

/**
 * Share of failed calls after which a later call of the same tool succeeded; unscored where no call failed. `recovers_errors` is a metric.
 *
 * @example recovers()
 */
export const recovers = (): Scorer =>
  trajectoryScorer("recovers", undefined, ({ calls }) => {
    const lastSuccess = new Map(
      calls.flatMap(({ name, error }, i) => (error === undefined ? [[name, i] as const] : [])),
    );
    const failed = calls.flatMap(({ name, error }, i) => (error === undefined ? [] : [{ name, i }]));
    if (failed.length === 0) return { ...unscored("no call failed"), numbers: { errors: 0 } };
    const lost = failed.filter(({ name, i }) => (lastSuccess.get(name) ?? -1) < i);
    const explanation =
      lost.length === 0
        ? `recovered from ${failed.length} errors`
        : `not recovered: ${[...new Set(lost.map(({ name }) => name))].join(", ")}`;
    return scored((failed.length - lost.length) / failed.length, { explanation, numbers: { errors: failed.length } });
  });

/** A scorer of what was done, whatever became of the answer; unscored where that is not known. */
function trajectoryScorer(scorerName: string, options: unknown, grade: (trajectory: Trajectory) => Score): Scorer {
  const each: Scorer = (state) => {
    if (!state.output) return unscored(unanswered(state)!);
    const trajectory = trajectoryOf(state);
    if (trajectory.turns === 0) return unscored("the messages of the model are not there: what it called is not known");
    return grade(trajectory);
  };
  return Object.assign(described(each, scorerName, options), { scorerName });
}

function mustBeName(name: unknown, path: string): void {
  if (typeof name !== "string" || name.trim() === "") throw new ConfigError(path, "must name a tool", name);
}

const meets = (call: TrajectoryCall, expected: Exclude<ExpectedCall, string>): boolean =>
  call.name === expected.name && (expected.with === undefined || matches(call.arguments, expected.with));

/** Whether a value is what was expected of it. */
function matches(value: unknown, expected: ExpectedArgument): boolean {
  if (typeof expected === "function") return expected(value) === true;
  if (expected instanceof RegExp) return typeof value === "string" && value.search(expected) !== -1;
  if (Array.isArray(expected))
    return (
      Array.isArray(value) && value.length === expected.length && expected.every((each, i) => matches(value[i], each))
    );
  if (typeof expected !== "object" || expected === null) return value === expected;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(expected).every(
    ([name, each]) => Object.hasOwn(value, name) && matches((value as Readonly<Record<string, unknown>>)[name], each),
  );
}

/** Characters of calls that an explanation shows. */
const SHOWN = 300;

const listed = (calls: readonly Pick<ToolCall, "name" | "arguments">[]): string => {
  const text = calls.map(({ name, arguments: given }) => `${name}(${canonicalJson(given)})`).join(", ");
  return text.length > SHOWN ? `${text.slice(0, SHOWN).replace(/[\uD800-\uDBFF]$/, "")} ...` : text;
};
