import Mustache from "mustache";
import { digestText } from "#src/kernel/digest";
import { mapInSteps, type Steps } from "#src/kernel/steps";
import { escapeMarkdown } from "./escape.ts";
import { blockText, verdictMarkdown } from "./markdown.ts";
import { checkCode, figuresCode, loadCode } from "./notebook-code.ts";
import { atOnce, type Renderer, type Report, sectionTexts } from "./report.ts";

type NotebookCell =
  | { cell_type: "markdown"; id: string; metadata: object; source: string[] }
  | { cell_type: "code"; id: string; metadata: object; source: string[]; outputs: []; execution_count: null };

const title = `# {{title}}

{{meta}}

{{#verdict}}
{{{.}}}

{{/verdict}}
{{#abstract}}
{{.}}

{{/abstract}}
The cells below read \`{{{file}}}\` beside this notebook, draw the figures and run the tests again.
`;

/** A Jupyter notebook (nbformat 4.5): the report's tables, and code that loads the CSV beside it, draws, and tests again with scipy. */
export const jupyter: Renderer = atOnce(jupyterSteps);

/** `jupyter` in steps. */
export function* jupyterSteps(report: Report): Steps<string> {
  const file = `${report.experimentId}_report.csv`;
  const texts: [NotebookCell["cell_type"], string][] = [
    ["markdown", headOf(report, file)],
    ["code", loadCode(file)],
    ...(yield* sectionTexts(report.sections, blockText)).flatMap((section): [NotebookCell["cell_type"], string][] => {
      const { title: name, blocks } = section;
      return blocks.length === 0 ? [] : [["markdown", [`## ${escapeMarkdown(name)}`, ...blocks].join("\n\n")]];
    }),
    ["markdown", "## Figures"],
    ["code", figuresCode],
    [
      "markdown",
      "## The tests once more\n\nFrom the items in the CSV, by scipy. `report` is the p of this report, `again` that of scipy.",
    ],
    ["code", checkCode],
  ];
  const notebook = {
    cells: yield* mapInSteps(texts, ([type, text], place) => cellOf(type, text, place)),
    metadata: {
      kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
      language_info: { name: "python" },
      crucible: { experimentId: report.experimentId, format: report.format },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  yield;
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

const headOf = (
  { title: name, experimentId, date, author, version, status, abstract, verdict }: Report,
  file: string,
): string => {
  const meta = [
    `Run ${experimentId}`,
    date.slice(0, 10),
    author,
    version && `version ${version}`,
    status.replaceAll("_", " "),
  ]
    .filter(Boolean)
    .join(" · ");
  return Mustache.render(
    title,
    { title: name, meta, verdict: verdictMarkdown(verdict), abstract, file },
    {},
    { escape: escapeMarkdown },
  ).trim();
};

/** The id depends on place and text, so that equal reports give equal notebooks. */
function cellOf(type: NotebookCell["cell_type"], text: string, place: number): NotebookCell {
  const common = { id: `c${place}-${digestText(text).slice(0, 12)}`, metadata: {}, source: linesOf(text) };
  return type === "markdown"
    ? { cell_type: type, ...common }
    : { cell_type: type, ...common, outputs: [], execution_count: null };
}

/** Lines, each but the last with its end. */
const linesOf = (text: string): string[] =>
  text.split("\n").map((line, i, all) => (i < all.length - 1 ? `${line}\n` : line));
