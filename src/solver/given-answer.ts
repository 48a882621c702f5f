import { ConfigError, show } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { described } from "./describe.ts";
import type { Solver } from "./solver.ts";

/**
 * Takes the answer from a field of the row, and asks no model: for answers that are there already and only have to be scored.
 *
 * @param field of the sample's metadata, a text
 * @example givenAnswer() // with rows such as { id: 1, input: "2 + 2?", answer: "4", target: "four" }
 */
export function givenAnswer(field = "answer"): Solver {
  if (typeof field !== "string" || field === "") throw new ConfigError("givenAnswer", "must name a field", field);
  return described<Solver>(
    (state) => {
      const content = Object.hasOwn(state.metadata, field) ? state.metadata[field] : undefined;
      if (typeof content !== "string")
        throw new FailureError("invalid_query", `the row must have a text ${show(field)}, and has ${show(content)}`);
      return state
        .addMessage({ role: "assistant", content })
        .setOutput({ content, finishReason: "stop", toolCalls: [] });
    },
    "givenAnswer",
    { field },
  );
}
