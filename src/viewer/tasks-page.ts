import { type ListedTask, taskOrders } from "#src/app/observe/browse";
import { textsOf } from "#src/app/results/item-texts";
import { flatten } from "#src/experiment/metrics";
import { place } from "#src/experiment/outcome";
import { valueWords } from "#src/reports/cell";
import { cut } from "#src/reports/cut";
import { link, numberIn, wordIn } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import type { Page } from "./page.ts";
import { choice, pager, pill, table, th } from "./parts.ts";
import { runPage } from "./run-frame.ts";
import type { Runs, RunView } from "./runs.ts";
import { count, duration, money, statusText } from "./words.ts";

const PAGE = 50;
const statuses = ["failed", ...(Object.keys(place) as (keyof typeof place)[])] as const;
const orders = {
  plan: "as planned",
  newest: "newest first",
  slowest: "slowest first",
  "most-expensive": "most expensive first",
  attempts: "most attempts first",
};

/** The ended tasks of a run, a page at a time. */
export function tasksPage(runs: Runs, run: RunView, query: URLSearchParams): Page {
  const search = query.get("q") ?? "";
  const item = query.get("item") ?? "";
  const condition = query.get("condition") ?? "";
  const errorKind = query.get("error") ?? "";
  const status = wordIn(query, "status", statuses);
  const order = wordIn(query, "order", taskOrders) ?? "plan";
  const offset = numberIn(query, "offset") ?? 0;
  const { total, rows } = runs.tasks(run.id, {
    search,
    item,
    condition,
    status,
    errorKind,
    order,
    offset,
    limit: PAGE,
  });
  const path = ["run", run.id, "tasks"];
  const here = { q: search, item, condition, status, error: errorKind, order: order === "plan" ? undefined : order };
  const isFiltered = Boolean(search || item || condition || status || errorKind);
  const currency = String(run.manifest.experiment.costBudget.currency ?? "");
  const places = { offset, limit: PAGE, total, noun: isFiltered ? "matching tasks" : "ended tasks" };
  return runPage(
    run,
    "tasks",
    html`<section class="wide"><h2>Tasks</h2>
<form class="filter" method="get" role="search" aria-label="Filter tasks">
<label>Find <input type="search" name="q" value="${search}" placeholder="item, output, message, error"></label>
${choice("condition", "Condition", [["", "all"], ...run.manifest.experiment.conditions.map(({ name }): [string, string] => [name, cut(name, 40)])], condition)}
${choice("status", "Status", [["", "all"], ...statuses.map((name): [string, string] => [name, statusText(name)])], status ?? "")}
${choice(
  "order",
  "Order",
  taskOrders.map((name): [string, string] => [name, orders[name]]),
  order,
)}
${item && html`<label>Item <input name="item" value="${item}" size="14"></label>`}
${errorKind && html`<label>Error <input name="error" value="${errorKind}" size="14"></label>`}
<button type="submit">Filter</button> ${(isFiltered || order !== "plan") && html`<a href="${link(path)}">Reset</a>`}
</form>
${pager(path, here, places)}
${table(
  "Tasks",
  [
    th("Task", true),
    th("Item"),
    th("Condition"),
    th("Status"),
    th("Attempts", true),
    th("Time", true),
    th("Cost", true),
    th("Result"),
  ],
  rows.map((one) => row(run.id, one, runs.item(run.id, one.itemId), currency)),
  isFiltered ? "No ended task matches." : "No task has ended yet.",
)}
${rows.length > 15 && pager(path, here, places, "Pages, at the end")}</section>`,
  );
}

const row = (
  id: string,
  task: ListedTask,
  item: unknown,
  currency: string,
): Markup => html`<tr data-key="${task.ordinal}">
<td class="right soft">${task.ordinal}</td>
<th scope="row" dir="auto"><a href="${link(["run", id, "tasks", task.ordinal])}">${cut(task.itemId, 60)}</a>${task.repeat > 0 && html` <span class="soft">repeat ${task.repeat}</span>`}${item !== undefined && html`<div class="sub" dir="auto">${cut(textsOf(item).input ?? "", 70).replace(/ … .*/, "…")}</div>`}</th>
<td dir="auto">${cut(task.condition, 40)}</td><td>${pill(task.finalStatus)}</td>
<td class="right${task.attempts > 1 && " failed"}">${count(task.attempts)}</td><td class="right">${duration(task.elapsedMs)}</td>
<td class="right">${task.cost ? money(task.cost, currency) : "–"}</td><td class="what" dir="auto">${cut(summaryOf(task), 120)}</td></tr>`;

/** The error, else the numbers that the condition gave, its latency aside. */
function summaryOf({ error, metrics }: ListedTask): string {
  if (error) return `${error.kind}: ${error.message}`;
  return Object.entries(flatten(metrics))
    .filter(([name]) => name !== "latency" && name !== "cost")
    .map(([name, value]) => `${name} ${valueWords(value)}`)
    .join(", ");
}
