import { link } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import { type Page, page } from "./page.ts";
import { ended, pill } from "./parts.ts";
import type { RunView } from "./runs.ts";
import { count, moment, percent } from "./words.ts";

/** The pages of a run, in the order of their tabs. */
export const tabs = ["overview", "tree", "machines", "facts", "tasks", "items", "matrix", "results"] as const;
export type Tab = (typeof tabs)[number];

/** What every page of a run has around it. */
export function runPage(run: RunView, tab: Tab, body: Markup, { live = isGoingOn(run), isWaiting = false } = {}): Page {
  const { experiment, createdAt, faults } = run.manifest;
  const { planned, open } = run.accounting;
  const done = open
    ? `${count(ended(run.accounting))} tasks so far`
    : `${percent(planned > 0 ? ended(run.accounting) / planned : 0)} done`;
  const reason = run.live ? undefined : run.sessions.at(-1)?.reason;
  const main = html`<header class="run">
<p class="kicker"><a href="/">Runs</a></p>
<h1 dir="auto">${experiment.name}</h1>
<p class="meta">${pill(stateOf(run))} <span>${done}</span> <span>${moment(Date.parse(createdAt))}</span> <code>${run.id}</code></p>
${run.scorings.length > 0 && html`<p class="meta" dir="auto">Shown: the scores that the run gave. Others of the same answers: ${run.scorings.join(", ")} (<code>crucible compare ${run.id} ${run.id}@${run.scorings[0]}</code>).</p>`}
${reason && html`<p class="warning" dir="auto">${reason}</p>`}
${run.status === "killed" && html`<p class="warning">Its process is gone. Nothing that was acknowledged is lost: <code>crucible resume ${run.id}</code> resumes it.</p>`}
${faults && html`<p class="warning" dir="auto">Faults were injected (${faults}): this run says nothing about its conditions.</p>`}
<nav class="tabs" aria-label="Pages of this run">${tabs.map((name) => html`<a href="${link(name === "overview" ? ["run", run.id] : ["run", run.id, name])}"${name === tab && html` aria-current="page"`}>${name[0]!.toUpperCase() + name.slice(1)}</a>`)}</nav>
</header>
${body}`;
  return page(`${isGoingOn(run) ? `${done.replace(/ done$/, "")} · ` : ""}${experiment.name}`, main, {
    live,
    isWaiting,
  });
}

/** Whether its pages will change by themselves. */
export const isGoingOn = (run: Pick<RunView, "status">): boolean => run.status === "running";

/** What the run says of itself while it answers, else how it ended. */
export const stateOf = ({ live, status }: Pick<RunView, "live" | "status">): string =>
  live && live.status.state !== "ended" ? live.status.state : status;
