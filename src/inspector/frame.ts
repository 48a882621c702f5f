import { link } from "#src/viewer/links";
import { type HtmlPart, html, type Markup } from "#src/viewer/markup";
import { type Page, page } from "#src/viewer/page";
import { count, plural, moment as when } from "#src/viewer/words";
import type { Actor, Entry, History } from "./history.ts";

/** Where the page looks at: the last step, or an earlier one. */
export interface Moment {
  /** Undefined while it follows what happens now. */
  readonly at: number | undefined;
  /** The last step that is looked at. */
  readonly step: number;
  /** What is at the end. */
  readonly end: "Live" | "End";
}

export function momentOf(history: History, at: number | undefined): Moment {
  const end = history.recording ? "End" : "Live";
  return at === undefined || at >= history.steps
    ? { at: undefined, step: history.steps, end }
    : { at, step: Math.max(at, 0), end };
}

const tabs = ["actors", "events", "sequence", "story"] as const;

/** When an entry came: of a simulation, how much of its time had passed. */
export const whenOf = ({ at, actor }: Entry): Markup =>
  actor.app.isSimulated ? html`${count(at)} ms` : when(at, "time");

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
${history.recording && html`<p class="warning" dir="auto">${history.recording.violation}</p>`}
<p class="meta"><span>${history.recording ? "A recording" : open === 0 ? "No app is connected" : `${plural(open, "app")} connected`}</span> <span>${plural(history.actorCount, "actor")}</span> <span>${plural(history.steps, "step")}</span></p>
${history.unread > 0 && html`<p class="warning">${plural(history.unread, "message")} could not be read: not in the format of @statelyai/inspect.</p>`}
${history.leftOut > 0 && html`<p class="warning">${plural(history.leftOut, "message")} of further actors left out: at most 5,000 actors are kept.</p>`}
${history.firstStep > 1 && history.steps > 0 && html`<p class="notes">Steps before ${history.firstStep} are no longer kept.</p>`}
<nav class="tabs" aria-label="Pages of the inspector">${tabs.filter((name) => name !== "story" || history.recording).map((name) => html`<a href="${link(name === "actors" ? [] : [name], { at })}"${name === tab && html` aria-current="page"`}>${name[0]!.toUpperCase() + name.slice(1)}</a>`)}</nav>
</header>
${body}`;
  return page(title, main, { live: at === undefined && !history.recording });
}

/** Steps to go to: back, on, and to what happens now. */
export interface Ways {
  readonly first?: number | undefined;
  readonly back?: number | undefined;
  readonly on?: number | undefined;
}

/** A bar to step back and forth with. @param to makes the address of a step; of what happens now without one */
export function stepBar(
  words: HtmlPart,
  { at, end }: Moment,
  ways: Ways,
  to: (at: number | undefined) => string,
): Markup {
  const way = (name: string, step: number | undefined, key?: string): Markup =>
    step === undefined
      ? html`<span aria-disabled="true">${name}</span>`
      : html`<a href="${to(step)}"${key && html` data-step="${key}"`}>${name}</a>`;
  return html`<nav class="pager steps" aria-label="Steps"><span role="status">${words}</span>
${way("First", ways.first)} ${way("Back", ways.back, "back")} ${way("Forward", ways.on, "on")} ${at === undefined ? html`<b>${end}</b>` : html`<a href="${to(undefined)}">${end}</a>`}</nav>`;
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
