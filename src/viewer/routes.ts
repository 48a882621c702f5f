import { ConfigError, StoreError } from "#src/kernel/errors";
import { renderInSlices } from "#src/reports/index";
import { comparePage } from "./compare-page.ts";
import { factsPage } from "./facts-page.ts";
import { itemPage, itemsPage } from "./items-page.ts";
import { numberIn } from "./links.ts";
import { machinesPage } from "./machines-page.ts";
import { matrixPage } from "./matrix-page.ts";
import { overviewPage } from "./overview-page.ts";
import { type Page, type PageReply, problem } from "./page.ts";
import { reportFiles, resultsPage } from "./results-page.ts";
import type { Runs, RunView } from "./runs.ts";
import { runsPage } from "./runs-page.ts";
import { files } from "./static-files.ts";
import { suitePage } from "./suite-page.ts";
import { taskPage } from "./task-page.ts";
import { tasksPage } from "./tasks-page.ts";
import { treePage } from "./tree-page.ts";
import { trendPage } from "./trend-page.ts";

/** What there is at an address. Asks `runs`, and nothing else. */
export async function route(url: URL, runs: Runs): Promise<PageReply> {
  const file = files[url.pathname];
  if (file) return { file };
  try {
    return (await find(url, runs)) ?? { page: problem(404, "Not found", `There is nothing at ${url.pathname}.`) };
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreError)
      return { page: problem(422, "It cannot be shown", error.message) };
    throw error;
  }
}

async function find({ pathname, searchParams: query }: URL, runs: Runs): Promise<PageReply | undefined> {
  const path = partsOf(pathname);
  if (!path) return undefined;
  if (path.length === 0)
    return { page: await runsPage(runs, numberIn(query, "offset") ?? 0, query.get("tag") ?? undefined) };
  const [branch, id, name = "overview", number] = path;
  if (branch === "compare" && path.length === 1) return { page: await comparePage(runs, query) };
  if (branch === "experiment" && path.length === 1) {
    const page = await trendPage(runs, query.get("name") ?? "", query.get("metric") ?? undefined);
    return page && { page };
  }
  if (branch === "suite" && id !== undefined && path.length === 2) {
    const page = await suitePage(runs, id);
    return page && { page };
  }
  const run = branch === "run" && id !== undefined ? await runs.run(id) : undefined;
  if (!run || path.length > 4) return undefined;
  if (number !== undefined) {
    const open = name === "tasks" ? taskPage : name === "items" ? itemPage : undefined;
    const page = /^\d{1,15}$/.test(number) ? await open?.(runs, run, Number(number)) : undefined;
    return page && { page };
  }
  if (name.startsWith("report.")) return reportFile(runs, run, name.slice("report.".length));
  const page = await pageOf(runs, run, name, query);
  return page && { page };
}

async function pageOf(runs: Runs, run: RunView, name: string, query: URLSearchParams): Promise<Page | undefined> {
  switch (name) {
    case "overview":
      return overviewPage(runs, run);
    case "tree":
      return treePage(run);
    case "machines":
      return machinesPage(run);
    case "facts":
      return factsPage(runs, run, query);
    case "tasks":
      return tasksPage(runs, run, query);
    case "items":
      return itemsPage(runs, run, query);
    case "matrix":
      return matrixPage(runs, run, query);
    case "results":
      return resultsPage(runs, run);
    default:
      return undefined;
  }
}

async function reportFile(runs: Runs, run: RunView, ending: string): Promise<PageReply | undefined> {
  if (!Object.hasOwn(reportFiles, ending)) return undefined;
  const answer = runs.report(run.id);
  if (answer.state !== "ready") return { page: await resultsPage(runs, run) };
  const { format, type } = reportFiles[ending as keyof typeof reportFiles];
  const body = await renderInSlices(format, answer.value);
  if (format === "html") return { file: { type, body, sandboxed: true } };
  return { file: { type, body, saveAs: `${run.id}_report.${ending}` } };
}

/** The parts of a path; undefined where it is invalid. */
function partsOf(pathname: string): string[] | undefined {
  try {
    return pathname.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
