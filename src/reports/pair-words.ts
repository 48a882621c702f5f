import type { Comparison } from "#src/analysis/analysis";
import { isDifferent } from "#src/analysis/verdict";
import { level, type Scale } from "./cell.ts";
import { otherwiseSentence, sameWord } from "./words.ts";

/** The name of a condition without that of its run. @example bareName("plain (run-1)", ["run-1"]) // => "plain" */
export const bareName = (name: string, ids: readonly string[]): string =>
  ids.reduce((text, id) => text.replace(` (${id})`, ""), name);

/** Why a pair has no p. */
export const whyNotTested = ({ p, why }: Comparison): string => (p.ok ? why : p.error);

/** A verdict as one says it of two runs, A and B. */
export function meaning(pair: Comparison, scale: Scale): string {
  const { verdict, same, detectable } = pair;
  const otherwise = otherwiseSentence(pair);
  if (same?.by === 0 && verdict !== "equivalent") return `${sameWord(same)}${otherwise}`;
  if (isDifferent(verdict)) return `B is ${verdict}${otherwise}`;
  if (verdict === "equivalent") return `equal within the margin${otherwise}`;
  if (verdict === "not tested") return "not tested";
  const unit = scale.differenceUnit ? ` ${scale.differenceUnit}` : "";
  return `no difference shown${detectable.ok ? ` (from ${level(detectable.value, scale)}${unit} on it would likely be)` : ""}${otherwise}`;
}
