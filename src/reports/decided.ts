import type { DecidedReading } from "#src/experiment/decided";
import type { OptionChange } from "#src/experiment/option-changes";
import { cut } from "./cut.ts";

/** Changes that are named one by one; beyond, their number is said. */
const MOST = 40;

/**
 * Whether what follows was decided before the first task, in sentences: each option that is another one with both values.
 *
 * @returns what must not be overlooked as `warning`
 */
export function decidedSentences(decided: DecidedReading): { kind: "paragraph" | "warning"; text: string }[] {
  const { recorded, digest = "", changes, unused, notes } = decided;
  const told = changes.length > 0 ? ", except what is named here" : "";
  return [
    recorded
      ? {
          kind: "paragraph",
          text: `Decided before the first task${told}: metrics and their directions, families, correction and level, gates, stopping rule, slices, data and code (plan ${digest.slice(0, 16)}).`,
        }
      : {
          kind: "paragraph",
          text: "Whether the analysis was decided before the first task is not recorded: the run is of a version that kept no plan.",
        },
    ...changeSentence("Changed after the first task", "This report is made by what it is now.", changes),
    ...changeSentence(
      "The experiment file says otherwise by now",
      "This report does not use that; name the file with --file to report by it.",
      unused,
    ),
    ...notes.map((text) => ({ kind: "warning" as const, text })),
  ];
}

function changeSentence(
  head: string,
  tail: string,
  changes: DecidedReading["changes"],
): { kind: "warning"; text: string }[] {
  if (changes.length === 0) return [];
  const more = changes.length > MOST ? [`${changes.length - MOST} more`] : [];
  const named = changes.slice(0, MOST).map(changeWords);
  return [{ kind: "warning", text: `${head}: ${[...named, ...more].join("; ")}. ${tail}` }];
}

/** @example changeWords({ path: "gates[0].atLeast", decided: 0.9, now: 0.1 }) // => "gates[0].atLeast was 0.9, now 0.1" */
export const changeWords = ({ path, decided, now, accepted }: DecidedReading["changes"][number]): string =>
  `${cut(path, 200)} was ${valueWords(decided)}, now ${valueWords(now)}${accepted === undefined ? "" : ` (accepted ${accepted})`}`;

/** A value in the words of an option; nothing is `none`. */
export const valueWords = (value: OptionChange["now"]): string =>
  value === undefined ? "none" : cut(JSON.stringify(value), 400);
