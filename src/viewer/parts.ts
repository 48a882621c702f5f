import type { Accounting } from "#src/experiment/outcome";
import type { WallTime } from "#src/experiment/session";
import { link } from "./links.ts";
import { type HtmlPart, html, type Markup } from "./markup.ts";
import { count, plural, sinceWords, statusText } from "./words.ts";

/** A status as a small label. Its colour never says more than its text. */
export const pill = (status: string): Markup => html`<span class="pill ${toneOf(status)}">${statusText(status)}</span>`;

const tones: Readonly<Record<string, readonly string[]>> = {
  good: ["completed", "success", "stopped_early", "alive", "closed"],
  busy: ["running", "paused", "stopping", "analysing", "preparing", "halfOpen", "restarting", "throttled"],
  bad: ["killed", "aborted", "failed_permanent", "failed_retries_exhausted", "budget_exhausted", "open circuit"],
};
const toneOf = (status: string): string => Object.keys(tones).find((tone) => tones[tone]!.includes(status)) ?? "quiet";

const places = ["succeeded", "failed", "unscored", "skipped"] as const;

/** How many sessions a time is of. @example sessionsWords(2, { ms: 5, unknown: 1 }) // => "2 sessions, the end of 1 is not known" */
export const sessionsWords = (sessions: number, { unknown }: WallTime): string =>
  `${plural(sessions, "session")}${unknown > 0 ? `, the end of ${unknown} is not known` : ""}`;

/** How far it is: a bar of what ended how. Drawn, since a page without inline style cannot say a width otherwise. */
export function progressBar(accounting: Omit<Accounting, "pending">, label: string): Markup {
  const planned = accounting.open ? 0 : accounting.planned; // a share of what is not known is not drawn
  let x = 0;
  const parts = places.map((name) => {
    const width = planned > 0 ? (accounting[name] / planned) * 100 : 0;
    const rect =
      width > 0 && html`<rect class="${name}" x="${x.toFixed(3)}%" width="${width.toFixed(3)}%" height="100%"/>`;
    x += width;
    return rect;
  });
  return html`<svg class="progress" role="img" aria-label="${label}">${parts}</svg>`;
}

/** A share of a whole as a bar. */
export const meter = (share: number, label: string): Markup =>
  html`<svg class="progress" role="img" aria-label="${label}"><rect class="${share >= 0.9 ? "failed" : "spent"}" width="${(Math.min(1, share) * 100).toFixed(2)}%" height="100%"/></svg>`;

/** The accounting identity, in full. */
export const accountingLine = (a: Accounting): Markup =>
  html`<p class="accounting"><b>${count(a.planned)}</b> planned${a.open && " so far"} = <span class="key succeeded">${count(a.succeeded)} succeeded</span> + <span class="key failed${a.failed === 0 && " none"}">${count(a.failed)} failed</span> + <span class="key skipped">${count(a.skipped)} skipped</span> + <span class="key unscored">${count(a.unscored)} unscored</span> + <span class="key pending">${count(a.pending)} pending</span></p>`;

export const ended = ({ planned, pending }: Pick<Accounting, "planned" | "pending">): number => planned - pending;

/** How far it is: of how many, unless more may come. */
export const doneOf = (a: Pick<Accounting, "planned" | "pending" | "open">): string =>
  a.open ? `${count(ended(a))} so far` : `${count(ended(a))} of ${count(a.planned)}`;

/** A table that scrolls on its own where the window is narrow. */
export const table = (label: string, head: readonly HtmlPart[], rows: readonly Markup[], empty: string): Markup =>
  rows.length === 0
    ? html`<p class="empty">${empty}</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table aria-label="${label}"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;

export const th = (label: string, right = false): Markup =>
  html`<th scope="col"${right && html` class="right"`}>${label}</th>`;

/** A list to choose from in a form. */
export const choice = (
  name: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string,
): Markup =>
  html`<label>${label} <select name="${name}">${options.map(([value, text]) => html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`)}</select></label>`;

/** Where one is among many, and the way on. */
export function pager(
  path: readonly (string | number)[],
  query: Parameters<typeof link>[1],
  { offset, limit, total, noun }: { offset: number; limit: number; total: number; noun: string },
  label = "Pages",
): Markup {
  const to = Math.min(total, offset + limit);
  const at = (where: number): string => link(path, { ...query, offset: where > 0 ? where : undefined });
  const last = Math.max(0, Math.floor((total - 1) / limit) * limit);
  const step = (name: string, where: number, possible: boolean, key?: "back" | "on"): Markup =>
    possible
      ? html`<a href="${at(where)}"${key && html` data-step="${key}"`}>${name}</a>`
      : html`<span aria-disabled="true">${name}</span>`;
  return html`<nav class="pager" aria-label="${label}"><span role="status">${total === 0 ? `no ${noun}` : `${count(offset + 1)} to ${count(to)} of ${count(total)} ${noun}`}</span>
${step("First", 0, offset > 0)} ${step("Previous", Math.max(0, offset - limit), offset > 0, "back")} ${step("Next", offset + limit, to < total, "on")} ${step("Last", last, to < total)}</nav>`;
}

/** Names and values, one a line. */
export const facts = (entries: readonly (readonly [name: string, value: HtmlPart])[]): Markup =>
  html`<dl class="facts">${entries.flatMap(([name, value]) => (value === undefined || value === "" || value === false ? [] : [html`<dt>${name}</dt><dd>${value}</dd>`]))}</dl>`;

export const tile = (label: string, value: HtmlPart, below?: HtmlPart): Markup =>
  html`<div class="tile"><div class="label">${label}</div><div class="value">${value}</div>${below !== undefined && below !== false && html`<div class="below">${below}</div>`}</div>`;

/** That rows are being read, how many, and for how long already. */
export const working = (what: string, tasks: number, sinceMs: number): Markup =>
  html`<p class="working" role="status">${what} ${plural(tasks, "row")}${sinceWords(sinceMs)} …</p>`;
