import { printMillis } from "#src/kernel/units";
import { count as whole } from "#src/reports/cell";
import { html, type Markup } from "./markup.ts";

export { money, percent, perSecond } from "#src/reports/cell";

/** @example count(12345) // => "12,345" */
export const count = (n: number): string => whole(Math.round(n));

export const duration = printMillis;

/** A moment as a `<time>` that the page shows in the reader's own zone. */
export function moment(ms: number, form: "date" | "time" = "date"): Markup {
  const iso = new Date(ms).toISOString();
  const text = form === "date" ? `${iso.slice(0, 16).replace("T", " ")} UTC` : iso.slice(11, 23);
  return html`<time datetime="${iso}" data-form="${form}">${text}</time>`;
}

/** @example plural(2, "restart") // => "2 restarts" */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** The state of a machine or an actor as text. */
export const stateText = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** A status as people read it. @example statusText("failed_permanent") // => "failed permanent" */
export const statusText = (status: string): string => status.replaceAll("_", " ");

/** How long something is under way already. @example sinceWords(Date.now() - 12_000) // => ", for 12 s" */
export function sinceWords(sinceMs: number): string {
  const seconds = Math.round((Date.now() - sinceMs) / 1000);
  return seconds < 1 ? "" : `, for ${seconds} s`;
}
