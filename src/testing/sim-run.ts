import type { InspectionEvent } from "xstate";
import type { Fact } from "#actors/messages";
import { readingWing } from "#src/app/end-session";
import { tapActors } from "#src/app/fault-actors";
import type { FaultInjection } from "#src/app/fault-injection";
import { sentenceOf } from "#src/app/observe/replay";
import type { Run } from "#src/app/run";
import type { RunOptions } from "#src/app/run-options";
import type { Executor } from "#src/execute/executor";
import { inline } from "#src/execute/inline";
import { wrapExecutor } from "#src/execute/wrap-executor";
import { asWritten, type Experiment, redefine } from "#src/experiment/define";
import { defined } from "#src/experiment/defined";
import type { RunStatus } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import { nameOf, taskKey } from "#src/experiment/task";
import { ConfigError, StoreError } from "#src/kernel/errors";
import type { RunStore } from "#src/store/store";
import { wrapStore } from "#src/store/wrap-store";
import { faultyBackend, faultyExecutor, faultyStore } from "./fault-plugs.ts";
import type { FaultRule, FaultSchedule } from "./fault-schedule.ts";
import { checkInvariants } from "./invariants.ts";
import { observe, type RunRecord } from "./observe.ts";
import { type SimulatedRule, simulatedRules } from "./sim-faults.ts";
import { inspectorOf } from "./sim-inspect.ts";
import { type Durations, SimulatedProcess } from "./sim-process.ts";
import { type SimulatedDisk, type StorePlaceName, simulatedDisk } from "./sim-store.ts";
import { type SimulatedWorld, World } from "./simulate.ts";
import { areAlike, isTold, rowsOf, type StraightRun, straightRun, timeless } from "./straight-run.ts";

export interface SimulatedRunOptions {
  /** Where rows are kept: `memory`, or `sqlite` for a real file. */
  readonly store?: StorePlaceName;
  /** Rules as of `faults()`; each seed draws which are on, and how often they strike up to their `probability`. */
  readonly faults?: FaultSchedule;
  /** Sessions at most that meet faults, and that may be killed, stopped or paused (2). Those after them have no faults. */
  readonly wildSessions?: number;
  /** Items at most of which a seed draws how many are done (10). */
  readonly maxItems?: number;
  /** The number of items, where it is not drawn. */
  readonly items?: number;
  /** Options of the run. */
  readonly run?: Omit<RunOptions, "store" | "clock" | "executor" | "faults" | "id" | "formats">;
}

/** What became of a run over all its sessions. */
export interface SimulatedRun {
  readonly status: RunStatus;
  readonly sessions: number;
  readonly kills: number;
  /** Tasks that were planned. */
  readonly tasks: number;
}

const DURATIONS: Durations = { attemptMs: 40, modelCallMs: 40, commitMs: 10 };
const WILD_SESSIONS = 2;
/** Sessions without faults in which a run must complete: one that a breaker had stopped begins with a trial. */
const CALM_SESSIONS = 3;
const MOST_ITEMS = 10;
/** Edges of a process at which it may be killed, or somebody interferes. */
const EDGES = 60;

/**
 * Runs an experiment in a simulated world: in several sessions, each a process that may be killed at any write and is resumed by the next. The real
 * supervisors, services and store; attempts are made in this event loop.
 *
 * @throws Error with a sentence for each law of a run that was broken: those of `checkInvariants`, no hang, nothing is done again that is stored or on
 * its way to the store, and the rows of a run in which nothing of that happened
 * @example await simulate(7, (world) => simulateRun(world, experiment, { faults: defaultFaults }))
 */
export async function simulateRun(
  world: SimulatedWorld,
  experiment: Experiment,
  options: SimulatedRunOptions = {},
): Promise<SimulatedRun> {
  if (!(world instanceof World)) throw new ConfigError("simulateRun", "takes the world that `simulate` hands over");
  return new RunSimulation(world, experiment, options).run();
}

class RunSimulation {
  readonly #world: World;
  readonly #experiment: Experiment;
  readonly #options: SimulatedRunOptions;
  readonly #rules: readonly SimulatedRule[];
  readonly #disk: SimulatedDisk;
  readonly #runOptions: RunOptions;
  /** Ordinals whose rows a session found in its store, or was told were committed. */
  readonly #stored = new Set<number>();
  #kills = 0;

  constructor(world: World, experiment: Experiment, options: SimulatedRunOptions) {
    const { maxItems = MOST_ITEMS, items, faults = world.faults, store = "memory" } = options;
    this.#world = world;
    this.#options = options;
    this.#experiment = sized(experiment, items ?? 1 + world.int("items beyond the first", maxItems));
    this.#runOptions = { ...options.run, formats: [] };
    this.#rules = simulatedRules(faults, world);
    this.#disk = simulatedDisk(store, (end) => world.atEnd(end));
  }

  async run(): Promise<SimulatedRun> {
    await this.#world.meanwhile(readingWing); // in virtual time nothing may wait for a file
    const wild = this.#options.wildSessions ?? WILD_SESSIONS;
    let status: RunStatus = "running";
    let sessions = 0;
    while (!isOver(status) && sessions < wild + CALM_SESSIONS) {
      status = await this.#session(sessions, sessions < wild);
      sessions += 1;
    }
    const straight = await this.#world.meanwhile(() => straightRun(this.#experiment, this.#runOptions, this.#rules));
    await this.#compare(straight, status);
    return { status, sessions, kills: this.#kills, tasks: straight.rows.size };
  }

  /** One process, until it ends or is killed. */
  async #session(number: number, isWild: boolean): Promise<RunStatus> {
    const world = this.#world;
    const killAt = isWild ? world.int("the process is killed at edge", EDGES) : 0;
    const actAt = isWild ? world.int("an operator acts at edge", EDGES) : 0;
    let edges = 0;
    const process = new SimulatedProcess(world, DURATIONS, (edge) => {
      edges += 1;
      if (edges === actAt) world.clock.setTimeout(() => this.#operate(handle as Run, process), 0);
      if (edges === killAt) this.#kill(process, `${edge}, its edge ${edges}`);
    });
    const disk = this.#disk.open();
    const hasBegun = (await disk.manifest()) !== undefined;
    for await (const { ordinal } of disk.outcomes()) this.#stored.add(ordinal);
    const store = process.store(disk);
    const ended = new Set<number>(); // tasks whose outcome this process has, stored or not
    const options: RunOptions = {
      ...this.#runOptions,
      clock: process.clock,
      id: ID,
      store: () => store,
      executor: (scope) => process.executor(this.#watched(inline()(scope), ended)),
      faults: this.#armed(process, isWild),
      inspect: inspectorOf(world, [], false, (event) => noteOutcome(event, ended)),
    };
    const { id: _, ...again } = options;
    const told = (fact: Fact): void => {
      if (!process.isDead) world.note(`session ${number + 1}`, () => `${fact.type}  ${sentenceOf({ ...fact, t: 0 })}`);
    };
    const observed = observe(this.#experiment, hasBegun ? again : options, hasBegun ? ID : undefined, told);
    const { handle } = observed;
    observed.record.catch(() => {}); // a process that is killed says nothing
    try {
      const record = await Promise.race([observed.record, process.killed]);
      if (record !== "killed") return held(record, process);
      (handle as Run).abandon();
      return "running";
    } catch (error) {
      if (isWild && error instanceof StoreError) return "aborted"; // the store refused for good, as it was told to
      throw error;
    } finally {
      process.kill(); // what it left behind has no effect on the next session
    }
  }

  #kill(process: SimulatedProcess, where: string): void {
    this.#world.note("FAULT", `the process is killed ${where}`);
    this.#kills += 1;
    process.kill();
    this.#disk.kill();
  }

  #operate(handle: Run, process: SimulatedProcess): void {
    if (process.isDead) return;
    const act = this.#world.pick("the operator asks for", ["drain", "abort", "pause", "limits"] as const);
    this.#world.note("operator", act);
    if (act === "drain") handle.drain(WHY);
    else if (act === "abort") handle.abort(WHY);
    else if (act === "limits")
      void handle.adjust({ maxParallel: this.#fewer() }, WHY, BY).catch(() => {}); // it may have ended
    else {
      handle.pause(WHY, BY);
      const resume = (): void => void (process.isDead || handle.resume(WHY, BY));
      this.#world.clock.setTimeout(resume, 1 + this.#world.int("how long the pause lasts", 300));
    }
  }

  /** Tasks at a time: not more than the experiment says, which `checkInvariants` holds the run to. */
  #fewer(): number {
    return 1 + this.#world.int("tasks at a time", this.#experiment.config.maxParallel);
  }

  /** Notes which rows a store says are committed. */
  #noting(store: RunStore): RunStore {
    return wrapStore(store, {
      append: (outcomes) => {
        const note = (added: readonly number[]): readonly number[] => {
          for (const { ordinal } of outcomes) this.#stored.add(ordinal);
          return added;
        };
        const answer = store.append(outcomes);
        return answer instanceof Promise ? answer.then(note) : note(answer as readonly number[]);
      },
    });
  }

  #watched(inner: Executor, ended: ReadonlySet<number>): Executor {
    return wrapExecutor(inner, (task, attempt, late) => {
      if (this.#stored.has(task.ordinal))
        this.#world.violate(`${nameOf(task)} was started again, although its row is stored`);
      else if (ended.has(task.ordinal))
        this.#world.violate(`${nameOf(task)} was started again, although its outcome was on its way to the store`);
      return inner.run(task, attempt, late);
    });
  }

  #armed(process: SimulatedProcess, isWild: boolean): FaultInjection {
    const { clock, aims } = this.#world;
    const rules = isWild ? this.#rules : this.#rules.filter(isTold);
    // what rows tell of comes first: what else strikes the same attempt must not hide it
    const inOrder = [...rules.filter(isTold), ...rules.filter((rule) => !isTold(rule))];
    const at = (target: FaultRule["target"]) => inOrder.filter(({ rule }) => rule.target === target) as never[];
    const { timeoutMs } = this.#experiment.config;
    const scope = { clock, timeoutMs };
    return {
      description: "simulated",
      arm: () => ({
        tap: tapActors(at("actor"), clock, aims.seen),
        executor: (executor) => faultyExecutor(executor, at("executor"), scope),
        store: (store) => this.#noting(faultyStore(store, at("store"), scope)),
        backend: (backend) => faultyBackend(process.backend(backend), at("backend"), scope),
      }),
    };
  }

  async #compare(straight: StraightRun, status: RunStatus): Promise<void> {
    const isMeant = this.#rules.every((rule) => rule.counts().struck === 0 || !mayChangeRows(rule));
    if (straight.status === "completed" && status !== "completed" && isMeant && !isOver(status))
      throw new Error(
        `after ${CALM_SESSIONS} sessions without faults it is ${status}, and a run without any is completed`,
      );
    if (status !== "completed" || straight.status !== "completed" || !isMeant) return;
    const rows = await rowsOf(this.#disk.open());
    for (const ordinal of new Set([...straight.rows.keys(), ...rows.keys()])) {
      const [expected, row] = [straight.rows.get(ordinal), rows.get(ordinal)];
      if (expected && row && areAlike(expected, row)) continue;
      const told = (one: Outcome | undefined): string => (one ? timeless(one) : "none");
      throw new Error(
        `the row of ${taskKey(expected ?? row!)} is another one than without faults: ${told(row)} instead of ${told(expected)}`,
      );
    }
  }
}

/** Notes whose outcome is given to the collector. */
function noteOutcome(event: InspectionEvent, ended: Set<number>): void {
  if (event.type === "@xstate.event" && event.event.type === "outcome.store")
    ended.add((event.event as unknown as { readonly outcome: Outcome }).outcome.ordinal);
}

/** The status of a session that kept the laws. */
function held(record: RunRecord, process: SimulatedProcess): RunStatus {
  const { status } = record.report;
  const left = status === "completed" ? process.pending : [];
  const timers = left.map((ms) => `a timer of ${ms} ms was left after the end`);
  const broken = [...checkInvariants(record), ...timers];
  if (broken.length > 0) throw new Error(broken.join("; "));
  return status;
}

const ID = "simulated";
const WHY = "the simulation asks for it";
const BY = "the operator";

/** Whether no session more is needed. */
const isOver = (status: RunStatus): boolean =>
  status === "completed" || status === "stopped_early" || status === "budget_exhausted";

/** Rules after which rows may differ from those of a straight run, in which they do not strike. */
const mayChangeRows = (rule: SimulatedRule): boolean => {
  const { target } = rule.rule;
  if (target === "backend") return rule.rule.fault !== "delay";
  if (target === "actor") return /\/tasks\/|\*\*/.test(rule.rule.path);
  return isTold(rule) && rule.rule.probability === undefined;
};

const known = new WeakMap<Experiment, Map<number, Experiment>>();

/** The experiment with this many items, and without what would write beside its store. One for all simulations: to define it again costs as much as twenty tasks. */
function sized(given: Experiment, limit: number): Experiment {
  const experiment = defined(given);
  const sizes = known.get(experiment) ?? new Map<number, Experiment>();
  known.set(experiment, sizes);
  const before = sizes.get(limit);
  if (before) return before;
  const { config = {}, datasetConfig = {} } = asWritten(experiment);
  const errorHandling = { ...config.errorHandling, dlqEnabled: false };
  const changed = redefine(experiment, {
    config: { ...config, errorHandling },
    datasetConfig: { ...datasetConfig, limit },
  });
  sizes.set(limit, changed);
  return changed;
}
