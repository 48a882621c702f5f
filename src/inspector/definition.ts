import { chartOf, type MachineChart } from "#src/app/observe/chart-of";

/** States of a machine beyond which it is not read. */
const MOST_STATES = 200;
const MOST_ARROWS = 2000;
/** Pairs of states with an arrow between them beyond which a machine is not drawn: it would take seconds, and be a tangle. */
const MOST_PAIRS = 120;
const MOST_DEPTH = 12;
/** Characters of a definition that are read. */
const MOST_TEXT = 2 ** 20;
/** Definitions that are remembered: many actors share one. */
const MOST_KNOWN = 300;

const known = new Map<string, MachineChart | undefined>();

/** The chart of a definition as an app sends it: JSON of the machine's configuration. Undefined for one that has no states or cannot be read. */
export function chartIn(definition: string | undefined): MachineChart | undefined {
  if (definition === undefined || definition.length > MOST_TEXT) return undefined;
  if (known.has(definition)) return known.get(definition);
  if (known.size >= MOST_KNOWN) known.clear();
  const chart = read(definition);
  known.set(definition, chart);
  return chart;
}

/** Whether a chart is small enough for a picture. */
export const isDrawable = ({ arrows }: MachineChart): boolean =>
  new Set(arrows.flatMap(({ from, to }) => (to === undefined || to === from ? [] : [`${from}\n${to}`]))).size <=
  MOST_PAIRS;

function read(definition: string): MachineChart | undefined {
  try {
    const config: unknown = JSON.parse(definition);
    if (statesIn(config, 0) === 0) return undefined;
    const chart = chartOf(config);
    const { arrows, anywhere } = chart;
    const isSound = [...arrows, ...anywhere].every(
      ({ event, guard = "" }) => typeof event === "string" && typeof guard === "string",
    );
    return isSound && arrows.length <= MOST_ARROWS ? chart : undefined;
  } catch {
    return undefined; // it is an app's own text, and need not be a machine
  }
}

/** @throws RangeError for a machine that is too large */
function statesIn(config: unknown, depth: number): number {
  const { states } = config as { states?: unknown };
  if (typeof states !== "object" || states === null) return 0;
  if (depth >= MOST_DEPTH) throw new RangeError("too deep");
  const inner = Object.values(states);
  const total = inner.reduce<number>((sum, one) => sum + statesIn(one, depth + 1), inner.length);
  if (total > MOST_STATES) throw new RangeError("too many states");
  return total;
}
