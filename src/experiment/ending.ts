import { type FinishReason, toFinishReason } from "#src/backends/finish-reason";
import type { Outcome } from "./outcome.ts";

/** How a reply may end before its own end: at its limit of tokens, by a filter, or because it broke off. */
export const endings = ["cut off", "filtered", "broken off"] as const;
export type Ending = (typeof endings)[number];

const endingOfReason: Readonly<Partial<Record<FinishReason, Ending>>> = {
  length: "cut off",
  content_filter: "filtered",
  error: "broken off",
};

/**
 * Why the last reply of a task ended, in our words: a solver's, or what a `run` function returned as `finishReason`.
 *
 * @returns nothing for a task without a reply
 */
export function finishReasonOf({ output }: Pick<Outcome, "output">): FinishReason | undefined {
  const word = output?.finishReason;
  return typeof word === "string" ? toFinishReason(word) : undefined;
}

/**
 * Whether the last reply of a task is complete. A prompt that a filter refused counts as filtered.
 *
 * @returns `whole`, how it was ended, or nothing for a task without a reply
 * @example endingOf({ output: { finishReason: "length" } }) // => "cut off"
 */
export function endingOf({ output, error }: Pick<Outcome, "output" | "error">): Ending | "whole" | undefined {
  if (error?.kind === "content_filter") return "filtered";
  const reason = finishReasonOf({ ...(output && { output }) });
  return reason && (endingOfReason[reason] ?? "whole");
}
