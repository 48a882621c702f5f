import Mustache from "mustache";
import type { Steps } from "#src/kernel/steps";
import { escapeLatex } from "./escape.ts";
import { tableTex } from "./latex-table.ts";
import { figureTex } from "./pgfplots.ts";
import { atOnce, type Block, type Renderer, type Report, sectionTexts } from "./report.ts";
import type { VerdictPanel } from "./verdict-panel.ts";
import { verdictSentences } from "./verdict-words.ts";

const preamble = `\\documentclass[11pt]{article}
\\usepackage[T1]{fontenc}
\\usepackage[utf8]{inputenc}
\\usepackage{textcomp}
\\IfFileExists{lmodern.sty}{\\usepackage{lmodern}}{}
\\usepackage[a4paper,margin=22mm]{geometry}
\\usepackage{booktabs,longtable,array,siunitx,pgfplots}
\\usepackage[hidelinks]{hyperref}
\\IfFileExists{placeins.sty}{\\usepackage{placeins}}{\\newcommand{\\FloatBarrier}{}}
\\IfFileExists{pdflscape.sty}{\\usepackage{pdflscape}}{\\newenvironment{landscape}{}{}}
\\pgfplotsset{compat=1.17}
\\sisetup{detect-all,group-digits=none}
\\setlength{\\emergencystretch}{3em}
\\setlength{\\LTcapwidth}{\\linewidth}
`;

const template = `<<#standalone>>
<<&preamble>>
\\title{<<title>>}
\\author{\\parbox{0.9\\linewidth}{\\centering <<author>>}}
\\date{<<date>>}
\\begin{document}
\\maketitle
<<&verdict>>
\\begin{abstract}
<<#abstract>>
<<.>>

<</abstract>>
\\end{abstract}
<</standalone>>
<<#sections>>
<<#standalone>>
\\FloatBarrier
<</standalone>>

\\section{<<title>>}
<<#blocks>>

<<&.>>
<</blocks>>
<</sections>>
<<#standalone>>
\\end{document}
<</standalone>>
`;

/** A standalone document: booktabs tables, siunitx columns, pgfplots figures. Compiles with a plain TeX Live. */
export const latex: Renderer = atOnce((report) => document(report, true));

/** `latex` in steps. */
export const latexSteps = (report: Report): Steps<string> => document(report, true);

/** The same without a preamble, to be `\\input` in a paper that loads booktabs, longtable, siunitx and pgfplots. */
export const latexFragment: Renderer = atOnce((report) => document(report, false));

function* document(report: Report, standalone: boolean): Steps<string> {
  const { title, author, version, date, experimentId, abstract, sections, partial, verdict } = report;
  const view = {
    standalone,
    preamble,
    title,
    author: [author, version && `version ${version}`].filter(Boolean).join(", "),
    date: `${date.slice(0, 10)}, run ${experimentId}${partial ? ", partial" : ""}`,
    verdict: verdictTex(verdict),
    abstract,
    sections: yield* sectionTexts(sections, (block) => blockTex(block, experimentId, standalone)),
  };
  return Mustache.render(template, view, {}, { escape: escapeLatex, tags: ["<<", ">>"] });
}

function verdictTex(verdict: VerdictPanel): string {
  const [head, ...sentences] = verdictSentences(verdict);
  const facts = `\\noindent ${verdict.facts.map(({ text }) => prose(text)).join("; ")}.`;
  if (head === undefined) return facts;
  return [
    `\\noindent\\textbf{${prose(head)}}`,
    "\\begin{itemize}",
    ...sentences.map((one) => `\\item ${prose(one).replace(/^\s*\[/, "{[}")}`),
    "\\end{itemize}",
    facts,
  ].join("\n");
}

function* blockTex(block: Block, run: string, standalone: boolean): Steps<string> {
  switch (block.kind) {
    case "paragraph":
      return prose(block.text);
    case "warning":
      return `\\textbf{Note:} ${escapeLatex(block.text)}`;
    case "list":
      return [
        ...(block.title === undefined ? [] : [`\\noindent\\textbf{${escapeLatex(block.title)}}`]),
        "\\begin{itemize}",
        ...block.items.map((item) => `\\item ${prose(item).replace(/^\s*\[/, "{[}")}`), // it would be the label
        "\\end{itemize}",
      ].join("\n");
    case "code":
      return `\\begin{flushleft}\\ttfamily\\small ${block.text.split("\n").map(breakable).join("\\\\\n")}\\end{flushleft}`;
    case "table":
      return yield* tableTex(block.table, run, standalone);
    case "figure":
      return figureTex(block.figure);
  }
}

/** A sentence, with true minus signs before digits. */
const prose = (text: string): string => escapeLatex(text).replace(/(^|[\s[(]|\de)-\{\}(?=\d)/g, "$1$-$");

/** A line of code that may break after slashes and at blanks. */
const breakable = (line: string): string => escapeLatex(line).replaceAll("/", "/\\allowbreak{}");
