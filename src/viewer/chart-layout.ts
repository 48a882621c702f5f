import dagre from "@dagrejs/dagre";
import type { ChartArrow, ChartState, MachineChart } from "#src/app/observe/chart-of";

/** Where the states side by side and the arrows between them stand, in pixels. */
export interface Level {
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  readonly arrows: readonly PlacedArrow[];
}
export interface PlacedState {
  /** Its path; absent for the mark where the machine begins. */
  readonly state?: ChartState;
  readonly label: string;
  readonly box: Box;
  /** Transitions to what is within it. */
  readonly lines: readonly string[];
  readonly inner?: Level;
}
export interface PlacedArrow {
  readonly path: string;
  readonly lines: readonly string[];
  readonly at: Box | undefined;
}
/** Middle and size. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const LINE = 14;
/** Pixels of a state's head, where it has states within it. */
export const HEAD = 28;
const MARGIN = 12;
/** Arrows beyond which a simpler method is taken, which is several times as fast. */
const MANY_ARROWS = 40;
const START = "start of the machine";

/**
 * Lays a chart out: each state with states within it is laid out by itself and is then a box among its siblings. An arrow that leaves or
 * enters such a box ends at it, and its label names the state within it.
 */
export const layOutChart = ({ initial, states, arrows }: MachineChart): Level =>
  layOut(states, initial, "", byLevel(arrows, pathsOf(states)));

const pathsOf = (states: readonly ChartState[]): Set<string> =>
  new Set(states.flatMap(({ name, states: inner = [] }) => [name, ...pathsOf(inner)]));

/** Labels of arrows between two siblings, by the state they are in, and of those from a state to what is within it. */
interface LevelArrows {
  readonly between: Map<string, [from: string, to: string, lines: string[]]>;
  readonly within: string[];
}

/** Arrows between the same two states are one, with a line for each; those that stay in a state are left to a list. */
function byLevel(arrows: readonly ChartArrow[], paths: ReadonlySet<string>): Map<string, LevelArrows> {
  const levels = new Map<string, LevelArrows>();
  for (const { from, to, event, guard } of arrows) {
    if (to === undefined || to === from || !paths.has(to)) continue;
    const [left, right] = [from.split("."), to.split(".")];
    let common = 0;
    while (common < left.length && left[common] === right[common]) common += 1;
    const isWithin = common === left.length || common === right.length;
    const level = left.slice(0, common).join(".");
    const own: LevelArrows = levels.get(level) ?? { between: new Map(), within: [] };
    levels.set(level, own);
    const words = [event, guard && `[${guard}]`].filter(Boolean).join(" ") || "else";
    const [out, into] = [left.slice(common + 1).join("."), right.slice(common + 1).join(".")];
    if (isWithin) {
      own.within.push(
        `${common < left.length ? `${left.slice(common).join(".")}: ` : ""}${words} → ${right.slice(common).join(".") || right.at(-1)}`,
      );
      continue;
    }
    const ends = [left.slice(0, common + 1).join("."), right.slice(0, common + 1).join(".")] as const;
    const pair: [string, string, string[]] = own.between.get(ends.join("\n")) ?? [...ends, []];
    pair[2].push(`${out && `${out}: `}${words}${into && ` → ${into}`}`);
    own.between.set(ends.join("\n"), pair);
  }
  return levels;
}

function layOut(
  states: readonly ChartState[],
  initial: string,
  path: string,
  levels: ReadonlyMap<string, LevelArrows>,
): Level {
  const graph = new dagre.graphlib.Graph();
  const arrows = [...(levels.get(path)?.between.values() ?? [])];
  graph.setGraph({
    rankdir: "TB",
    nodesep: 28,
    ranksep: 34,
    edgesep: 18,
    marginx: MARGIN,
    marginy: MARGIN,
    ...(arrows.length > MANY_ARROWS ? { ranker: "tight-tree", acyclicer: "greedy" } : {}),
  });
  const parts = new Map(states.map((state) => [state.name, partOf(state, path, levels)]));
  const begins = parts.has(initial);
  if (begins) graph.setNode(START, { width: 8, height: 8 });
  for (const [name, { width, height }] of parts) graph.setNode(name, { width, height });
  if (begins) graph.setEdge(START, initial, { width: 0, height: 0, lines: [] });
  for (const [from, to, lines] of arrows) {
    const width = Math.max(...lines.map((line) => line.length)) * 6 + 8;
    graph.setEdge(from, to, { width, height: lines.length * LINE + 4, labelpos: "c", lines });
  }
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    states: graph.nodes().map((name: string) => {
      const box = boxOf(graph.node(name));
      const { width: _, height: __, ...part } = parts.get(name) ?? { width: 0, height: 0, label: "", lines: [] };
      return { ...part, box };
    }),
    arrows: graph.edges().map((edge: { v: string; w: string }) => {
      const { points, lines, ...at } = graph.edge(edge) as unknown as { points: Point[]; lines: string[] } & Box;
      return { path: curve(points), lines, at: lines.length > 0 ? boxOf(at) : undefined };
    }),
  };
}

/** A state and its own size. */
function partOf(state: ChartState, path: string, levels: ReadonlyMap<string, LevelArrows>) {
  const label = state.kind === "history" ? "H" : state.name.slice(path === "" ? 0 : path.length + 1);
  const ownWidth = Math.max(state.kind === "history" ? 30 : 72, label.length * 8 + 26);
  if (!state.states) return { state, label, lines: [], width: ownWidth, height: 34 };
  const inner = layOut(state.states, state.initial ?? "", state.name, levels);
  const lines = levels.get(state.name)?.within ?? [];
  const widest = Math.max(ownWidth, inner.width, ...lines.map((line) => line.length * 6 + 24));
  return { state, label, lines, inner, width: widest, height: HEAD + lines.length * LINE + inner.height };
}

const boxOf = ({ x, y, width, height }: Box): Box => ({
  x: round(x),
  y: round(y),
  width: round(width),
  height: round(height),
});

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line through the points with soft corners: straight to the middle between two, bent at each. */
function curve(points: readonly Point[]): string {
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

export const round = (value: number): number => Math.round(value * 10) / 10;
