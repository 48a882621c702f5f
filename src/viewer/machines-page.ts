import type { MachineChart } from "#src/app/observe/chart-of";
import { type MachineKind, machineCharts, machineRoles, runKinds } from "#src/app/observe/charts";
import { chartSvg } from "./chart-svg.ts";
import { html, type Markup } from "./markup.ts";
import type { Page } from "./page.ts";
import { isGoingOn, runPage } from "./run-frame.ts";
import type { RunView } from "./runs.ts";
import { transitionTable } from "./transition-table.ts";
import { stateCounts, treeView } from "./tree-view.ts";
import { count, moment } from "./words.ts";

/** The statechart of every kind of machine, with the number of actors in each state. */
export function machinesPage(run: RunView): Page {
  const counts = countsOf(run);
  const charts = machineCharts();
  const { digest } = run;
  return runPage(
    run,
    "machines",
    html`<section><h2>Machines</h2>
<p class="meta">${run.live ? "Actors in each state, now." : isGoingOn(run) ? "The run does not answer." : ["How it ended: workers by how their attempts ended, the others as they were last seen", digest.lastSeen !== undefined && [", ", moment(digest.lastSeen)], "."]}</p>
<nav class="within" aria-label="Machines">${runKinds.map((kind) => html`<a href="#${kind}">${kind}</a>`)}</nav></section>
${runKinds.map((kind) => machine(kind, charts[kind], counts[kind] ?? {}, run))}`,
  );
}

/** A run that has ended has no actors left: its workers are counted by how they ended. */
function countsOf(run: RunView): ReturnType<typeof stateCounts> {
  const counts = stateCounts(treeView(run));
  if (run.live || run.status === "killed") return counts;
  const { planned, pending } = run.accounting;
  const retries = run.conditions.reduce((sum, one) => sum + one.retries, 0);
  return { ...counts, worker: { settled: planned - pending, failed: retries } };
}

function machine(
  kind: MachineKind,
  chart: MachineChart,
  counts: Readonly<Record<string, number>>,
  { digest }: RunView,
): Markup {
  const title = kind[0]!.toUpperCase() + kind.slice(1);
  const restarting = counts.restarting ?? 0;
  return html`<section class="machine" id="${kind}"><h3>${title}</h3><p class="notes">${machineRoles[kind]}${restarting > 0 && ` ${count(restarting)} between two lives.`}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Chart of the ${kind}">${chartSvg(chart, { counts }, `chart-${kind}`, `States of the ${kind}`)}</div>
${kind === "breaker" && digest.circuit.length > 0 && html`<p class="notes">${digest.circuit.slice(-6).map(({ t, type }) => html`<span class="step">${moment(t, "time")} ${type.replace("circuit.", "")}</span> `)}</p>`}
<details><summary>All transitions</summary>${transitionTable(kind, chart)}</details></section>`;
}
