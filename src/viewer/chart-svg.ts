import dagre from "@dagrejs/dagre";
import type { ChartArrow, MachineChart } from "#src/app/observe/charts";
import { html, type Markup } from "./markup.ts";
import { count } from "./words.ts";

/** Where everything of a chart stands, in pixels. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly states: readonly { readonly name: string; readonly isFinal: boolean; readonly box: Box }[];
  readonly arrows: readonly {
    readonly path: string;
    readonly lines: readonly string[];
    readonly at: Box | undefined;
  }[];
}
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const LINE = 14;
const MARGIN = 12;
const START = "start of the machine";
const layouts = new WeakMap<MachineChart, Layout>();

/**
 * A chart as SVG, with the number of actors in each state.
 *
 * @param counts actors by state; a state that is not in it has none
 * @param id unique in the page
 */
export function chartSvg(
  chart: MachineChart,
  counts: Readonly<Record<string, number>>,
  id: string,
  title: string,
): Markup {
  const { width, height, states, arrows } = layouts.get(chart) ?? remember(chart);
  const occupied = states.flatMap(({ name }) => (counts[name] ? [`${name} ${count(counts[name])}`] : []));
  const words = `${states.length} states. ${occupied.length > 0 ? `Now: ${occupied.join(", ")}.` : "No actor is in any of them."}`;
  return html`<svg class="machine" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-words">
<title id="${id}-title">${title}</title><desc id="${id}-words">${words}</desc>
<defs><marker id="${id}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0.5 8 4 0 7.5z"/></marker></defs>
${arrows.map(({ path }) => html`<path class="arrow" d="${path}" marker-end="url(#${id}-tip)"/>`)}
${arrows.flatMap(({ lines, at }) => (at ? [labelSvg(lines, at)] : []))}
${states.map((state) => stateSvg(state, counts[state.name] ?? 0))}
</svg>`;
}

function stateSvg({ name, isFinal, box }: Layout["states"][number], actors: number): Markup {
  const { x, y, width, height } = box;
  if (name === START) return html`<circle class="start" cx="${x}" cy="${y}" r="4"/>`;
  const [left, top] = [round(x - width / 2), round(y - height / 2)];
  const badge = count(actors);
  const badgeWidth = 10 + badge.length * 7;
  return html`<g class="state${isFinal ? " final" : ""}${actors > 0 ? " active" : ""}" data-state="${name}" data-count="${actors}">
<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="7"/>
${isFinal && html`<rect class="inner" x="${left + 3}" y="${top + 3}" width="${width - 6}" height="${height - 6}" rx="5"/>`}
<text x="${x}" y="${round(y + 4.5)}" text-anchor="middle">${name}</text>
${actors > 0 && html`<g class="badge"><rect x="${round(left + width - badgeWidth / 2 - 4)}" y="${top - 9}" width="${badgeWidth}" height="18" rx="9"/><text x="${round(left + width - 4)}" y="${top + 4}" text-anchor="middle">${badge}</text></g>`}
</g>`;
}

const labelSvg = (lines: readonly string[], { x, y }: Box): Markup =>
  html`<text class="label" text-anchor="middle">${lines.map((line, i) => html`<tspan x="${x}" y="${round(y + (i - (lines.length - 1) / 2) * LINE + 4)}">${line}</tspan>`)}</text>`;

function remember(chart: MachineChart): Layout {
  const laid = layOut(chart);
  layouts.set(chart, laid);
  return laid;
}

/** Arrows between the same two states are one, with a line for each; those that stay in a state are left to the list below. */
function layOut({ initial, states, arrows }: MachineChart): Layout {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 34, edgesep: 18, marginx: MARGIN, marginy: MARGIN });
  graph.setNode(START, { width: 8, height: 8 });
  for (const { name } of states) graph.setNode(name, { width: Math.max(72, name.length * 8 + 26), height: 34 });
  graph.setEdge(START, initial, { width: 0, height: 0, lines: [] });
  for (const [from, to, lines] of joined(arrows)) {
    const width = Math.max(...lines.map((line) => line.length)) * 6 + 8;
    graph.setEdge(from, to, { width, height: lines.length * LINE + 4, labelpos: "c", lines });
  }
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const finals = new Set(states.filter(({ isFinal }) => isFinal).map(({ name }) => name));
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    states: graph.nodes().map((name: string) => ({ name, isFinal: finals.has(name), box: boxOf(graph.node(name)) })),
    arrows: graph.edges().map((edge: { v: string; w: string }) => {
      const { points, lines, ...at } = graph.edge(edge) as unknown as {
        points: { x: number; y: number }[];
        lines: string[];
      } & Box;
      return { path: curve(points), lines, at: lines.length > 0 ? boxOf(at) : undefined };
    }),
  };
}

function joined(arrows: readonly ChartArrow[]): [from: string, to: string, lines: string[]][] {
  const pairs = new Map<string, [string, string, string[]]>();
  for (const { from, to, event, guard } of arrows) {
    if (to === undefined || to === from) continue;
    const label = [event, guard && `[${guard}]`].filter(Boolean).join(" ");
    const pair = pairs.get(`${from}\n${to}`) ?? [from, to, []];
    pair[2].push(label || "else");
    pairs.set(`${from}\n${to}`, pair);
  }
  return [...pairs.values()];
}

const boxOf = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }): Box => ({
  x: round(x),
  y: round(y),
  width: round(width),
  height: round(height),
});

/** A line through the points with soft corners: straight to the middle between two, bent at each. */
function curve(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points;
  const last = rest.pop()!;
  const bends = rest.map((point, i) => {
    const next = rest[i + 1] ?? last;
    const isLast = i === rest.length - 1;
    const end = isLast ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${round(point.x)} ${round(point.y)} ${round(end.x)} ${round(end.y)}`;
  });
  return `M${round(first!.x)} ${round(first!.y)}${bends.join("") || `L${round(last.x)} ${round(last.y)}`}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
