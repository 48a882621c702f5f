import { link, numberIn, wordIn } from "#src/viewer/links";
import { html } from "#src/viewer/markup";
import type { Page } from "#src/viewer/page";
import { choice, table, th } from "#src/viewer/parts";
import { actorLink, framed, whenOf } from "./frame.ts";
import type { Entry, History } from "./history.ts";

const PAGE = 100;
/** Entries that one page looks through. */
const MOST_READ = 20_000;
const kinds = ["event", "snapshot", "actor"] as const;

/** Every message of all apps, newest first, with filters. */
export function eventsPage(history: History, query: URLSearchParams): Page {
  const kind = wordIn(query, "kind", kinds);
  const words = (query.get("q") ?? "").slice(0, 200);
  const at = numberIn(query, "at");
  const wanted = words.toLowerCase();
  const fits = ({ type, event, actor, source }: Entry): boolean =>
    (kind === undefined || type === kind) &&
    (wanted === "" ||
      [event, actor.name, actor.sessionId, source?.name ?? ""].some((text) => text.toLowerCase().includes(wanted)));
  const found: Entry[] = [];
  let read = 0;
  let older: number | undefined;
  for (const entry of history.back(at)) {
    if (found.length === PAGE || read === MOST_READ) {
      older = entry.step;
      break;
    }
    read += 1;
    if (fits(entry)) found.push(entry);
  }
  const rows = found.map(
    (entry) =>
      html`<tr data-key="e${entry.step}"><td><a href="${actorLink(entry.actor, entry.step)}">${entry.step}</a></td><td class="when">${whenOf(entry)}</td><td class="short">${entry.type}</td><td><code>${entry.event}</code></td><td dir="auto">${entry.source?.name ?? ""}</td><td dir="auto">${entry.actor.name}</td></tr>`,
  );
  const body = html`<section>
<form class="filter" method="get" role="search" aria-label="Filter events">
<label>Find <input type="search" name="q" value="${words}" placeholder="event or actor"></label>
${choice("kind", "Kind", [["", "all kinds"], ...kinds.map((name): [string, string] => [name, name])], kind ?? "")}
<button type="submit">Filter</button> ${(kind || words || at !== undefined) && html`<a href="${link(["events"])}">Reset</a>`}
</form>
${table(
  "Events, newest first",
  ["Step", "When", "Kind", "Event", "From", "To"].map((name) => th(name)),
  rows,
  history.steps === 0 ? "Nothing has happened yet." : "No event fits.",
)}
<nav class="pager" aria-label="Pages">${at !== undefined && html`<a href="${link(["events"], { q: words, kind })}">Newest</a>`} ${older !== undefined && html`<a href="${link(["events"], { q: words, kind, at: older })}">Older</a>`}</nav></section>`;
  return framed(history, "events", "Events", at, body);
}
