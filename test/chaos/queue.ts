import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { memoryStore, type Outcome, type RunStore, run, sqliteStore } from "crucible-harness";
import { loadExperiment } from "#src/app/load";
import { randomInt, stream } from "#src/kernel/random";
import { crucibleCommand } from "../real/command.ts";
import { type RedisServer, redisServer } from "../real/redis-server.ts";
import { rowsOf } from "./world.ts";

export interface QueueChaosOptions {
  readonly tasks: number;
  readonly kills: number;
  readonly seed: string;
  readonly workers: number;
  readonly say?: (line: string) => void;
}

/** What became of a run whose coordinator, workers and Redis were killed at random. */
export interface QueueChaosResult {
  readonly tasks: number;
  readonly kills: Readonly<Record<Victim, number>>;
  /** Planned tasks without a row, and rows that were there and are gone. */
  readonly lost: readonly string[];
  /** Tasks with more than one row, and tasks that were done again although their row was stored. */
  readonly duplicated: readonly string[];
  /** Rows that differ from those of a straight run in this process. */
  readonly different: readonly string[];
  /** Calls beyond the first of a task: what a killed worker was at is done again. */
  readonly again: number;
  /** How many of them the rows count, and what they cost. */
  readonly counted: number;
  readonly countedCost: number;
  readonly seconds: number;
}

const victims = ["coordinator", "worker", "redis"] as const;
type Victim = (typeof victims)[number];

const root = resolve(import.meta.dirname, "../..");
const COST = 0.01;

const experimentText = (tasks: number): string => `
import { appendFileSync } from "node:fs";
import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "killed everywhere",
  dataset: Array.from({ length: ${Math.ceil(tasks / 2)} }, (_, i) => ({ id: "i" + i })),
  conditions: ["a", "b"].map((name) => ({
    name,
    run: async ({ id }, context) => {
      if (process.env.CALLS) appendFileSync(process.env.CALLS, name + "/" + id + "/" + context.repeat + "\\n");
      const [wait, draw] = [context.random(), context.random()];
      await new Promise((done) => setTimeout(done, process.env.CALLS ? 5 + wait * 20 : 0));
      context.charge(${COST});
      if (draw < 0.05 && context.attempt === 1) throw Object.assign(new Error("not now"), { status: 503 });
      return { accuracy: draw > 0.5, draw };
    },
  })),
  metrics: ["accuracy"],
  config: { maxParallel: 16, errorHandling: { initialDelayMs: 5, maxFailureRate: 0.99 } },
});`;

/** Kills coordinator, workers and Redis with signal 9, and starts them again, until the run has ended. */
export async function queueChaos({
  tasks,
  kills,
  seed,
  workers,
  say = () => {},
}: QueueChaosOptions): Promise<QueueChaosResult> {
  const begun = performance.now();
  const draw = stream(seed, "queue chaos");
  const world = await openWorld(tasks, workers);
  const killed = { coordinator: 0, worker: 0, redis: 0 };
  const lost = new Set<string>();
  const duplicated = new Set<string>();
  let stored = new Map<string, string>();
  let seenCalls = 0;
  /** Looks what is stored now, and what was called since the last look although it was stored then. */
  const look = async (): Promise<void> => {
    const now = await world.rows();
    const calls = world.calls();
    for (const task of stored.keys()) if (!now.has(task)) lost.add(task);
    for (const task of calls.slice(seenCalls)) if (stored.has(task)) duplicated.add(task);
    stored = now;
    seenCalls = calls.length;
  };
  const gap = tasks / (kills + 1);
  for (let n = 1; n <= kills; n++) {
    const at = Math.floor(gap * (n - 0.5 + draw()));
    await world.until(() => world.calls().length >= at || world.hasEnded());
    if (world.hasEnded()) break;
    const victim = victims[randomInt(draw, victims.length)]!;
    await look();
    await world.kill(victim, randomInt(draw, workers));
    killed[victim] += 1;
    say(`kill ${n}: ${victim}, after ${world.calls().length} calls, ${stored.size} of ${tasks} stored`);
  }
  await world.until(() => world.hasEnded());
  await look();
  const expected = await world.straight();
  const different = [...expected].flatMap(([task, row]) =>
    stored.has(task) && stored.get(task) !== row ? [`${task}: ${stored.get(task)} is not ${row}`] : [],
  );
  for (const task of expected.keys()) if (!stored.has(task)) lost.add(task);
  const outcomes = world.outcomes();
  const redone = outcomes.filter(({ redone = 0 }) => redone > 0);
  const attempts = outcomes.reduce((sum, { attempts }) => sum + attempts, 0);
  await world.close(lost.size + duplicated.size + different.length === 0);
  return {
    tasks: outcomes.length,
    kills: killed,
    lost: [...lost],
    duplicated: [...duplicated],
    different,
    again: world.calls().length - attempts,
    counted: redone.reduce((sum, { redone = 0 }) => sum + redone, 0),
    countedCost: outcomes.reduce((sum, { cost = 0, attempts }) => sum + cost - attempts * COST, 0),
    seconds: (performance.now() - begun) / 1000,
  };
}

interface World {
  calls(): readonly string[];
  rows(): Promise<Map<string, string>>;
  outcomes(): readonly Outcome[];
  straight(): Promise<Map<string, string>>;
  hasEnded(): boolean;
  kill(victim: Victim, which: number): Promise<void>;
  until(holds: () => boolean): Promise<void>;
  close(clean: boolean): Promise<void>;
}

async function openWorld(tasks: number, workers: number): Promise<World> {
  const folder = join(root, "test/.scratch", `queue-chaos-${process.pid}-${Math.trunc(performance.now())}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "experiment.mjs");
  const callsPath = join(folder, "calls.txt");
  writeFileSync(file, experimentText(tasks));
  writeFileSync(callsPath, "");
  const redis: RedisServer = await redisServer();
  let ended: { code: number | null } | undefined;
  let closing = false;
  let finalCalls: readonly string[] | undefined;

  const spawnCommand = (args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [...crucibleCommand, ...args], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1", CALLS: callsPath, CRUCIBLE_REDIS: redis.url },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-4000);
    });
    return child;
  };
  let lastWords = "";

  const coordinate = (): ChildProcess => {
    const flags = ["--yes", "--executor", "queue", "--checkpoints", folder, "--out", folder, "--formats", "json"];
    const id = runIn(folder);
    const child = spawnCommand(id === undefined ? ["run", file, ...flags] : ["resume", id, ...flags]);
    child.on("exit", (code, signal) => {
      if (closing) return;
      if (signal === "SIGKILL") coordinator = coordinate();
      else ended = { code };
    });
    return child;
  };
  const work = (n: number): void => {
    const child = spawnCommand(["worker", file, "--lock-ms", "2000", "--concurrency", "8"]);
    crew[n] = child;
    child.on("exit", () => {
      if (!closing) work(n);
    });
  };
  const crew: ChildProcess[] = [];
  for (let n = 0; n < workers; n++) work(n);
  let coordinator = coordinate();
  const stored = (): readonly Outcome[] => {
    const id = runIn(folder);
    if (id === undefined) return [];
    const store = sqliteStore(join(folder, `${id}.db`), { mode: "read" });
    try {
      return [...(store.outcomes() as Iterable<Outcome>)];
    } finally {
      void store.close();
    }
  };
  const comparable = (outcomes: readonly Outcome[]): Promise<Map<string, string>> =>
    rowsOf({ outcomes: () => outcomes.map(({ worker: _, redone: __, cost: ___, ...row }) => row as Outcome) } as Pick<
      RunStore,
      "outcomes"
    >);
  return {
    calls: () => finalCalls ?? readFileSync(callsPath, "utf8").split("\n").slice(0, -1),
    rows: () => comparable(stored()),
    outcomes: stored,
    straight: async () => {
      const store = { ...memoryStore(), close: () => {} };
      await run(await loadExperiment(file), { store: () => store, formats: [], observe: false });
      return comparable([...(store.outcomes() as Iterable<Outcome>)]);
    },
    hasEnded: () => ended !== undefined,
    kill: async (victim, which) => {
      if (victim === "redis") {
        await redis.kill();
        await new Promise((done) => setTimeout(done, 200));
        await redis.start();
      } else (victim === "worker" ? crew[which]! : coordinator).kill("SIGKILL");
    },
    until: async (holds) => {
      for (const begun = performance.now(); !holds(); ) {
        if (performance.now() - begun > 180_000) throw new Error(`nothing happens any more: ${lastWords}`);
        await new Promise((done) => setTimeout(done, 20));
      }
      if (ended && ended.code !== 0) throw new Error(`the run ended with ${ended.code}: ${lastWords}`);
    },
    close: async (clean) => {
      closing = true;
      finalCalls = readFileSync(callsPath, "utf8").split("\n").slice(0, -1);
      for (const child of [coordinator, ...crew]) child.kill("SIGKILL");
      await redis.remove();
      if (clean) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The run that is stored here; one that was killed before its manifest was written never began. */
function runIn(folder: string): string | undefined {
  const name = readdirSync(folder).find((each) => each.endsWith(".db"));
  if (name === undefined) return undefined;
  const store = sqliteStore(join(folder, name), { mode: "read" });
  try {
    return store.manifest() === undefined ? undefined : name.slice(0, -3);
  } catch {
    return undefined;
  } finally {
    void store.close();
  }
}
