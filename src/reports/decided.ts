import type { DecidedReading } from "#src/experiment/decided";
import type { Growth } from "#src/experiment/growth";
import type { OptionChange } from "#src/experiment/option-changes";
import type { ScoringRecord } from "#src/experiment/scoring-record";
import { count } from "./cell.ts";
import { cut } from "./cut.ts";

/** Changes that are named one by one; beyond, their number is said. */
const MOST = 40;

/**
 * Whether what follows was decided before the first task, in sentences: each option that is another one with both values.
 *
 * @returns what must not be overlooked as `warning`
 */
export function decidedSentences(decided: DecidedReading): { kind: "paragraph" | "warning"; text: string }[] {
  const { recorded, scoring, digest = "", changes, growth, unused, notes } = decided;
  const told = changes.length + growth.length > 0 ? ", except what is named here" : "";
  const first: ReturnType<typeof decidedSentences> = scoring
    ? scoringSentences(scoring)
    : [
        recorded
          ? {
              kind: "paragraph",
              text: `Decided before the first task${told}: metrics and their directions, families, correction and level, gates, stopping rule, slices, data and code (plan ${digest.slice(0, 16)}).`,
            }
          : {
              kind: "paragraph",
              text: "Whether the analysis was decided before the first task is not recorded: the run is of a version that kept no plan.",
            },
      ];
  return [
    ...first,
    ...growth.map((grown) => growthSentence(grown, decided.sequential)),
    ...changeSentence("Changed after the first task", "This report is made by what it is now.", changes),
    ...changeSentence(
      "The experiment file says otherwise by now",
      "This report does not use that; name the file with --file to report by it.",
      unused,
    ),
    ...notes.map((text) => ({ kind: "warning" as const, text })),
  ];
}

/** Scores that were added to stored answers. */
function scoringSentences({ name, answers, dataset }: ScoringRecord): ReturnType<typeof decidedSentences> {
  return [
    {
      kind: "paragraph",
      text: `Scoring ${name}: ${count(answers)} stored answers of this run, scored once more. No answer was asked for again. Scorers and analysis were chosen when the answers were there, so what they find was not decided before the first task.`,
    },
    ...(dataset
      ? [
          {
            kind: "warning" as const,
            text: `The targets are those of another data set than the run had: its digest was ${dataset.ofRun}, and is ${dataset.now}.`,
          },
        ]
      : []),
  ];
}

/** A run that was made larger once there were results: a reader of them could stop at will. */
function growthSentence(growth: Growth, sequential: boolean): { kind: "paragraph" | "warning"; text: string } {
  const { ended, before } = growth;
  const grown = `${growthWords(growth)}, when ${ended === 0 ? "no task" : `${count(ended)} of ${count(before.tasks)} tasks`} had ended`;
  if (ended === 0) return { kind: "paragraph", text: `The run was made larger: ${grown}.` };
  if (sequential)
    return {
      kind: "warning",
      text: `The run was made larger: ${grown}. Its stopping rule is sequential, which allows for that.`,
    };
  return {
    kind: "warning",
    text: `The run was made larger after results could be seen (optional stopping): ${grown}. P-values and intervals are those of a size that was planned, and so too optimistic.`,
  };
}

/** @example growthWords({ before: { conditions: ["a"], items: 20, repeat: 1, tasks: 20 }, after: { conditions: ["a"], items: 20, repeat: 3, tasks: 60 } }) // => "repeat was 1, now 3 (20 tasks, now 60)" */
export function growthWords({ before, after }: Pick<Growth, "before" | "after">): string {
  const added = after.conditions.filter((name) => !before.conditions.includes(name));
  return [
    ...(before.items === after.items ? [] : [`items were ${count(before.items)}, now ${count(after.items)}`]),
    ...(before.repeat === after.repeat ? [] : [`repeat was ${before.repeat}, now ${after.repeat}`]),
    ...(added.length > 0 ? [`conditions were added: ${cut(added.join(", "), 400)}`] : []),
  ]
    .join("; ")
    .concat(` (${count(before.tasks)} tasks, now ${count(after.tasks)})`);
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

/** A value in the words of an option. */
export const valueWords = (value: OptionChange["now"]): string =>
  value === undefined ? "not set" : cut(JSON.stringify(value), 400);
