import type { MetricAnalysis } from "#src/analysis/analysis";
import type { FailedAs } from "#src/analysis/failed-as";

/** What a failed task counts as, behind "as". @example countedWords("highest", "continuous") // => "the highest value seen" */
export const countedWords = (failedAs: FailedAs, kind: MetricAnalysis["kind"]): string =>
  ({
    missing: "nothing",
    0: kind === "binary" ? "wrong" : "0",
    highest: kind === "binary" ? "1" : "the highest value seen",
    lowest: kind === "binary" ? "0" : "the lowest value seen",
    worst: "the worst value of what it is made from",
  })[failedAs];

/** The other reading, in the words that stand before its verdict. @example otherwiseWords("missing", "binary") // => "with failed tasks left out" */
export const otherwiseWords = (failedAs: FailedAs, kind: MetricAnalysis["kind"]): string =>
  failedAs === "missing" ? "with failed tasks left out" : `with failed tasks as ${countedWords(failedAs, kind)}`;

/** The way that failed tasks are counted where they are, whichever of both readings the conclusions rest on. */
export const countedAs = ({ failedAs, otherReading }: Pick<MetricAnalysis, "failedAs" | "otherReading">): FailedAs =>
  failedAs === "missing" ? (otherReading?.failedAs ?? "missing") : failedAs;
