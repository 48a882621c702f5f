import { z } from "zod";
import type { Backend, Reply } from "#src/backends/backend";
import { ConfigError } from "#src/kernel/errors";
import { askModel } from "#src/solver/generate";
import { type Generate, generateWith } from "#src/solver/solver";
import type { TaskState } from "#src/solver/state";
import type { Score } from "./scorer.ts";

/** A grader: a model's name for the run's own backend, or a backend. */
export type Grader = string | Backend;

const isGrader = (value: unknown): value is Grader =>
  typeof value === "string" || typeof (value as Partial<Backend> | null)?.generate === "function";
export const graderOption = z.custom<Grader>(isGrader, "must be a model's name or a backend");

/** What a judge is called in a score; null for the model under test. */
export const labelOf = (each: Grader | undefined): string | null =>
  typeof each === "object" ? each.name : (each ?? null);

/**
 * Asks a judge by one message, without the tools of the answer and beyond its cost limit. Its tokens and its price count.
 *
 * @param name of the scorer that asks
 * @throws ConfigError where there is no model to ask
 */
export async function askJudge(
  each: Grader | undefined,
  prompt: string,
  state: TaskState,
  generate: Generate | undefined,
  name: string,
): Promise<Reply> {
  const callModel = typeof each === "object" ? generateWith(each, generate?.context) : generate;
  if (!callModel)
    throw new ConfigError(`${name}.model`, "must be a backend where the scorer is used without a model", each);
  const asked = state.with({
    messages: [{ role: "user", content: prompt }],
    tools: [],
    costLimit: undefined,
    ...(typeof each === "object" ? { model: undefined } : {}),
  });
  return askModel(asked, callModel, typeof each === "string" ? { model: each } : {});
}

/** The model that judged, where it says so itself; else the one that was asked for. */
export const judgeOf = (reply: Reply, each: Grader | undefined, { model }: TaskState): { readonly model?: string } => {
  const name = reply.model ?? (typeof each === "string" ? each : each === undefined ? model : undefined);
  return name === undefined ? {} : { model: name };
};

/** The model that gave the answer, where that is known: a judge of its family is pointed out. */
export function answeredBy({ output, model }: TaskState): { readonly answeredBy?: string } {
  const name = output?.model ?? model;
  return name === undefined ? {} : { answeredBy: name };
}

/**
 * Share of the pairs of judges that said different things, of those that said anything.
 *
 * @returns nothing for fewer than two
 * @example disagreementOf(["C", "C", "I"]) // => 0.6666667
 */
export function disagreementOf(values: readonly Score["value"][]): number | undefined {
  const said = values.filter((value) => value !== null).map((value) => JSON.stringify(value));
  if (said.length < 2) return undefined;
  let different = 0;
  for (const [i, one] of said.entries()) for (const other of said.slice(0, i)) if (one !== other) different += 1;
  return different / ((said.length * (said.length - 1)) / 2);
}
