import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { optionReference, outsideOptions } from "#src/app/option-reference";
import { exitCodes } from "#src/cli/exit-code";

export const documentPath = resolve(import.meta.dirname, "../../docs/options.md");

/** The document as it is written. */
export const writtenDocument = (): string => readFileSync(documentPath, "utf8");

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", "\\n");
const code = (text: string): string => (text === "" ? "" : `\`${text.length > 80 ? `${text.slice(0, 79)}…` : text}\``);
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

const exitWords: Readonly<Record<keyof typeof exitCodes, string>> = {
  ended: "The command did what it was asked to; a run completed, and its gates passed.",
  bug: "The file system, the network or crucible itself failed; one sentence says which.",
  usage: "A flag, an option, the experiment or its data are wrong; nothing was run or written.",
  aborted: "The run was aborted: by its circuit breaker, by a rule, or by its user. `crucible resume` continues it.",
  budgetExhausted: "The run reached its budget. `crucible resume` with a larger one continues it.",
  gateMissed: "The run completed, and a gate that was decided before the first task was missed.",
  interrupted: "The run was stopped before its end. `crucible resume` continues it.",
};

/** The reference of all options, from their schemas. */
export function optionDocument(): string {
  const sections = optionReference();
  const outside = outsideOptions().filter(({ flag }) => flag);
  const anchor = (title: string): string =>
    title
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, "")
      .replaceAll(" ", "-");
  return [
    "# Options",
    "Every option, made from the schemas that check it (`npm run options`). `crucible options [word]` prints the same in a terminal, and an editor shows the sentence of an option where it is written. A member of a list is written `[]`, a name that one chooses `*`.",
    sections.map(({ title, about }) => `- [\`${title}\`](#${anchor(title)}): ${about}`).join("\n"),
    "## Flags, variables and `crucible.config.ts`",
    "These may also be said outside the experiment file. A flag wins over the experiment, the experiment over a variable of the environment, and that over `crucible.config.ts`.",
    table(
      ["Option", "Flag", "Variable", "What it says"],
      outside.map(({ name, flag, variable, sentence }) => [code(name), code(flag), code(variable), sentence]),
    ),
    ...sections.flatMap(({ title, about, rows }) => [
      `## \`${title}\``,
      about,
      table(
        ["Option", "Takes", "Default", "What it says"],
        rows.map(({ path, type, default: usual = "", required, sentence }) => [
          code(path),
          type,
          required ? "required" : code(usual),
          sentence,
        ]),
      ),
    ]),
    "## Exit codes",
    table(
      ["Code", "Meaning"],
      Object.entries(exitCodes).map(([name, value]) => [String(value), exitWords[name as keyof typeof exitCodes]]),
    ),
  ]
    .join("\n\n")
    .concat("\n");
}
