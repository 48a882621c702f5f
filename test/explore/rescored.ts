import { defineExperiment, type Experiment, run } from "crucible-harness";
import { defaultFaults, type SimulatedRunOptions, type SimulatedWorld } from "crucible-harness/testing";
import { readingWing } from "#src/app/end-session";
import { tapActors } from "#src/app/fault-actors";
import type { FaultInjection } from "#src/app/fault-injection";
import { sentenceOf } from "#src/app/observe/replay";
import { type RescoreOptions, startRescoring } from "#src/app/rescore";
import type { Run } from "#src/app/run";
import type { RunHandle } from "#src/app/run-handle";
import type { RunReport } from "#src/app/run-report";
import { backendOf } from "#src/backends/backend";
import { StoreError } from "#src/kernel/errors";
import { stream } from "#src/kernel/random";
import { includes } from "#src/scoring/match";
import { modelGraded } from "#src/scoring/model-graded";
import { generate } from "#src/solver/generate";
import { scoringStore } from "#src/store/scoring-store";
import { replayedDraws } from "#src/testing/draws";
import { factsOf } from "#src/testing/facts";
import { faultyExecutor, faultyStore } from "#src/testing/fault-plugs";
import { checkInvariants } from "#src/testing/invariants";
import { simulatedRules } from "#src/testing/sim-faults";
import { inspectorOf } from "#src/testing/sim-inspect";
import { SimulatedProcess } from "#src/testing/sim-process";
import { type SimulatedDisk, simulatedDisk } from "#src/testing/sim-store";
import { World } from "#src/testing/simulate";
import { areAlike, rowsOf, timeless } from "#src/testing/straight-run";

const ID = "simulated";
const NAME = "again";
const WILD_SESSIONS = 2;
const CALM_SESSIONS = 3;
const EDGES = 40;
const DURATIONS = { attemptMs: 0, modelCallMs: 30, commitMs: 10 };

/** Faults that change no row. */
const hidden = defaultFaults.filter(
  ({ target, fault }) => target !== "backend" && (target !== "executor" || fault === "delay"),
);

/** Answers of two models, and who scores them: a rule that answers at once, or a model that is waited for. */
function answered(items: number, isJudged: boolean, asked: () => void): Experiment {
  const model = (name: string) =>
    backendOf(name, (messages) => {
      asked();
      return { content: `${Math.round(100 * stream(name, messages.at(-1)!.content)())}`, cost: 0.5 };
    });
  const judge = backendOf("judge", (messages) => ({
    content: `GRADE: ${stream("judge", messages.at(-1)!.content)() < 0.5 ? "C" : "I"}`,
    cost: 0.25,
  }));
  return defineExperiment({
    name: "rescored",
    dataset: Array.from({ length: items }, (_, i) => ({ id: `i${i}`, input: `What is ${i}?`, target: `${i}` })),
    conditions: ["a", "b"].map((name) => ({
      name,
      solver: generate(),
      backend: model(name),
      scorers: isJudged ? [includes(), modelGraded({ model: judge })] : [includes()],
    })),
    metrics: ["includes"],
    config: { maxParallel: 3, timeoutMs: 500, errorHandling: { initialDelayMs: 10, maxRetries: 2, maxFailureRate: 1 } },
  });
}

/** A scoring of stored answers in several sessions, each a process that may be killed. Holds against it: nothing is answered again, and its scores are those of one session. */
export const rescored =
  ({ store = "memory", maxItems = 10 }: SimulatedRunOptions = {}) =>
  async (world: SimulatedWorld): Promise<void> => {
    if (!(world instanceof World)) throw new Error("not a world");
    let asked = 0;
    const experiment = answered(
      1 + world.int("items beyond the first", maxItems),
      world.chance("a model judges", 0.5),
      () => {
        asked += 1;
      },
    );
    await world.meanwhile(readingWing);
    const disk = simulatedDisk(store, (end) => world.atEnd(end));
    await world.meanwhile(() => answers(experiment, disk));
    const paid = asked;
    const rules = world.chance("it meets faults", 0.6) ? simulatedRules(hidden, world) : []; // without, answers may be scored without workers
    let report: RunReport | undefined;
    for (let session = 0; report?.status !== "completed" && session < WILD_SESSIONS + CALM_SESSIONS; session++)
      report = await one(world, experiment, disk, session, session < WILD_SESSIONS ? rules : []);
    if (report?.status !== "completed")
      throw new Error(`after ${CALM_SESSIONS} sessions without faults it is ${report?.status}`);
    if (asked !== paid) throw new Error(`the models were asked ${asked - paid} times more`);
    const expected = await world.meanwhile(() => straight(experiment));
    const rows = await rowsOf(scoringStore(disk.open(), NAME));
    for (const [ordinal, row] of expected) {
      const own = rows.get(ordinal);
      if (!own || !areAlike(row, own))
        throw new Error(`a score is another one: ${own ? timeless(own) : "none"} instead of ${timeless(row)}`);
    }
  };

async function answers(experiment: Experiment, disk: SimulatedDisk): Promise<void> {
  const other = new World(replayedDraws([]));
  const { violation } = await other.run(async () => {
    await run(experiment, { clock: other.clock, id: ID, store: () => disk.open(), formats: [] });
  });
  if (violation !== undefined) throw new Error(`without any fault: ${violation}`);
}

/** The rows of a scoring that nothing disturbs. */
async function straight(experiment: Experiment): ReturnType<typeof rowsOf> {
  const disk = simulatedDisk("memory", () => {});
  await answers(experiment, disk);
  const other = new World(replayedDraws([]));
  await other.run(async () => {
    await startRescoring(ID, { name: NAME, experiment, clock: other.clock, store: () => disk.open(), formats: [] })
      .done;
  });
  return rowsOf(scoringStore(disk.open(), NAME));
}

/** One process, until it ends or is killed. */
async function one(
  world: World,
  experiment: Experiment,
  disk: SimulatedDisk,
  number: number,
  rules: ReturnType<typeof simulatedRules>,
): Promise<RunReport | undefined> {
  const isWild = number < WILD_SESSIONS;
  const killAt = isWild ? world.int("the process is killed at edge", EDGES) : 0;
  const actAt = isWild ? world.int("an operator acts at edge", EDGES) : 0;
  let edges = 0;
  const process = new SimulatedProcess(world, DURATIONS, (edge) => {
    edges += 1;
    if (edges === actAt) world.clock.setTimeout(() => operate(world, handle as Run, process), 0);
    if (edges !== killAt) return;
    world.note("FAULT", `the process is killed ${edge}, its edge ${edges}`);
    process.kill();
    disk.kill();
  });
  const store = process.store(disk.open());
  const options: RescoreOptions & { readonly faults?: FaultInjection } = {
    name: NAME,
    experiment,
    clock: process.clock,
    store: () => store,
    ...(rules.length > 0 ? { faults: armed(world, process, rules) } : {}),
    inspect: inspectorOf(world, [], false),
    formats: [],
  };
  const handle = startRescoring(ID, options);
  const facts = factsOf(handle);
  void tell(world, handle, process, `session ${number + 1}`);
  const ended = handle.done.then(async (report) => ({ report, facts: await facts.done }));
  ended.catch(() => {}); // a process that is killed says nothing
  try {
    const record = await Promise.race([ended, process.killed]);
    if (record === "killed") {
      (handle as Run).abandon();
      return undefined;
    }
    const broken = checkInvariants({ ...record, attempts: [], experiment: undefined, alive: [], resumed: true });
    if (broken.length > 0) throw new Error(broken.join("; "));
    return record.report;
  } catch (error) {
    if (isWild && error instanceof StoreError) return undefined; // the store refused for good, as it was told to
    throw error;
  } finally {
    process.kill();
  }
}

function operate(world: World, handle: Run, process: SimulatedProcess): void {
  if (process.isDead) return;
  const act = world.pick("the operator asks for", ["drain", "abort", "pause"] as const);
  world.note("operator", act);
  if (act !== "pause") handle[act]("the simulation asks for it");
  else {
    handle.pause("the simulation asks for it");
    world.clock.setTimeout(
      () => void (process.isDead || handle.resume()),
      1 + world.int("how long the pause lasts", 300),
    );
  }
}

function armed(world: World, process: SimulatedProcess, rules: ReturnType<typeof simulatedRules>): FaultInjection {
  const at = (target: string) => rules.filter(({ rule }) => rule.target === target) as never[];
  const scope = { clock: world.clock, timeoutMs: 500 };
  return {
    description: "simulated",
    arm: () => ({
      tap: tapActors(at("actor"), world.clock, world.aims.seen),
      executor: (executor) => process.executor(faultyExecutor(executor, at("executor"), scope)),
      store: (store) => faultyStore(store, at("store"), scope),
      backend: (backend) => process.backend(backend),
    }),
  };
}

async function tell(world: World, { facts }: RunHandle, process: SimulatedProcess, who: string): Promise<void> {
  for await (const fact of facts) {
    if (process.isDead) return;
    world.note(who, `${fact.type}  ${sentenceOf({ ...fact, t: 0 })}`);
  }
}
