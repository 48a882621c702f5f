import { link } from "#src/viewer/links";
import { html, type Markup } from "#src/viewer/markup";
import type { Page } from "#src/viewer/page";
import { pill } from "#src/viewer/parts";
import { count, plural } from "#src/viewer/words";
import { actorLink, framed, type Moment, momentOf, stateWords, stepBar } from "./frame.ts";
import { type Actor, type App, type History, stateAt } from "./history.ts";

/** Actors of an app that are listed; more are counted. */
const MOST_SHOWN = 300;

/** Every app that is or was connected, with the tree of its actors and where each stands. */
export function actorsPage(history: History, feed: string, at: number | undefined): Page {
  const moment = momentOf(history, at);
  const body =
    history.apps.length === 0
      ? waiting(feed)
      : html`<section>${stepper(history, moment, (step) => link([], { at: step }))}</section>
${[...history.apps].reverse().map((app) => appTree(app, moment))}
${!history.recording && html`<details><summary>Connect another app</summary>${how(feed)}</details>`}`;
  return framed(history, "actors", history.recording?.title ?? "Inspector", moment.at, body);
}

/** The bar over all steps of all apps. */
export function stepper(history: History, moment: Moment, to: (at: number | undefined) => string): Markup {
  const { step } = moment;
  const ways = {
    first: step > history.firstStep ? history.firstStep : undefined,
    back: step > history.firstStep ? step - 1 : undefined,
    on: step < history.steps ? step + 1 : undefined,
  };
  return stepBar(`step ${count(step)} of ${count(history.steps)}`, moment, ways, to);
}

const waiting = (feed: string): Markup =>
  html`<section><h2>Waiting for an app</h2><p>Nothing is connected yet. This page shows an app as soon as it connects.</p>${how(feed)}</section>`;

const how = (feed: string): Markup => html`<p>An XState app in Node or in a browser:</p>
<pre tabindex="0">import { createWebSocketInspector } from "@statelyai/inspect";
const { inspect } = createWebSocketInspector({ url: "${feed}" });
createActor(machine, { inspect }).start();</pre>
<p>A run: <code>crucible run experiment.ts --inspect ${feed}</code></p>`;

function appTree(app: App, { at, step }: Moment): Markup {
  const actors = [...app.actors.values()].filter(({ entries }) => at === undefined || (entries[0]?.step ?? 0) <= step);
  const shown = actors.slice(-MOST_SHOWN);
  const within = new Set(shown.map(({ sessionId }) => sessionId));
  const children = new Map<string, Actor[]>();
  for (const actor of shown) {
    const { parentId, sessionId } = actor;
    const above = parentId !== undefined && parentId !== sessionId && within.has(parentId) ? parentId : "";
    children.set(above, [...(children.get(above) ?? []), actor]);
  }
  const seen = new Set<Actor>();
  const branch = (actor: Actor): Markup => {
    if (seen.has(actor)) return html``;
    seen.add(actor);
    const inner = children.get(actor.sessionId) ?? [];
    return html`<li data-key="${actor.key}"><div class="actor"><a class="name" dir="auto" href="${actorLink(actor, at)}">${actor.name}</a> ${statePills(actor, at)} <span class="soft">${plural(actor.entries.length, "step")}</span></div>${inner.length > 0 && html`<ul>${inner.map(branch)}</ul>`}</li>`;
  };
  const roots = (children.get("") ?? []).map(branch);
  const lost = shown.filter((actor) => !seen.has(actor)).map(branch); // parents that name each other
  const root = rootOf(app);
  return html`<section><h2 dir="auto">App ${app.number}${root && html`: ${root.name}`} ${!app.isSimulated && pill(app.isConnected ? "connected" : "disconnected")}</h2>
${!app.isConnected && !app.isSimulated && html`<p class="notes">As it was last seen.</p>`}
${shown.length === 0 ? html`<p class="empty">${at === undefined ? "It is connected and has no actor yet." : "It had no actor at this step."}</p>` : html`<ul class="tree">${roots}${lost}</ul>`}
${actors.length > shown.length && html`<p class="notes">The last ${count(shown.length)} of ${count(actors.length)} actors.</p>`}
${shown.length > 0 && html`<p><a href="${link(["sequence"], { app: app.number, at })}">Sequence of its messages</a></p>`}</section>`;
}

/** The actor that an app is named for: the first that has children and no parent, else the first of all. */
export function rootOf({ actors }: App): Actor | undefined {
  const all = [...actors.values()];
  const parents = new Set(all.map(({ parentId }) => parentId));
  return all.find(({ parentId, sessionId }) => parentId === undefined && parents.has(sessionId)) ?? all[0];
}

/** State and status of an actor as labels. */
export function statePills(actor: Actor, at: number | undefined): Markup {
  const state = stateAt(actor, at);
  if (!state) return html`<span class="soft">no longer kept</span>`;
  const words = stateWords(state.value);
  return html`${words !== "" && html`<span class="pill busy">${words}</span>`} ${(state.status !== "active" || words === "") && pill(state.status)}`;
}
