import { link } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import type { Page } from "./page.ts";
import { pill, table, th } from "./parts.ts";
import { runPage } from "./run-frame.ts";
import type { RunView } from "./runs.ts";
import { treeView, type ViewNode } from "./tree-view.ts";
import { count, duration, moment, plural } from "./words.ts";

/** The supervision tree of a run: who is in which state, what it waits for, and how often and why it was restarted. */
export function treePage(run: RunView): Page {
  const tree = treeView(run);
  const { digest, live } = run;
  const when =
    !live &&
    digest.lastSeen !== undefined &&
    html`<p class="meta">As it was last seen, ${moment(digest.lastSeen)}.</p>`;
  const nothing = live
    ? "The tree is not up yet, or busy stopping."
    : "This run's tree was not recorded: the run was too short, or ran with observe: false.";
  return runPage(
    run,
    "tree",
    html`<section><h2>Supervision tree</h2>${when}
${tree ? html`<ul class="tree">${branch(run, tree, [])}</ul>` : html`<p class="empty">${nothing}</p>`}</section>
<section><h2>Restarts</h2>${restartTable(run)}</section>`,
  );
}

function branch(run: RunView, node: ViewNode, path: readonly string[]): Markup {
  const isTask = node.kind === "worker";
  const all = Object.values(node.tasks ?? {}).reduce((sum, n) => sum + n, 0);
  const omitted = all - node.children.length;
  const last = node.lives.at(-1);
  const states = Object.entries(node.tasks ?? {}).map(([state, n]) => `${count(n)} ${state}`);
  return html`<li data-key="${path.join("/")}"><div class="actor${node.restarts > 0 && " restarted"}" data-path="${path.join("/")}">
<span class="name" dir="auto">${node.id}</span>
${node.state !== "" && (node.kind && !isTask ? html`<a class="state-link" href="${link(["run", run.id, "machines"])}#${node.kind}">${pill(node.state)}</a>` : pill(node.state))}
${states.length > 0 && html`<span class="soft">${states.join(", ")}</span>`}
${node.reason && html`<span class="reason" dir="auto">${node.reason.slice(0, 160)}</span>`}
${node.waitsFor && html`<span class="soft">waits for ${node.waitsFor}</span>`}
${node.restarts > 0 && html`<span class="restarts">${isTask ? plural(node.restarts, "retry", "retries") : plural(node.restarts, "restart")}</span>`}
${last?.reason && html`<span class="reason" dir="auto">last: ${last.reason.slice(0, 160)}</span>`}
</div>
${node.lives.length > 1 && html`<details><summary>${plural(node.lives.length, "earlier life", "earlier lives")}</summary><ol class="lives">${node.lives.map(({ at, reason, afterMs }) => html`<li>${moment(at, "time")} ${afterMs !== undefined && `after ${duration(afterMs)}`} <span dir="auto">${reason ?? ""}</span></li>`)}</ol></details>`}
${(node.children.length > 0 || omitted > 0) && html`<ul>${node.children.map((child) => branch(run, child, [...path, child.id]))}${omitted > 0 && node.children.length > 0 && html`<li class="soft">and ${count(omitted)} more</li>`}</ul>`}</li>`;
}

function restartTable({ digest }: RunView): Markup {
  const { restarts, restartsSeen } = digest;
  const rows = [...restarts]
    .reverse()
    .map(
      ({ t, path, reason }) =>
        html`<tr><td class="when">${moment(t, "time")}</td><th scope="row" dir="auto">${path}</th><td dir="auto">${reason ?? "–"}</td></tr>`,
    );
  return html`${table("Restarts", [th("When"), th("Actor"), th("Why")], rows, "No service or condition was restarted. Retries of tasks are in their own pages.")}
${restartsSeen > restarts.length && html`<p class="notes">The last ${count(restarts.length)} of ${count(restartsSeen)}.</p>`}`;
}
