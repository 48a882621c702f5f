import type { Actor, ActorOptions, AnyActorLogic, InspectionEvent } from "xstate";
import { InjectedFault } from "#src/app/fault-actors";
import type { Clock } from "#src/kernel/clock";
import { ConfigError, show } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import type { Random } from "#src/kernel/random";
import { type Decision, type Draws, decisionList, randomOf, replayedDraws, seededDraws } from "./draws.ts";
import type { FaultSchedule } from "./fault-schedule.ts";
import type { Scene } from "./scene.ts";
import { Aims } from "./sim-aims.ts";
import { Coverage } from "./sim-coverage.ts";
import { type Ran, type Simulation, simulationOf } from "./sim-ended.ts";
import { simulatedRules } from "./sim-faults.ts";
import { inspectorOf } from "./sim-inspect.ts";
import { Trace } from "./sim-trace.ts";
import { hearUncaught } from "./sim-uncaught.ts";
import { PATIENCE_MS, type ProcessTime, VirtualTime } from "./virtual-time.ts";

export type { Simulation } from "./sim-ended.ts";

/** The world of one simulation: its time, its chance, and what happened in it. */
export interface SimulatedWorld {
  /** Virtual time, from 0. It moves by itself as soon as nothing can run; give it to whatever waits. */
  readonly clock: Clock;
  /** Waits `ms` of virtual time. */
  sleep(ms: number): Promise<void>;
  /** A whole number in [0, bound), drawn. 0 is the calm choice, to which a failing simulation is shrunk. */
  int(label: string, bound: number): number;
  /** Whether something of that probability happens, drawn; `false` is the calm choice. */
  chance(label: string, probability: number): boolean;
  /** One of the values, drawn; the first is the calm choice. */
  pick<T>(label: string, values: readonly T[]): T;
  /** A generator of numbers in [0, 1), in the place of `Math.random`. */
  random(label: string): Random;
  /** As `createActor(logic, options).start()`, on virtual time: its whole tree is traced, and meets the faults of `faults`. */
  start<L extends AnyActorLogic>(logic: L, options?: StartOptions<L>): Actor<L>;
  /** Says what is true after every event; the simulation ends with the first sentence that is returned. */
  always(law: Law): void;
  /** Writes a line into the trace. */
  note(who: string, what: string): void;
}

/** Options of `createActor`, and faults: rules as of `faults()`; `probability` is what a seed's own is drawn up to. */
export type StartOptions<L extends AnyActorLogic> = Partial<ActorOptions<L>> & { readonly faults?: FaultSchedule };

/** What is simulated. It may wait for anything that happens on `world.clock`; what it throws ends the simulation as a violation. */
export type SimulationBody<T = unknown> = (world: SimulatedWorld) => T | Promise<T>;

export interface SimulateOptions {
  /** Rules for `world.start` and `simulateRun` where these are given none. */
  readonly faults?: FaultSchedule;
  /** Laws as of `world.always`. */
  readonly invariants?: readonly Law[];
  /** Events after which a simulation that has not ended is a violation (100,000). */
  readonly maxEvents?: number;
  /** Real milliseconds to wait for what is not on virtual time, such as a file that is loaded, before a simulation that stands still is a violation (10,000). */
  readonly patienceMs?: number;
  /** Called with whatever XState tells an inspector of up to a violation, and the virtual milliseconds; it must change nothing. */
  readonly inspect?: (event: InspectionEvent, atMs: number) => void;
}

/** What is true after every event. @returns a sentence where it is not */
export type Law = (world: SimulatedWorld) => string | undefined;

/** A law that was broken in a simulation; its message tells the story. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
  readonly simulation: Simulation;
  constructor(seed: number | string, simulation: Simulation) {
    const { violation, trace, cause } = simulation;
    super(`seed ${seed}: ${violation}\n${trace.slice(-LAST_LINES).join("\n")}`, { cause });
    this.simulation = simulation;
  }
}

/** Lines of the trace that an error tells. */
const LAST_LINES = 30;
const MOST_EVENTS = 100_000;

/**
 * Runs `body` in a world of its own: time is virtual, and everything that is left to chance is drawn from one seed. The same seed gives the
 * same trace, byte for byte.
 *
 * @throws SimulationError where `body` throws, a law of `world.always` is broken, nothing waits for time any more and the body has not ended, or
 * it has not ended after `maxEvents` events
 * @example
 * const { value, elapsedMs } = await simulate(7, async (world) => { await world.sleep(60_000); return "done"; });
 * [value, elapsedMs] // => ["done", 60000]
 */
export async function simulate<T>(
  seed: number | string,
  body: SimulationBody<T>,
  options: SimulateOptions = {},
): Promise<Simulation<T>> {
  if (typeof seed !== "string" && !Number.isFinite(seed))
    throw new ConfigError("simulate(seed)", "takes a number or a text as its seed", seed);
  const simulation = await simulateBy(seededDraws(seed), body, options);
  if (simulation.violation !== undefined) throw new SimulationError(seed, simulation);
  return simulation;
}

/**
 * As `simulate`, by decisions that were recorded. Nothing is thrown: a violation is part of the answer.
 *
 * @throws ConfigError where they are no list of `[label, n, value]`
 */
export async function replay<T>(
  decisions: readonly Decision[],
  body: SimulationBody<T>,
  options: SimulateOptions = {},
): Promise<Simulation<T>> {
  return simulateBy(replayedDraws(parseOptions(decisionList, decisions, "decisions")), body, options);
}

/** As `simulate`, of draws. Nothing is thrown: a violation is part of the answer. */
export async function simulateBy<T>(
  draws: Draws,
  body: SimulationBody<T>,
  options: SimulateOptions = {},
  aims = new Aims(),
): Promise<Simulation<T>> {
  return (await simulateIn(new World(draws, options, aims), body, options)).simulation;
}

/** @internal As `simulateBy`, with what was covered as it was counted. */
export async function simulateIn<T>(
  world: World,
  body: SimulationBody<T>,
  options: SimulateOptions,
): Promise<{ simulation: Simulation<T>; coverage: Coverage }> {
  if (typeof body !== "function") throw new ConfigError("simulate(seed, body)", "takes a function as its body", body);
  const ran = await world.run(body, options);
  return { simulation: simulationOf(ran, world), coverage: world.coverage };
}

/** @internal What the parts of the simulator see of a world beyond its public face. */
export class World implements SimulatedWorld, Scene {
  readonly draws: Draws;
  /** Rules where none are given. */
  readonly faults: FaultSchedule;
  readonly trace = new Trace();
  readonly coverage = new Coverage();
  readonly aims: Aims;
  readonly #time: VirtualTime;
  readonly #laws: Law[];
  readonly #atEnd: (() => void)[] = [];
  readonly inspected: ((event: InspectionEvent) => void) | undefined;
  #violation: string | undefined;
  #cause: unknown;
  #aside: Promise<void> | undefined;

  constructor(draws: Draws, { faults = [], invariants = [], inspect }: SimulateOptions = {}, aims = new Aims()) {
    this.aims = aims;
    this.inspected =
      inspect &&
      ((event) => {
        if (this.#violation === undefined) inspect(event, this.#time.now()); // that the world is then stopped does not belong to the story
      });
    this.draws = draws;
    this.faults = faults;
    this.#laws = [...invariants];
    this.#time = new VirtualTime((of) => draws.int("which timer of the same time is first", of));
  }

  get clock(): Clock {
    return this.#time;
  }

  sleep(ms: number): Promise<void> {
    if (!Number.isFinite(ms)) throw new ConfigError("world.sleep(ms)", "takes a number of milliseconds that ends", ms);
    return new Promise((resolve) => void this.#time.setTimeout(resolve, ms));
  }

  int(label: string, bound: number): number {
    if (!Number.isInteger(bound) || bound < 1)
      throw new ConfigError(`world.int("${label}")`, "takes a bound of at least 1", bound);
    return this.draws.int(label, bound);
  }

  chance(label: string, probability: number): boolean {
    if (!(typeof probability === "number" && probability >= 0 && probability <= 1))
      throw new ConfigError(`world.chance("${label}")`, "takes a probability from 0 to 1", probability);
    return this.draws.chance(label, probability);
  }

  pick<T>(label: string, values: readonly T[]): T {
    if (values.length === 0) throw new ConfigError(`world.pick("${label}")`, "takes at least one value", values);
    return values[this.int(label, values.length)]!;
  }

  random(label: string): Random {
    return randomOf(this.draws, label);
  }

  start<L extends AnyActorLogic>(logic: L, { faults = this.faults, ...options }: StartOptions<L> = {}): Actor<L> {
    const rules = simulatedRules(faults, this);
    const { actor, stop } = inspectorOf(this, rules).start(logic, options as Partial<ActorOptions<L>>);
    this.atEnd(stop);
    return actor;
  }

  always(law: Law): void {
    this.#laws.push(law);
  }

  note(who: string, what: string | (() => string)): void {
    this.trace.note(this.#time.now(), who, what);
  }

  /** Ends the simulation with the first violation. */
  violate(sentence: string, cause?: unknown): void {
    if (this.#violation === undefined) {
      this.#violation = sentence;
      this.#cause = cause;
      this.note("VIOLATION", sentence);
    }
  }

  /** Waits for something in another world, while time stands still in this one. */
  async meanwhile<T>(real: () => Promise<T>): Promise<T> {
    const running = real();
    this.#aside = running.then(
      () => {},
      () => {},
    );
    try {
      return await running;
    } finally {
      this.#aside = undefined;
    }
  }

  /** Calls `end` when the simulation is over. */
  atEnd(end: () => void): void {
    this.#atEnd.push(end);
  }

  /** A clock that stops dead when its process is killed. */
  process(): ProcessTime {
    return this.#time.process();
  }

  async run<T>(
    body: SimulationBody<T>,
    { maxEvents = MOST_EVENTS, patienceMs = PATIENCE_MS }: SimulateOptions = {},
  ): Promise<Ran<T>> {
    let hasEnded = false;
    let value: T | undefined;
    const running = (async () => {
      try {
        value = await body(this);
      } catch (thrown) {
        this.violate(sentenceOf(thrown), thrown);
      } finally {
        hasEnded = true;
      }
    })();
    void running;
    const deafen = hearUncaught((thrown) => this.violate(`nothing handles an error: ${sentenceOf(thrown)}`, thrown));
    for (let events = 0; ; events++) {
      await this.#time.quiet(() => this.#aside !== undefined);
      if (this.#aside) {
        await this.#aside;
        continue;
      }
      this.#holdLaws();
      if (hasEnded || this.#violation !== undefined) break;
      if (events >= maxEvents) this.violate(`it has not ended after ${maxEvents} events`);
      else if (!this.#step() && !(await this.#time.somethingComes(patienceMs, () => hasEnded)))
        this.violate("it stands still: nothing waits for time any more, and the body has not ended");
    }
    deafen();
    for (const stop of this.#atEnd) stop();
    this.trace.end();
    return { value, violation: this.#violation, cause: this.#cause };
  }

  /** Fires the next timer: what it throws ends the process outside of a simulation. @returns false when no timer is left */
  #step(): boolean {
    try {
      return this.#time.step();
    } catch (thrown) {
      this.violate(`a timer throws: ${sentenceOf(thrown)}`, thrown);
      return true;
    }
  }

  #holdLaws(): void {
    for (const law of this.#laws) {
      let broken: string | undefined;
      try {
        broken = law(this);
        if (broken !== undefined && typeof broken !== "string")
          throw new ConfigError("a law", "returns a sentence where it is broken, and nothing where it holds", broken);
      } catch (thrown) {
        this.violate(sentenceOf(thrown), thrown);
      }
      if (typeof broken === "string") this.violate(broken);
    }
  }
}

function sentenceOf(thrown: unknown): string {
  if (thrown instanceof InjectedFault) return `an injected fault reached the body: ${thrown.message}`;
  if (thrown instanceof Error) return thrown.message || `an error of the class ${thrown.name} without a message`;
  return typeof thrown === "string" && thrown ? thrown : `a value was thrown that is not an error: ${show(thrown)}`;
}
