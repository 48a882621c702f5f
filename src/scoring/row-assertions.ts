import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";
import { remembered } from "#src/kernel/remember";
import { type AssertedMember, readAssertions } from "./assertion.ts";
import { type Scorer, scorer, unscored } from "./scorer.ts";
import { gradeAll } from "./weighted.ts";

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
  const assertionsOf = rememberedBy(field);
  const graded = scorer(
    "rowAssertions",
    (state, target, generate) => {
      const members = assertionsOf(state.metadata[field]);
      if (members.length === 0) return unscored(`the row has no assertions in ${JSON.stringify(field)}`);
      return gradeAll(members, threshold, state, target, generate);
    },
    resolved,
  );
  const refuses: Scorer["refuses"] = (_, { metadata }) => {
    assertionsOf(metadata[field]);
    return undefined;
  };
  return Object.assign(graded, { refuses });
}

/** Reads the assertions of a row once, not for every condition and repeat. */
function rememberedBy(field: string): (found: unknown) => readonly AssertedMember[] {
  const ofTexts = remembered((text) => readAssertions(text, field));
  const ofLists = new WeakMap<object, readonly AssertedMember[]>();
  return (found) => {
    if (typeof found === "string") return ofTexts(found);
    if (typeof found !== "object" || found === null) return readAssertions(found, field);
    const members = ofLists.get(found) ?? readAssertions(found, field);
    ofLists.set(found, members);
    return members;
  };
}
