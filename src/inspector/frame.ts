import { link } from "#src/viewer/links";
import { type HtmlPart, html, type Markup } from "#src/viewer/markup";
import { type Page, page } from "#src/viewer/page";
import { plural } from "#src/viewer/words";
import type { Actor, History } from "./history.ts";

/** Where the page looks at: the last step, or an earlier one. */
export interface Moment {
  /** Undefined while it follows what happens now. */
  readonly at: number | undefined;
  /** The last step that is looked at. */
  readonly step: number;
}

export const momentOf = (history: History, at: number | undefined): Moment =>
  at === undefined || at >= history.steps ? { at: undefined, step: history.steps } : { at, step: Math.max(at, 0) };

const tabs = ["actors", "events", "sequence"] as const;

/** What every page of the inspector has around it. */
export function framed(
  history: History,
  tab: (typeof tabs)[number] | undefined,
  title: string,
  at: number | undefined,
  body: Markup,
): Page {
  const open = history.apps.filter(({ isConnected }) => isConnected).length;
  const main = html`<header class="run">
<h1 dir="auto">${title}</h1>
<p class="meta"><span>${open === 0 ? "No app is connected" : `${plural(open, "app")} connected`}</span> <span>${plural(history.actorCount, "actor")}</span> <span>${plural(history.steps, "step")}</span></p>
${history.unread > 0 && html`<p class="warning">${plural(history.unread, "message")} could not be read: not in the format of @statelyai/inspect.</p>`}
${history.leftOut > 0 && html`<p class="warning">${plural(history.leftOut, "message")} of further actors left out: at most 5,000 actors are kept.</p>`}
${history.firstStep > 1 && history.steps > 0 && html`<p class="notes">Steps before ${history.firstStep} are no longer kept.</p>`}
<nav class="tabs" aria-label="Pages of the inspector">${tabs.map((name) => html`<a href="${link(name === "actors" ? [] : [name], { at })}"${name === tab && html` aria-current="page"`}>${name[0]!.toUpperCase() + name.slice(1)}</a>`)}</nav>
</header>
${body}`;
  return page(title, main, { live: at === undefined });
}

/** Steps to go to: back, on, and to what happens now. */
export interface Ways {
  readonly first?: number | undefined;
  readonly back?: number | undefined;
  readonly on?: number | undefined;
}

/** A bar to step back and forth with. @param to makes the address of a step; of what happens now without one */
export function stepBar(words: HtmlPart, { at }: Moment, ways: Ways, to: (at: number | undefined) => string): Markup {
  const way = (name: string, step: number | undefined, key?: string): Markup =>
    step === undefined
      ? html`<span aria-disabled="true">${name}</span>`
      : html`<a href="${to(step)}"${key && html` data-step="${key}"`}>${name}</a>`;
  return html`<nav class="pager steps" aria-label="Steps"><span role="status">${words}</span>
${way("First", ways.first)} ${way("Back", ways.back, "back")} ${way("Forward", ways.on, "on")} ${at === undefined ? html`<b>Live</b>` : html`<a href="${to(undefined)}">Live</a>`}</nav>`;
}

export const actorLink = ({ key }: Actor, at?: number): string => link(["actor", key], { at });

/** The state of an actor in words: `a, b.c` for states that are active at once. */
export const stateWords = (value: unknown): string => (value === undefined ? "" : leaves(value, "").join(", "));

/** The same without the states around them: `a, c`. */
export const shortStateWords = (value: unknown): string =>
  leaves(value, "")
    .map((path) => path.slice(path.lastIndexOf(".") + 1))
    .join(", ");

/** Paths of the innermost active states. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value === "string") return [path === "" ? value : `${path}.${value}`];
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, part]) => leaves(part, path === "" ? key : `${path}.${key}`));
  return inner.length > 0 ? inner : path === "" ? [] : [path];
}

/** Paths of all active states, also of those around the innermost. */
export function activeStates(value: unknown): Record<string, number> {
  const active: Record<string, number> = Object.create(null);
  for (const leaf of leaves(value, "")) {
    const parts = leaf.split(".");
    for (let n = 1; n <= parts.length; n++) active[parts.slice(0, n).join(".")] = 1;
  }
  return active;
}
