import { ConfigError } from "#src/kernel/errors";
import { type Decision, replayedDraws, seededDraws } from "./draws.ts";
import { shrink } from "./shrink.ts";
import { Aims } from "./sim-aims.ts";
import { Coverage, type Covered } from "./sim-coverage.ts";
import { elsewhere, usesOfOutside } from "./sim-outside.ts";
import {
  type SimulateOptions,
  type Simulation,
  type SimulationBody,
  simulateBy,
  simulateIn,
  World,
} from "./simulate.ts";

export interface ExploreOptions extends SimulateOptions {
  /** Simulations at most. */
  readonly seeds: number;
  /** The first seed (0). */
  readonly from?: number;
  /** Real milliseconds after which no simulation more is begun. */
  readonly forMs?: number;
  /** Replays at most that make a failure small (400). */
  readonly shrinks?: number;
  /** Called after each simulation with how many there were. */
  readonly onProgress?: (seeds: number) => void;
}

/** A law that was broken, and the smallest simulation that breaks it. */
export interface FoundViolation {
  readonly seed: number;
  readonly violation: string;
  /** Decisions before and after shrinking. */
  readonly decided: number;
  readonly decisions: readonly Decision[];
  /** Replays that it took. */
  readonly replays: number;
  /** The small simulation: its trace is the story. */
  readonly simulation: Simulation;
}

/** What many simulations showed. */
export interface Exploration {
  /** Simulations, without replays. */
  readonly seeds: number;
  readonly found?: FoundViolation;
  /** What they touched together; 0 for what none did. */
  readonly covered: Covered;
}

/** Seeds of which one is simulated twice: the traces must be equal. */
const TWICE_EVERY = 100;
const MOST_REPLAYS = 400;
/** Real milliseconds to wait, in replays, for what is not on virtual time: the code is loaded by then. */
const REPLAY_PATIENCE_MS = 50;

/**
 * Simulates `body` by one seed after another until a law is broken, and then makes that failure small: fewer faults, fewer tasks, earlier.
 *
 * @throws ConfigError where options or data of the body are wrong, where rules aim at actors that no simulation had, and where a seed gives two traces: the body asks for real time or chance outside of the world; it is named where, if that can be seen
 * @example
 * const { found } = await explore(body, { seeds: 1000, faults: [{ target: "actor", path: "app/*", fault: "crash", probability: 0.1 }] });
 * console.log(found?.simulation.trace.join("\n"));
 */
export async function explore(body: SimulationBody, options: ExploreOptions): Promise<Exploration> {
  const { seeds, from = 0, forMs = Number.POSITIVE_INFINITY, shrinks = MOST_REPLAYS, onProgress } = options;
  for (const [name, value, least] of [
    ["seeds", seeds, 1],
    ["from", from, 0],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new ConfigError(`explore(body, { ${name} })`, `must be a whole number of at least ${least}`, value);
  const coverage = new Coverage();
  const aims = new Aims();
  const begun = performance.now();
  let done = 0;
  while (done < seeds && performance.now() - begun < forMs) {
    const seed = from + done;
    const world = new World(seededDraws(seed), options, aims);
    const { simulation, coverage: own } = await simulateIn(world, body, options);
    coverage.add(own);
    done += 1;
    onProgress?.(done);
    if (simulation.violation === undefined && (done - 1) % TWICE_EVERY > 0) continue;
    if (simulation.cause instanceof ConfigError) await mustBegin(body, options);
    await mustBeSame(seed, simulation, body, options);
    if (simulation.violation === undefined) continue;
    const found = await small(seed, simulation, body, options, shrinks);
    return { seeds: done, found, covered: coverage.covered() };
  }
  const missed = aims.missed();
  if (missed.length > 0)
    throw new ConfigError(
      "explore(body)",
      `has faults that aim at nothing, in ${done} simulations: ${missed.join("; ")}`,
    );
  return { seeds: done, covered: coverage.covered() };
}

/** What a violation is about, without the names and numbers of this simulation. */
export const kindOf = (violation: string): string =>
  violation
    .split(/(\s+)/)
    .map((word) => (/[\d/{"]/.test(word) ? "_" : word))
    .join("")
    .slice(0, 100);

async function small(
  seed: number,
  first: Simulation,
  body: SimulationBody,
  options: ExploreOptions,
  most: number,
): Promise<FoundViolation> {
  const patient = { ...options, patienceMs: Math.min(options.patienceMs ?? REPLAY_PATIENCE_MS, REPLAY_PATIENCE_MS) };
  const kind = kindOf(first.violation!);
  let simulation = first;
  const { decisions, replays } = await shrink(
    first.decisions,
    async (candidate) => {
      const replayed = await simulateBy(replayedDraws(candidate), body, patient);
      if (replayed.violation === undefined || kindOf(replayed.violation) !== kind) return undefined;
      return replayed.decisions;
    },
    most,
  );
  simulation = await simulateBy(replayedDraws(decisions), body, patient);
  const { violation = first.violation! } = simulation;
  return { seed, violation, decided: first.decisions.length, decisions, replays, simulation };
}

/** @throws ConfigError where options, data or a definition are wrong: that fails without any fault, too */
async function mustBegin(body: SimulationBody, options: SimulateOptions): Promise<void> {
  const { cause } = await simulateBy(replayedDraws([]), body, options);
  if (cause instanceof ConfigError) throw cause;
}

/** @throws ConfigError where the same decisions give another trace */
async function mustBeSame(
  seed: number,
  { decisions, trace, digest }: Simulation,
  body: SimulationBody,
  options: SimulateOptions,
): Promise<void> {
  const again = await elsewhere(() => simulateBy(replayedDraws(decisions), body, options));
  if (again.digest === digest) return;
  const line = trace.findIndex((own, i) => own !== again.trace[i]);
  const told = (own: string | undefined): string => own?.trim() ?? "nothing";
  const uses = await usesOfOutside(() => simulateBy(replayedDraws(decisions), body, options));
  const where =
    uses.length > 0 ? `it uses ${uses.slice(0, 5).join(", ")}` : "what it asks of the world outside cannot be seen";
  throw new ConfigError(
    "explore(body)",
    `must do the same twice; with seed ${seed} the trace differs in line ${line + 1}: "${told(trace[line])}" and "${told(again.trace[line])}"; ${where}`,
    undefined,
    "Take time and chance from the world: world.clock, world.sleep, world.random",
  );
}
