import { isDeepStrictEqual } from "node:util";
import { firstDifference } from "./compare.ts";
import { knownDifferences } from "./differences.ts";
import type { Scenario } from "./recording.ts";
import { replay } from "./replay.ts";

/**
 * Replays a recording and compares.
 *
 * @returns undefined if it conforms, else the scenario, the step, and the expected and actual event
 */
export async function conform(recording: Scenario): Promise<string | undefined> {
  const known = knownDifferences.find(({ id }) => id === recording.id);
  const head = `${recording.id}${recording.title ? `: ${recording.title}` : ""}${known ? `\n  known difference: ${known.why}` : ""}`;
  let scenario: Scenario;
  let played: Awaited<ReturnType<typeof replay>>;
  try {
    scenario = known ? known.expected(recording) : recording;
    played = await replay(scenario);
  } catch (error) {
    return `${head}\n  the replay itself failed: ${error instanceof Error ? error.stack : String(error)}`;
  }
  const different = firstDifference(scenario.trace, played.trace);
  if (different) {
    const { step, at } = different;
    const what = step === 0 ? "boot" : JSON.stringify(scenario.steps[step - 1]);
    return [head, `  step ${step}, event ${at + 1}: ${what}`, ...sides(different.expected, different.actual)].join(
      "\n",
    );
  }
  if (isDeepStrictEqual(scenario.final, played.final)) return undefined;
  return [head, "  final tree", ...sides(scenario.final, played.final)].join("\n");
}

const sides = (expected: unknown, actual: unknown): string[] => [
  `  expected ${JSON.stringify(expected)}`,
  `  actual   ${JSON.stringify(actual)}`,
];
