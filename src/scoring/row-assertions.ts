import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";
import { readAssertions } from "./assertion.ts";
import { type Scorer, scorer, unscored } from "./scorer.ts";
import { weighted } from "./weighted.ts";

export const rowAssertionsOptions = z.strictObject({
  field: z.string().min(1).default("assertions").describe("field of the row that holds its assertions"),
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe("weighted share of the assertions that must hold; 1 is all of them"),
});

/**
 * Correct where the assertions that stand in the row itself hold: `contains: Paris`, `not-icontains: sorry`, `is-json`,
 * `levenshtein(3): Paris`, `{ "type": "contains-all", "value": ["a", "b"], "weight": 2 }`, a list of these, or a text that the reply must equal.
 *
 * Assertions that are not understood are refused with their row before anything is run. A row without any is unscored.
 *
 * @example rowAssertions({ field: "__expected" }) // a CSV column of promptfoo
 */
export function rowAssertions(options: z.input<typeof rowAssertionsOptions> = {}): Scorer {
  const resolved = parseOptions(rowAssertionsOptions, options, "rowAssertions");
  const { field, threshold } = resolved;
  const graded = scorer(
    "rowAssertions",
    (state, target, generate) => {
      const members = readAssertions(state.metadata[field], field);
      if (members.length === 0) return unscored(`the row has no assertions in ${JSON.stringify(field)}`);
      return weighted(members, { threshold }, "rowAssertions")(state, target, generate);
    },
    resolved,
  );
  const refuses: Scorer["refuses"] = (_, { metadata }) => {
    readAssertions(metadata[field], field);
    return undefined;
  };
  return Object.assign(graded, { refuses });
}
