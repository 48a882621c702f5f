import type { VerdictLevel, VerdictLine, VerdictPanel } from "./verdict-panel.ts";
import { listed, named } from "./words.ts";

/** The panel in sentences, for formats without a place for a drawing. */
export function verdictSentences({
  metric,
  better,
  corrected,
  lines,
  losses,
  omitted,
  intervals,
  notes,
  others,
}: VerdictPanel): string[] {
  if (lines.length === 0) return [];
  const sentences = lines.map((line) => `${lineWords(line)}.`);
  return [
    `${metric}, ${better}`,
    ...corrected.map((sentence) => `${sentence}.`),
    ...sentences,
    ...(omitted > 0 ? [`${omitted} more in the findings.`] : []),
    ...intervalsSentence({ lines, intervals }),
    ...losses.map((sentence) => `${sentence}.`),
    ...notes,
    ...others.map((other) => `${other}.`),
  ];
}

type IntervalsOfLines = Pick<VerdictPanel, "lines"> & { readonly intervals: string | undefined };

/** What the intervals are of, and how they hold together: a difference that faults make is not a lead. */
export const intervalsSentence = ({ lines, intervals }: IntervalsOfLines): string[] => {
  if (intervals === undefined) return [];
  return [`Intervals of ${lines.some(({ lead }) => lead !== undefined) ? "leads" : "differences"}: ${intervals}.`];
};

/** @example "length = 20: Best: tinyld, 90.71 % [89.08, 92.12]; lead: 3.2 points [1.1, 5.3] over eld (adjusted p = .003); 0.5 ms a task" */
function lineWords({ group, heading, names, level: of, lead, detail, cost, time }: VerdictLine): string {
  const who = names.length > 0 ? `${heading}: ${listed(names)}` : heading;
  return [
    `${group === undefined ? "" : `${group}: `}${who}`,
    ...(of ? [levelPhrase(names, of)] : []),
    ...(lead === undefined ? [] : [`lead: ${lead}`]),
    ...(detail === undefined ? [] : [detail]),
    ...(cost === undefined ? [] : [`${cost} a task`]),
    ...(time === undefined ? [] : [`${time} a task`]),
  ].join("; ");
}

/** The level, with its owner where the heading does not name it alone. */
export const levelPhrase = (names: readonly string[], { condition, text, word }: VerdictLevel): string =>
  names.length === 1 && names[0] === condition ? text : `${word}: ${named(condition)}, ${text}`;
