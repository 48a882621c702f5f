import { inSlices } from "#src/kernel/steps";
import { blockHtml } from "#src/reports/html";
import { type Report, sectionTexts } from "#src/reports/report";
import { verdictHtml } from "#src/reports/verdict-html";
import { link } from "./links.ts";
import { html, type Markup, trusted } from "./markup.ts";
import type { Page } from "./page.ts";
import { ended, working } from "./parts.ts";
import { isGoingOn, runPage } from "./run-frame.ts";
import type { Runs, RunView } from "./runs.ts";

/** Reports by the ending of their address. */
export const reportFiles = {
  html: { format: "html", type: "text/html; charset=utf-8", name: "HTML" },
  md: { format: "markdown", type: "text/markdown; charset=utf-8", name: "Markdown" },
  tex: { format: "latex", type: "application/x-tex; charset=utf-8", name: "LaTeX" },
  ipynb: { format: "jupyter", type: "application/x-ipynb+json; charset=utf-8", name: "Jupyter" },
  csv: { format: "csv", type: "text/csv; charset=utf-8", name: "CSV" },
  json: { format: "json", type: "application/json; charset=utf-8", name: "JSON" },
} as const;

/** What the stored rows say: the report's own sections, and the report in every format. */
export async function resultsPage(runs: Runs, run: RunView): Promise<Page> {
  const answer = runs.report(run.id);
  switch (answer.state) {
    case "working":
      return runPage(
        run,
        "results",
        html`<section><h2>Results</h2>${working("Analysing", ended(run.accounting), answer.since)}</section>`,
        { isWaiting: true },
      );
    case "failed":
      return runPage(
        run,
        "results",
        html`<section><h2>Results</h2><p class="warning" dir="auto">${answer.reason}</p></section>`,
        { live: false },
      );
    case "ready":
      return runPage(run, "results", await results(run, answer.value), { live: false });
  }
}

async function results(run: RunView, { sections, partial, verdict }: Report): Promise<Markup> {
  const texts = await inSlices(sectionTexts(sections, blockHtml));
  return html`<p class="tools">${Object.entries(reportFiles).map(([ending, { name }]) => html`<a class="button" href="${link(["run", run.id, `report.${ending}`])}"${ending === "html" && html` target="_blank" rel="noopener"`}>${name}</a>`)}</p>
${(partial || isGoingOn(run)) && html`<p class="warning">Tasks are still to run: numbers may change. Open this page again to read what is stored then.</p>`}
${trusted(await inSlices(verdictHtml(verdict)))}
${texts.map(({ id, title, blocks }) => html`<section id="${id}"><h2>${title}</h2>${blocks.map(trusted)}</section>`)}`;
}
