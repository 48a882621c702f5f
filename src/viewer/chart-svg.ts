import type { ChartState, MachineChart } from "#src/app/observe/chart-of";
import { type Box, HEAD, type Level, LINE, layOutChart, type PlacedState, round } from "./chart-layout.ts";
import { html, type Markup } from "./markup.ts";
import { count } from "./words.ts";

const layouts = new WeakMap<MachineChart, Level>();

/** How active states are shown: the number of actors in each, or one actor's states alone. */
export interface ActiveStates {
  /** Actors by state; a state that is not in it has none. */
  readonly counts: Readonly<Record<string, number>>;
  readonly isOneActor?: boolean;
}

/**
 * A chart as SVG, with the states that are active.
 *
 * @param id unique in the page
 */
export function chartSvg(
  chart: MachineChart,
  { counts, isOneActor = false }: ActiveStates,
  id: string,
  title: string,
): Markup {
  const laid = layouts.get(chart) ?? remember(chart);
  const { width, height } = laid;
  const names = namesIn(chart.states);
  const occupied = names.flatMap((name) => {
    const actors = activeIn(counts, name);
    return actors > 0 ? [isOneActor ? name : `${name} ${count(actors)}`] : [];
  });
  const words = `${names.length} states. ${occupied.length > 0 ? `Now: ${occupied.join(", ")}.` : "No actor is in any of them."}`;
  return html`<svg class="machine" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-words">
<title id="${id}-title">${title}</title><desc id="${id}-words">${words}</desc>
<defs><marker id="${id}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0.5 8 4 0 7.5z"/></marker></defs>
${levelSvg(laid, { counts, isOneActor }, id)}
</svg>`;
}

/** Pixels that a chart is wide. */
export const chartWidth = (chart: MachineChart): number => (layouts.get(chart) ?? remember(chart)).width;

const activeIn = (counts: ActiveStates["counts"], name: string): number =>
  Object.hasOwn(counts, name) ? counts[name]! : 0;

const namesIn = (states: readonly ChartState[]): string[] =>
  states.flatMap(({ name, states: inner = [] }) => [name, ...namesIn(inner)]);

const levelSvg = ({ states, arrows }: Level, active: ActiveStates, id: string): Markup =>
  html`${arrows.map(({ path }) => html`<path class="arrow" d="${path}" marker-end="url(#${id}-tip)"/>`)}
${arrows.flatMap(({ lines, at }) => (at ? [labelSvg(lines, at)] : []))}
${states.map((placed) => stateSvg(placed, active, id))}`;

function stateSvg({ state, label, box, lines, inner }: PlacedState, active: ActiveStates, id: string): Markup {
  const { x, y, width, height } = box;
  if (!state) return html`<circle class="start" cx="${x}" cy="${y}" r="4"/>`;
  const { name, isFinal, kind } = state;
  const actors = activeIn(active.counts, name);
  const [left, top] = [round(x - width / 2), round(y - height / 2)];
  const badge = count(actors);
  const badgeWidth = 10 + badge.length * 7;
  const classes = `state${isFinal ? " final" : ""}${inner ? " compound" : ""}${kind ? ` ${kind}` : ""}${actors > 0 ? " active" : ""}`;
  return html`<g class="${classes}" data-state="${name}" data-count="${actors}">
<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="7"/>
${isFinal && html`<rect class="inner" x="${left + 3}" y="${top + 3}" width="${width - 6}" height="${height - 6}" rx="5"/>`}
<text x="${x}" y="${round(inner ? top + 18 : y + 4.5)}" text-anchor="middle">${label}</text>
${actors > 0 && !active.isOneActor && html`<g class="badge"><rect x="${round(left + width - badgeWidth / 2 - 4)}" y="${top - 9}" width="${badgeWidth}" height="18" rx="9"/><text x="${round(left + width - 4)}" y="${top + 4}" text-anchor="middle">${badge}</text></g>`}
</g>${lines.length > 0 && labelSvg(lines, { x, y: round(top + HEAD + (lines.length * LINE) / 2 - 4) })}${
    inner &&
    html`<g transform="translate(${round(left + (width - inner.width) / 2)} ${round(top + HEAD + lines.length * LINE)})">${levelSvg(inner, active, id)}</g>`
  }`;
}

const labelSvg = (lines: readonly string[], { x, y }: Pick<Box, "x" | "y">): Markup =>
  html`<text class="label" text-anchor="middle">${lines.map((line, i) => html`<tspan x="${x}" y="${round(y + (i - (lines.length - 1) / 2) * LINE + 4)}">${line}</tspan>`)}</text>`;

function remember(chart: MachineChart): Level {
  const laid = layOutChart(chart);
  layouts.set(chart, laid);
  return laid;
}
