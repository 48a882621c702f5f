import { z } from "zod";
import { show } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { described } from "#src/solver/describe";
import { refusesOf } from "./refuses.ts";
import { nameOf, type Score, type Scorer, scored, toNumber, unanswered, unscored, verdict } from "./scorer.ts";

/** A scorer and how much it counts. */
export interface WeightedMember {
  readonly scorer: Scorer;
  /** 1 when absent; 0 only records what it gave. */
  readonly weight?: number;
}

export const weightedOptions = z.strictObject({
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("weighted mean from which the reply is correct (C, else I); without it the mean itself is the score"),
});

const members = z
  .array(
    z.strictObject({
      scorer: z.custom<Scorer>((value) => typeof value === "function", "must be a scorer"),
      weight: z.number().nonnegative().finite().default(1),
    }),
  )
  .min(1)
  .refine((each) => each.some(({ weight }) => weight > 0), "must have a weight above 0");

/** Weighted means of 0.1 and 0.2 fall short of a threshold by rounding alone. */
const ROUNDING = 1e-9;

/**
 * The weighted mean of several scorers. With a threshold of 1, all of them must be right.
 *
 * Where one with a weight is unscored, or gives no number, so is the whole: leaving it out would say something that was not measured.
 * What each gave stands in `metadata.members`.
 *
 * @example weighted([{ scorer: isJson(), weight: 2 }, { scorer: contains("total") }], { threshold: 0.5 })
 */
export function weighted(
  parts: readonly WeightedMember[],
  options: z.input<typeof weightedOptions> = {},
  name = "weighted",
): Scorer {
  const resolved = parseOptions(members, parts, name);
  const { threshold } = parseOptions(weightedOptions, options, name);
  const grade: Scorer = (state, target, generate) => gradeAll(resolved, threshold, state, target, generate);
  return Object.assign(described(grade, name, { members: resolved, threshold }), {
    scorerName: name,
    ...refusesOf(resolved.map((each) => each.scorer)),
  });
}

/** What `weighted` gives, for members that were checked before. */
export async function gradeAll(
  parts: readonly Required<WeightedMember>[],
  threshold: number | undefined,
  ...[state, target, generate]: Parameters<Scorer>
): Promise<Score> {
  const reason = unanswered(state);
  if (reason !== undefined) return unscored(reason);
  const graded: Graded[] = [];
  for (const { scorer, weight } of parts)
    graded.push({ name: nameOf(scorer), weight, score: await scorer(state, target, generate) });
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return combine(graded, total, threshold);
}

interface Graded {
  readonly name: string;
  readonly weight: number;
  readonly score: Score;
}

function combine(graded: readonly Graded[], total: number, threshold: number | undefined): Score {
  const metadata = {
    members: graded.map(({ name, weight, score: { value, unscored: why } }) => ({
      scorer: name,
      weight,
      value,
      ...(why === undefined ? {} : { unscored: why }),
    })),
  };
  let sum = 0;
  for (const { name, weight, score } of graded) {
    if (weight === 0) continue;
    if (score.value === null) return unscored(`${name} is unscored: ${score.unscored}`, { metadata });
    const number = typeof score.value === "object" ? undefined : toNumber(score.value);
    if (number === undefined) return unscored(`${name} gave ${show(score.value)}, which is not a number`, { metadata });
    sum += weight * number;
  }
  const mean = sum / total;
  const explanation = graded.map(({ name, score }) => `${name}: ${show(score.value)}`).join("; ");
  return threshold === undefined
    ? scored(mean, { explanation, metadata })
    : verdict(mean >= threshold - ROUNDING, { explanation, metadata: { ...metadata, mean } });
}
