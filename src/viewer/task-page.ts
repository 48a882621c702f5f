import { endingOf } from "#src/experiment/ending";
import { metWords } from "#src/experiment/fault-levels";
import { flatten } from "#src/experiment/metrics";
import type { Outcome } from "#src/experiment/outcome";
import { taskKey } from "#src/experiment/task";
import { valueWords } from "#src/reports/cell";
import { link } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import type { Page } from "./page.ts";
import { facts, pill } from "./parts.ts";
import { runPage } from "./run-frame.ts";
import type { Runs, RunView } from "./runs.ts";
import { stepsOf, timeline } from "./timeline.ts";
import { count, duration, moment, money } from "./words.ts";

/** Records of a task that its timeline is made from. */
const MOST_FACTS = 500;
/** Characters of one text that are shown: the rest is in `crucible export`. */
const MOST_CHARACTERS = 100_000;

/** One task: its attempts, its messages, its output and its scores. */
export async function taskPage(runs: Runs, run: RunView, ordinal: number): Promise<Page | undefined> {
  if (ordinal >= run.manifest.plan.tasks) return undefined;
  const task = runs.task(run.id, ordinal);
  const since = Date.parse(run.manifest.growth?.at(-1)?.at ?? "") || 0;
  const said = task && (await runs.facts(run.id, { task: ordinal, since, limit: MOST_FACTS })).entries;
  const at = (to: number, label: string): Markup =>
    to >= 0 && to < run.manifest.plan.tasks
      ? html`<a href="${link(["run", run.id, "tasks", to])}" data-step="${to < ordinal ? "back" : "on"}">${label}</a>`
      : html`<span aria-disabled="true">${label}</span>`;
  const around = html`<nav class="pager" aria-label="Tasks">${at(ordinal - 1, "Previous task")} ${at(ordinal + 1, "Next task")} <a href="${link(["run", run.id, "facts"], { task: ordinal })}">Its facts</a> ${task && html`<a href="${link(["run", run.id, "tasks"], { item: task.itemId })}">All tasks of this item</a>`}</nav>`;
  const heading = task ? taskKey(task) : `Task ${ordinal}`;
  return runPage(
    run,
    "tasks",
    html`<section><p class="kicker"><a href="${link(["run", run.id, "tasks"])}">Tasks</a></p><h2 dir="auto">${heading}</h2>${around}
${
  task
    ? about(
        task,
        run,
        runs.item(run.id, task.itemId),
        timeline(
          stepsOf(
            task,
            (said ?? []).map(({ entry }) => entry),
          ),
        ),
      )
    : html`<p class="empty">It has not ended${run.live ? "" : ": it never started, or was in flight when the run stopped"}.</p>`
}</section>`,
  );
}

function about(task: Outcome, run: RunView, item: unknown, steps: Markup | undefined): Markup {
  const { messages, finishReason, finishWord, ...rest } = task.output ?? {};
  const currency = String(run.manifest.experiment.costBudget.currency ?? "");
  const metrics = Object.entries(flatten(task.metrics));
  return html`${facts([
    ["Status", pill(task.finalStatus)],
    ["Task", count(task.ordinal)],
    ["Begun", moment(task.startedAt)],
    ["Reply", finishReason !== undefined && replyWords(endingOf(task), finishReason, finishWord)],
    ["Time", `${duration(task.elapsedMs)}${task.attempts > 1 ? ", the last attempt" : ""}${stages(task)}`],
    ["Cost", task.cost !== undefined && money(task.cost, currency)],
    [
      "Tokens",
      task.usage &&
        `${count(task.usage.promptTokens)} in, ${count(task.usage.completionTokens)} out, ${count(task.usage.calls)} calls${task.usage.cached ? `, ${count(task.usage.cached)} cached` : ""}`,
    ],
    ["Faults", metWords(rulesOf(task, run), task.faults ?? []).join("; ") || undefined],
    ["Cluster", task.cluster],
    ["Worker", task.worker],
    ["Lineage", task.lineage && JSON.stringify(task.lineage)],
  ])}
${item !== undefined && html`<h3>Item</h3>${fields(item)}`}
${metrics.length > 0 && html`<h3>Metrics</h3>${facts(metrics.map(([name, value]) => [name, valueWords(value)]))}`}
${task.invalidMetrics && html`<p class="warning" dir="auto">Refused by the metric schemas: ${task.invalidMetrics.join("; ")}</p>`}
${steps}
<h3>Attempts</h3>${attempts(task)}
${Array.isArray(messages) && html`<h3>Messages</h3>${messages.map(message)}`}
${Object.keys(rest).length > 0 && html`<h3>Output</h3>${fields(rest)}`}`;
}

/** The rules of its condition's level of faults. */
const rulesOf = ({ condition }: Outcome, { manifest }: RunView) =>
  manifest.experiment.conditions.find(({ name }) => name === condition)?.faults?.rules ?? [];

/** How the time of a task parts into its two stages; nothing where it has one. */
const stages = ({ elapsedMs, scoring }: Outcome): string =>
  scoring
    ? `: ${duration(Math.max(0, elapsedMs - scoring.elapsedMs))} answering, ${duration(scoring.elapsedMs)} scoring`
    : "";

/** How the last reply ended, with the provider's own words. */
const replyWords = (ending: ReturnType<typeof endingOf>, ...words: unknown[]): string =>
  `${ending === undefined || ending === "whole" ? "whole" : ending} (${words.filter((word) => word !== undefined).join(", ")})`;

function attempts({
  attempts: made,
  errorHistory,
  retryDelaysMs,
  finalStatus,
  error,
  scoring,
  earlierErrors = [],
}: Outcome): Markup {
  const earlier = earlierErrors.map(
    ({ error: why, at }) =>
      html`<li><span class="failed">Failed before it was done again</span>, at ${moment(at, "time")}: <code>${why.kind}</code> <span dir="auto">${why.message}</span></li>`,
  );
  const failed = errorHistory.map(
    ({ attempt, error: why, at, stage }, i) =>
      html`<li><span class="failed">${stage ? `Attempt ${attempt} at ${stage}` : `Attempt ${attempt}`} failed</span> at ${moment(at, "time")}: <code>${why.kind}</code>${why.status !== undefined && ` ${why.status}`} <span dir="auto">${why.message}</span>${retryDelaysMs[i] !== undefined && html`<div class="soft">then a wait of ${duration(retryDelaysMs[i]!)}</div>`}</li>`,
  );
  const last =
    errorHistory.length < made &&
    html`<li>Attempt ${scoring ? `${scoring.attempts} at scoring` : made}: ${finalStatus === "success" ? "succeeded" : html`${finalStatus.replaceAll("_", " ")}${error && html`: <code>${error.kind}</code> <span dir="auto">${error.message}</span>`}`}</li>`;
  return html`<ol class="attempts">${earlier}${failed}${last}</ol>`;
}

function message(one: unknown): Markup {
  const { role, content, toolCalls, ...more } = (
    typeof one === "object" && one !== null ? one : { content: one }
  ) as Record<string, unknown>;
  const calls = Array.isArray(toolCalls) && toolCalls.length > 0;
  return html`<article class="message ${typeof role === "string" && /^[a-z]+$/.test(role) && role}"><h4>${String(role ?? "message")}</h4>${content !== undefined && content !== "" && block(content)}${calls && block(toolCalls)}${Object.keys(more).length > 0 && html`<details><summary>more</summary>${block(more)}</details>`}</article>`;
}

/** The fields of an object, one below the other. */
function fields(value: unknown): Markup {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return block(value);
  return html`${Object.entries(value).map(([name, field]) => html`<h4 dir="auto">${name}</h4>${block(field)}`)}`;
}

/** A text as it is, anything else as JSON; always as text, whatever is in it. */
function block(value: unknown): Markup {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
  const omitted = text.length - MOST_CHARACTERS;
  return html`<pre tabindex="0" dir="auto">${text.slice(0, MOST_CHARACTERS)}</pre>${omitted > 0 && html`<p class="notes">${count(omitted)} more characters are not shown.</p>`}`;
}
