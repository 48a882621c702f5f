import type { Estimates } from "#src/app/estimate/estimate";
import { printMillis } from "#src/kernel/units";
import { fixed, money } from "#src/reports/cell";
import { listed } from "#src/reports/words";

/** What a run will cost and take, line by line. */
export function estimateLines({ cost, time, power, labels, guesses }: Estimates): string[] {
  const amount = cost.totalCost === "unknown" ? "unknown" : money(cost.totalCost, cost.currency);
  return [
    `tasks     ${cost.totalQueries}`,
    `cost      ${amount}${cost.exceedsBudget === true ? " (more than the budget)" : ""}`,
    ...(time.estimatedDurationMs === "unknown" || time.sequentialMs === "unknown"
      ? ["duration  unknown: how many rows the stream has is not said"]
      : [
          `duration  ${printMillis(time.estimatedDurationMs)} (one after the other: ${printMillis(time.sequentialMs)})`,
          `ends      ${time.estimatedCompletion}`,
        ]),
    ...(power ? [`detects   ${powerWords(power)}`] : []),
    ...(labels ? [`labels    ${labelWords(labels)}`] : []),
    ...guesses.map((guess) => `note      ${guess}`),
  ];
}

/** How many labels buy what width. */
function labelWords({ answers, sizes }: NonNullable<Estimates["labels"]>): string {
  const widths = sizes.map(
    ({ labels, halfWidths }) =>
      `${labels} labels: ${halfWidths.map(({ halfWidth }) => fixed(100 * halfWidth, 1)).join(", ")}`,
  );
  const agreements = (sizes[0]?.halfWidths ?? []).map(({ agreement }) => `${100 * agreement}`);
  return [
    `by people, of ${answers} answers of a condition drawn at random, give a share corrected by them with a 95 % interval of the given points to each side`,
    `where scores and people agree in ${listed(agreements)} of 100: ${widths.join("; ")}`,
  ].join(" ");
}

/** The smallest differences that the design finds, in a sentence. */
function powerWords({ items, families, tests, power, shares, standardised }: NonNullable<Estimates["power"]>): string {
  const points = shares.map(
    ({ disagreement, difference }) =>
      `${difference === undefined ? "nothing" : fixed(100 * difference, 1)} where conditions disagree on ${100 * disagreement} % of items`,
  );
  return [
    `with ${items} items and ${tests} ${tests === 1 ? "test" : "tests"}${families.length > 1 ? ` of ${families[0]!.metrics[0]}, as many of each other metric by itself` : ""}, differences found ${100 * power} times out of 100:`,
    `yes or no, in points: ${points.join(", ")};`,
    standardised === undefined
      ? "scores: nothing, since items are too few for any result to count"
      : `scores: ${fixed(standardised, 3)} standard deviations of the difference by item`,
  ].join(" ");
}
