import { show } from "#src/kernel/errors";
import { described } from "#src/solver/describe";
import type { TaskState } from "#src/solver/state";
import { isBlankText } from "#src/text/blank";
import { refusesOf } from "./refuses.ts";
import { nameOf, type Scorer, scored, unanswered, unscored } from "./scorer.ts";

/** Makes of a reply what is scored; nothing where it holds no answer. */
export type ReplyTransform = (
  reply: string,
  state: TaskState,
) => string | number | boolean | null | undefined | Promise<string | number | boolean | null | undefined>;

/**
 * Scores what a function makes of the reply instead of the reply. Where it makes nothing, or blanks, there is no answer (N); where it
 * throws, the sample is unscored and says why.
 *
 * @example on((reply) => reply.split("####").at(-1), numeric())
 * @example on((reply) => JSON.parse(reply).city, equals("Paris"))
 */
export function on(transform: ReplyTransform, scorer: Scorer): Scorer {
  const scorerName = nameOf(scorer);
  const grade: Scorer = async (state, target, generate) => {
    const reason = unanswered(state);
    if (reason !== undefined) return unscored(reason);
    let made: unknown;
    try {
      made = await transform(state.output!.content, state);
    } catch (thrown) {
      return unscored(`the transform failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
    if (made === undefined || made === null || (typeof made === "string" && isBlankText(made)))
      return scored("N", { explanation: "The transform found nothing in the reply" });
    if (typeof made === "object" || typeof made === "function")
      return unscored(`the transform gave ${show(made)}, which is not text`);
    return scorer(state.setOutput({ ...state.output!, content: String(made) }), target, generate);
  };
  return Object.assign(described(grade, "on", { transform, scorer }), { scorerName, ...refusesOf([scorer]) });
}
