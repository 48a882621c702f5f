import { html, type Markup } from "#src/viewer/markup";
import { actorLink, shortStateWords } from "./frame.ts";
import { type Actor, type Entry, parsed } from "./history.ts";

const LANE = 150;
/** Middle of the first lane; numbers of steps and what comes from outside stand to its left. */
const LEFT = 190;
const NUMBERS = 40;
const HEAD = 40;
const ROW = 30;
/** Characters of a text of 11 px that a lane has room for. */
const FIT = 22;

/** A sequence diagram: a lane for each actor, an arrow for each event (a dashed one where no actor sent it), and the state it is in afterwards where that is another one. */
export function sequenceSvg(entries: readonly Entry[]): Markup {
  const named = new Set(entries.flatMap(({ source, actor }) => (source ? [source, actor] : [actor])));
  const known = [...(entries[0]?.actor.app.actors.values() ?? [])].filter((actor) => named.has(actor));
  const actors = [...new Set([...known, ...named])]; // in the order in which they began
  const at = new Map(actors.map((actor, i) => [actor, LEFT + i * LANE]));
  const width = LEFT + (actors.length - 1) * LANE + LANE * 0.75;
  const rows = rowsOf(entries);
  const height = HEAD + rows.length * ROW + 16;
  return html`<svg class="sequence" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-labelledby="sequence-title">
<title id="sequence-title">${`Messages between ${actors.length} actors, from top to bottom`}</title>
<defs><marker id="sequence-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0.5 8 4 0 7.5z"/></marker></defs>
${actors.map((actor) => lane(actor, at.get(actor)!, height))}
${rows.map((row, i) => rowSvg(row, HEAD + (i + 0.6) * ROW, at))}
</svg>`;
}

interface Row {
  readonly entry: Entry;
  /** The state that a snapshot says; absent for an event. */
  readonly state?: string;
}

/** An event is an arrow; a snapshot is shown where its state is another one than before. */
function rowsOf(entries: readonly Entry[]): Row[] {
  const last = new Map<Actor, string>();
  return entries.flatMap((entry): Row[] => {
    if (entry.type === "event") return [{ entry }];
    const { status, value } = (parsed(entry.body) ?? {}) as { status?: unknown; value?: unknown };
    const words = shortStateWords(value);
    const state = status === "active" ? words : [words, String(status)].filter(Boolean).join(", ");
    if (state === "" || last.get(entry.actor) === state) return [];
    last.set(entry.actor, state);
    return [{ entry, state }];
  });
}

const lane = (actor: Actor, x: number, height: number): Markup =>
  html`<line class="lane" x1="${x}" x2="${x}" y1="${HEAD - 8}" y2="${height - 6}"/><text class="head" x="${x}" y="20" text-anchor="middle"><title>${actor.name}</title>${cut(actor.name, FIT - 2)}</text>`;

function rowSvg({ entry, state }: Row, y: number, at: ReadonlyMap<Actor, number>): Markup {
  const x = at.get(entry.actor)!;
  const step = html`<a href="${actorLink(entry.actor, entry.step)}"><text class="step" x="${NUMBERS}" y="${y + 4}" text-anchor="end">${entry.step}</text></a>`;
  if (state !== undefined) {
    const text = cut(state, FIT - 2);
    const width = text.length * 6.4 + 16;
    return html`${step}<g class="note"><title>${state}</title><rect x="${x - width / 2}" y="${y - 10}" width="${width}" height="20" rx="10"/><text x="${x}" y="${y + 4}" text-anchor="middle">${text}</text></g>`;
  }
  if (!entry.source)
    return html`${step}<path class="arrow outside" d="M${x - LANE / 2} ${y + 4}H${x - 2}" marker-end="url(#sequence-tip)"/><text class="label" x="${x - 10}" y="${y - 1}" text-anchor="end"><title>${entry.event}</title>${cut(entry.event, FIT)}</text>`;
  const from = at.get(entry.source)!;
  const label = cut(entry.event, from === x ? FIT : Math.floor((Math.abs(x - from) / LANE) * FIT));
  if (from === x)
    return html`${step}<path class="arrow" d="M${x} ${y - 8}h26v14h-22" marker-end="url(#sequence-tip)"/><text class="label" x="${x + 31}" y="${y + 3}"><title>${entry.event}</title>${label}</text>`;
  const tip = x + (from < x ? -2 : 2);
  return html`${step}<path class="arrow" d="M${from} ${y + 4}H${tip}" marker-end="url(#sequence-tip)"/><text class="label" x="${(from + x) / 2}" y="${y - 1}" text-anchor="middle"><title>${entry.event}</title>${label}</text>`;
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
