import type { DigestGroup, FailureDigest } from "#src/analysis/failure-digest";
import { count, countCell, textCell } from "./cell.ts";
import { cut } from "./cut.ts";
import { othersWords, whereWords } from "./failure-words.ts";
import type { Block, ReportTable } from "./report.ts";

/** Id of the table. */
export const DIGEST = "digest";

/** Tasks that failed, are wrong, unscored or skipped, in groups with an example each. Nothing where all are right. @param id of the run */
export function digestBlocks(digest: FailureDigest, id: string): Block[] {
  if (digest.tasks === 0) return [];
  const table: ReportTable = {
    id: DIGEST,
    caption:
      "Tasks that are not right, by what is said of them; those that differ in numbers and ids alone count together",
    columns: [
      { id: "outcome", label: "Outcome", align: "left" },
      { id: "what", label: "What is said of them", align: "left" },
      { id: "tasks", label: "Tasks", align: "right" },
      { id: "conditions", label: "Conditions", align: "left" },
      { id: "example", label: "Example", align: "left", description: "the first of them in the plan" },
    ],
    rows: digest.groups.map((group) => ({
      key: {},
      cells: [
        textCell(group.outcome),
        textCell(digestWords(group)),
        countCell(group.tasks),
        textCell(whereWords(group)),
        textCell(exampleWords(group)),
      ],
    })),
    notes: digestNotes(digest, id),
  };
  return [{ kind: "table", table }];
}

/** The digest with names that are cut where they are too long to print. */
export const shortDigest = (digest: FailureDigest): FailureDigest => ({
  ...digest,
  ...(digest.wrongWhere ? { wrongWhere: { ...digest.wrongWhere, field: cut(digest.wrongWhere.field, 120) } } : {}),
  groups: digest.groups.map((group) => ({
    ...group,
    conditions: withShortKeys(group.conditions),
    example: {
      ...group.example,
      condition: cut(group.example.condition, 120),
      itemId: cut(group.example.itemId, 200),
    },
  })),
});

/** Names that are the same once they are cut count together. */
function withShortKeys(conditions: DigestGroup["conditions"]): DigestGroup["conditions"] {
  const short = new Map<string, number>();
  for (const [name, tasks] of Object.entries(conditions))
    short.set(cut(name, 120), (short.get(cut(name, 120)) ?? 0) + tasks);
  return Object.fromEntries(short);
}

/**
 * What tasks of a group have in common: kind and message of a failure, end and length of a reply, a tool's error, an explanation.
 *
 * @example digestWords({ outcome: "failed", kind: "timeout", message: "took 50 ms", tasks: 1, conditions: {}, example }) // "timeout: took 50 ms"
 */
export function digestWords({ outcome, kind, message, ending, limit, tool, length }: DigestGroup): string {
  const reply = [
    ...(length === undefined ? [] : [lengthWords(length)]),
    ...(ending === undefined ? [] : [ending]),
    ...(limit === undefined ? [] : [`${limit} limit reached`]),
  ];
  const said = [
    ...(reply.length > 0 ? [reply.join(", ")] : []),
    ...(tool === undefined ? [] : [`error of tool ${cut(tool, 80)}`]),
    ...(message === "" ? [] : [message]),
  ];
  const prefix = outcome === "wrong" || kind === undefined ? [] : [kind];
  return [...prefix, ...said].join(": ") || "nothing is said of them";
}

/** @example lengthWords(100) // => "reply of 100 to 999 characters" */
export const lengthWords = (length: number): string =>
  length === 0
    ? "empty reply"
    : length === 1
      ? "reply of 1 to 9 characters"
      : `reply of ${count(length)} to ${count(10 * length - 1)} characters`;

/** Which task it is, and what is said of it where that is not what is said of all. */
export const exampleWords = ({ example, message }: DigestGroup): string => {
  const { condition, itemId, ordinal, says } = example;
  const more = says !== message && says !== "" ? `: ${says}` : "";
  return `${cut(itemId, 80)} (${cut(condition, 80)}, task ${ordinal})${more}`;
};

/** When a task is wrong, what is left out, and how to see more of a task. */
export function digestNotes({ wrongWhere, others, isShortened }: FailureDigest, id: string): string[] {
  return [
    wrongWhere
      ? `A task is wrong where ${cut(wrongWhere.field, 120)} is ${wrongWhere.value}.`
      : "The first metric does not say which tasks are wrong: those that returned a value are not counted here.",
    ...(others.tasks > 0
      ? [
          `${count(others.tasks)} more ${others.tasks === 1 ? "task" : "tasks"} in ${count(others.groups)} more ${others.groups === 1 ? "group" : "groups"}.`,
        ]
      : []),
    ...(isShortened ? ["Texts that differ much are told apart by their first words alone, or not at all."] : []),
    `What happened to a task: crucible replay ${id} --task <number>; what was said: crucible view ${id}.`,
  ];
}

/** Why tasks failed, a line a group. */
export function failedLines(digest: FailureDigest | undefined): string[] {
  if (!digest) return [];
  const groups = digest.groups.filter(({ outcome }) => outcome === "failed");
  const more = groups.reduce((rest, { tasks }) => rest - tasks, digest.outcomes.failed);
  return [
    ...groups.map((group) => `${count(group.tasks)} x ${digestWords(group)}`),
    ...(more > 0 ? [othersWords(more)] : []),
  ];
}
