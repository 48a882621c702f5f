import { chartSvg, chartWidth } from "#src/viewer/chart-svg";
import { link } from "#src/viewer/links";
import { html, type Markup } from "#src/viewer/markup";
import type { Page } from "#src/viewer/page";
import { table, th } from "#src/viewer/parts";
import { transitionTable } from "#src/viewer/transition-table";
import { count } from "#src/viewer/words";
import { statePills } from "./actors-page.ts";
import { changesBetween } from "./changes.ts";
import { isDrawable } from "./definition.ts";
import { activeStates, actorLink, framed, momentOf, stepBar, whenOf } from "./frame.ts";
import { type Actor, type Entry, type History, parsed, type State, snapshotAt, stateAt } from "./history.ts";

/** Entries around the one that is looked at. */
const AROUND = 60;
/** Pixels up to which a chart has room beside the snapshot. */
const HALF = 540;

/** One actor at a step: its statechart with the states it is in, what it was told, its snapshot and what changed in it. */
export function actorPage(history: History, actor: Actor, at: number | undefined): Page {
  const moment = momentOf(history, at);
  const { entries } = actor;
  const index = moment.at === undefined ? entries.length - 1 : entries.findLastIndex(({ step }) => step <= moment.step);
  const here = entries[index];
  const to = (step: number | undefined): string => link(["actor", actor.key], { at: step });
  const words = here ? `step ${count(index + 1)} of ${count(entries.length)} of this actor` : "before its first step";
  const ways = {
    first: index > 0 ? entries[0]!.step : undefined,
    back: entries[index - 1]?.step,
    on: entries[index + 1]?.step,
  };
  const parent = actor.parentId === undefined ? undefined : actor.app.actors.get(actor.parentId);
  const state = stateAt(actor, moment.at);
  const body = html`<section>
<p class="meta">${parent && html`<span>child of <a href="${actorLink(parent, moment.at)}" dir="auto">${parent.name}</a></span>`} <code>${actor.sessionId}</code> ${statePills(actor, moment.at)}</p>
${stepBar(words, moment, ways, to)}
${here && html`<p class="what" dir="auto">${sentence(here)}</p>`}
</section>
<div class="${actor.chart && isDrawable(actor.chart) && chartWidth(actor.chart) <= HALF && "pair"}"><section><h2>Statechart</h2>${chart(actor, state)}</section>
<section><h2>Snapshot</h2>${snapshot(actor, here)}</section></div>
<section><h2>Steps</h2>${steps(actor, index, to)}</section>
${actor.chart && html`<details><summary>All transitions</summary>${transitionTable(actor.name, actor.chart)}</details>`}`;
  return framed(history, undefined, actor.name, moment.at, body);
}

const chart = ({ chart: drawn, name }: Actor, state: State | undefined): Markup =>
  drawn && isDrawable(drawn)
    ? html`<div class="scroll" tabindex="0" role="region" aria-label="Statechart">${chartSvg(drawn, { counts: activeStates(state?.value), isOneActor: true }, "chart", `Statechart of ${name}`)}</div>`
    : html`<p class="empty">Not a state machine; or its definition was not sent, cannot be read, or is too large to draw.</p>`;

const sentence = (entry: Entry): Markup => {
  const { type, event, source, actor } = entry;
  return type === "actor"
    ? html`${whenOf(entry)} begins`
    : type === "event"
      ? html`${whenOf(entry)} is sent <code>${event}</code>${source && html` by <a href="${actorLink(source)}">${source === actor ? "itself" : source.name}</a>`}`
      : html`${whenOf(entry)} has a new snapshot after <code>${event}</code>`;
};

function steps({ entries }: Actor, index: number, to: (step: number) => string): Markup {
  const from = Math.max(0, Math.min(index - AROUND / 2, entries.length - AROUND));
  const shown = entries.slice(from, from + AROUND);
  const rows = shown.map((entry, i) => ({ entry, isHere: from + i === index })).reverse();
  return html`${table(
    "Steps of this actor, newest first",
    [th("Step"), th("When"), th("What"), th("Event"), th("From")],
    rows.map(
      ({ entry, isHere }) =>
        html`<tr data-key="s${entry.step}"${isHere && html` class="here"`}><td><a href="${to(entry.step)}"${isHere && html` aria-current="step"`}>${entry.step}</a></td><td class="when">${whenOf(entry)}</td><td class="short">${entry.type}</td><td><code>${entry.event}</code></td><td dir="auto">${entry.source?.name ?? ""}</td></tr>`,
    ),
    "Nothing is kept of it any more.",
  )}${shown.length < entries.length && html`<p class="notes">${count(shown.length)} of ${count(entries.length)} steps, around the one that is shown.</p>`}`;
}

function snapshot(actor: Actor, here: Entry | undefined): Markup {
  const now = here && snapshotAt(actor, here.step);
  if (!here || !now) return html`<p class="empty">There is no snapshot at this step.</p>`;
  const before = snapshotAt(actor, now.step - 1);
  const changes = before ? changesBetween(parsed(before.body), parsed(now.body)) : [];
  return html`${here.type === "event" && html`<h3>Event</h3><pre tabindex="0">${pretty(here.body)}</pre>`}
${changes.length > 0 && html`<h3>${here === now ? "Changed" : "Changed last"}</h3><ul class="list small">${changes.map(({ path, from, to }) => html`<li><code>${path}</code>: ${from} → ${to}</li>`)}</ul>`}
<h3>${here.type === "event" ? "Before the event" : "Whole"}</h3><pre tabindex="0">${pretty(now.body)}</pre>`;
}

const pretty = (json: string): string => JSON.stringify(parsed(json), null, 2);
