import { link } from "#src/viewer/links";
import { html } from "#src/viewer/markup";
import type { Page } from "#src/viewer/page";
import { choice } from "#src/viewer/parts";
import { count } from "#src/viewer/words";
import { rootOf, stepper } from "./actors-page.ts";
import { framed, momentOf } from "./frame.ts";
import type { App, Entry, History } from "./history.ts";
import { sequenceSvg } from "./sequence-svg.ts";

/** Messages of a diagram, and the steps that are looked through for them. */
const MOST_MESSAGES = 60;
const MOST_READ = 5000;

/** Who sent what to whom in one app, in the order of time, up to a step. */
export function sequencePage(history: History, app: App | undefined, at: number | undefined): Page {
  const moment = momentOf(history, at);
  const messages = app ? lastMessages(history, app, moment.step) : [];
  const names = history.apps.map((one): [string, string] => {
    const root = rootOf(one);
    return [String(one.number), `App ${one.number}${root ? `: ${root.name}` : ""}`];
  });
  const body = html`<section>
${stepper(history, moment, (step) => link(["sequence"], { app: app?.number, at: step }))}
${
  history.apps.length > 1 &&
  html`<form class="filter" method="get" aria-label="App">${choice("app", "App", names, String(app?.number))}${moment.at !== undefined && html`<input type="hidden" name="at" value="${moment.at}">`} <button type="submit">Show</button></form>`
}
${
  messages.length === 0
    ? html`<p class="empty">No actor has been sent anything yet.</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="Sequence diagram">${sequenceSvg(messages)}</div>
<p class="notes">The last ${count(messages.length)} messages up to this step, the newest at the bottom. A number is a step: it leads to the actor as it was then.</p>`
}</section>`;
  return framed(history, "sequence", "Sequence", moment.at, body);
}

/** Events, and states that they led to, oldest first. */
function lastMessages(history: History, app: App, step: number): Entry[] {
  const found: Entry[] = [];
  let read = 0;
  for (const entry of history.back(step)) {
    if (found.length === MOST_MESSAGES || ++read > MOST_READ) break;
    if (entry.actor.app === app && entry.type !== "actor") found.push(entry);
  }
  return found.reverse();
}
