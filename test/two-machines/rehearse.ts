import type { ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { memoryStore, type Outcome, type RunStore, run, sqliteStore } from "crucible-harness";
import { loadExperiment } from "#src/app/load";
import { rowsOf } from "../chaos/world.ts";
import { start } from "../real/command.ts";
import { redisServer } from "../real/redis-server.ts";
import { addressOf, canMakeNamespaces, type Machine, makeLine, namespaceMachine, proxiedMachine } from "./machines.ts";

export interface Rehearsal {
  readonly tasks: number;
  /** Seconds for which the second machine is cut off. */
  readonly partitionS: number;
  readonly way: "namespaces" | "proxies";
  readonly say?: (line: string) => void;
}

/** What became of a run on two machines. */
export interface Rehearsed {
  readonly rows: number;
  /** Tasks whose rows are missing, or other ones than those of a straight run. */
  readonly different: readonly string[];
  /** Tasks that were begun although their row was stored. */
  readonly twice: readonly string[];
  /** Executions, and those that were made again because the line was cut; `counted` is how many of them the rows know. */
  readonly executions: number;
  readonly again: number;
  readonly counted: number;
  /** By machine. */
  readonly by: Readonly<Record<string, number>>;
  /** The most that ran at a moment, and that began within ten seconds. */
  readonly peak: number;
  readonly begunIn10S: number;
  readonly paid: number;
  readonly booked: number;
}

export const LIMITS = { maxParallel: 10, rateLimit: 12 } as const;
const COST = 0.01;
const LOCK_MS = 10_000;
/** Of the second machine. */
const AHEAD_S = 300;

/** The most that a run of so many tasks may spend. */
export const budgetOf = (tasks: number): number => Math.round(tasks * COST * 1.5 * 100) / 100;

const experimentText = (tasks: number): string => `
import { appendFileSync } from "node:fs";
import { defineExperiment } from "crucible-harness";
const note = (what, context, id) => {
  if (!process.env.CALLS) return;
  const ms = Number(process.hrtime.bigint() / 1000n) / 1000;
  appendFileSync(process.env.CALLS, [what, ms, process.env.MACHINE, context.condition + "/" + id + "/" + context.repeat].join(" ") + "\\n");
};
export default defineExperiment({
  name: "two machines",
  dataset: Array.from({ length: ${Math.ceil(tasks / 2)} }, (_, i) => ({ id: "i" + i })),
  conditions: ["a", "b"].map((name) => ({
    name,
    estimatedCost: ${COST},
    run: async ({ id }, context) => {
      note("begins", context, id);
      const [wait, draw] = [context.random(), context.random()];
      await new Promise((done) => setTimeout(done, process.env.CALLS ? 500 + wait * 1000 : 0));
      context.charge(${COST});
      note("ends", context, id);
      if (draw < 0.05 && context.attempt === 1) throw Object.assign(new Error("not now"), { status: 503 });
      return { accuracy: draw > 0.5, draw };
    },
  })),
  metrics: ["accuracy"],
  costBudget: { maxTotal: ${budgetOf(tasks)} },
  config: {
    maxParallel: ${LIMITS.maxParallel},
    rateLimit: ${LIMITS.rateLimit},
    timeoutMs: 60000,
    errorHandling: { initialDelayMs: 5, maxFailureRate: 0.99 },
  },
});`;

/** Runs an experiment on two machines with bad lines, cuts one off in the middle, and holds what came of it against a straight run. */
export async function rehearse({ tasks, partitionS, way, say = () => {} }: Rehearsal): Promise<Rehearsed> {
  const folder = resolve(import.meta.dirname, "../.scratch", `two-machines-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const [file, calls] = [join(folder, "experiment.mjs"), join(folder, "calls.txt")];
  writeFileSync(file, experimentText(tasks));
  writeFileSync(calls, "");
  const lines = way === "namespaces" ? [makeLine(1), makeLine(2)] : [];
  const password = `line${process.pid}`;
  const redis = await redisServer({ password, bind: ["127.0.0.1", ...lines.map((_, i) => addressOf(i + 1))] });
  const { port } = new URL(redis.url);
  const clocks = [0, AHEAD_S];
  const machines = await Promise.all(
    clocks.map((aheadS, i): Machine | Promise<Machine> =>
      lines[i]
        ? namespaceMachine(i + 1, lines[i], `redis://:${password}@${addressOf(i + 1)}:${port}`, aheadS)
        : proxiedMachine(i + 1, Number(port), (own) => `redis://:${password}@127.0.0.1:${own}`, aheadS),
    ),
  );
  const begun = performance.now();
  const tell = (line: string): void => say(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const children: ChildProcess[] = [];
  try {
    for (const { name, line } of machines) tell(`${name}: ${line}`);
    for (const machine of machines) {
      const worker = machine.start(
        ["worker", file, "--concurrency", "8", "--lock-ms", String(LOCK_MS)],
        { CALLS: calls, MACHINE: machine.name.replace(" ", "-"), CRUCIBLE_REDIS: machine.redis },
        folder,
      );
      worker.stderr!.on("data", (text: Buffer) => {
        for (const said of text.toString().trim().split("\n")) tell(`${machine.name} says: ${shortened(said, folder)}`);
      });
      children.push(worker);
    }
    const flags = ["--yes", "--executor", "queue", "--checkpoints", folder, "--out", folder, "--formats", "json"];
    const { child, ended } = start(["run", file, ...flags], folder, { CRUCIBLE_REDIS: redis.url });
    children.push(child);
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    const seen = { stored: new Set<string>(), calls: 0, twice: new Set<string>() };
    const look = (): number => {
      const all = callsIn(calls);
      for (const { what, task } of all.slice(seen.calls))
        if (what === "begins" && seen.stored.has(task)) seen.twice.add(task);
      seen.calls = all.length;
      for (const row of storedIn(folder)) seen.stored.add(`${row.condition}/${row.itemId}/${row.repeat}`);
      return seen.stored.size;
    };
    const until = async (holds: () => boolean): Promise<void> => {
      for (const from = performance.now(); !holds() && !isOver; await sleep(200)) {
        if (performance.now() - from > 600_000) throw new Error("nothing happens any more");
      }
    };
    await until(() => look() >= tasks / 6);
    machines[1]!.cut();
    tell(`the line of machine 2 is cut; ${look()} of ${tasks} rows are stored`);
    const mended = performance.now() + 1000 * partitionS;
    await until(() => look() >= tasks || performance.now() >= mended);
    machines[1]!.mend();
    tell(`the line is whole again; ${look()} of ${tasks} rows are stored`);
    await until(() => look() > tasks);
    const { code, stderr } = await ended;
    if (code !== 0) throw new Error(`the run ended with ${code}: ${stderr.slice(-2000)}`);
    tell("the run has ended");
    return await result(folder, file, calls, [...seen.twice]);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    for (const machine of machines) machine.remove();
    await redis.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function result(folder: string, file: string, path: string, twice: readonly string[]): Promise<Rehearsed> {
  const store = memoryStore();
  const lasting = { ...store, close: () => {} };
  await run(await loadExperiment(file), {
    store: () => lasting,
    formats: [],
    observe: false,
    overrides: { rateLimit: 1e6 },
  });
  const expected = await comparable([...(lasting.outcomes() as Iterable<Outcome>)]);
  const outcomes = storedIn(folder);
  const rows = await comparable(outcomes);
  const different = [...new Set([...expected.keys(), ...rows.keys()])].filter(
    (task) => rows.get(task) !== expected.get(task),
  );
  const calls = callsIn(path);
  const begins = calls.filter(({ what }) => what === "begins");
  const attempts = outcomes.reduce((sum, row) => sum + row.attempts, 0);
  const by: Record<string, number> = {};
  for (const { machine } of begins) by[machine] = (by[machine] ?? 0) + 1;
  return {
    rows: outcomes.length,
    different,
    twice,
    executions: begins.length,
    again: begins.length - attempts,
    counted: outcomes.reduce((sum, { redone = 0 }) => sum + redone, 0),
    by,
    peak: peakOf(calls),
    begunIn10S: mostWithin(
      begins.map(({ ms }) => ms),
      10_000,
    ),
    paid: calls.filter(({ what }) => what === "ends").length * COST,
    booked: outcomes.reduce((sum, { cost = 0 }) => sum + cost, 0),
  };
}

interface Call {
  readonly what: "begins" | "ends";
  readonly ms: number;
  readonly machine: string;
  readonly task: string;
}

const callsIn = (path: string): Call[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" "))
    .map(([what, ms, machine, task]) => ({
      what: what as Call["what"],
      ms: Number(ms),
      machine: machine!,
      task: task!,
    }));

/** The most that ran at a moment. */
function peakOf(calls: readonly Call[]): number {
  let [running, peak] = [0, 0];
  for (const { what } of [...calls].sort((a, b) => a.ms - b.ms)) {
    running += what === "begins" ? 1 : -1;
    peak = Math.max(peak, running);
  }
  return peak;
}

/** The most of the times that lie within a span. */
function mostWithin(times: readonly number[], spanMs: number): number {
  const inOrder = [...times].sort((a, b) => a - b);
  let [first, most] = [0, 0];
  for (const [i, ms] of inOrder.entries()) {
    while (ms - inOrder[first]! >= spanMs) first += 1;
    most = Math.max(most, i - first + 1);
  }
  return most;
}

const comparable = (outcomes: readonly Outcome[]): Promise<Map<string, string>> =>
  rowsOf({ outcomes: () => outcomes.map(({ worker: _, redone: __, cost: ___, ...row }) => row as Outcome) } as Pick<
    RunStore,
    "outcomes"
  >);

function storedIn(folder: string): readonly Outcome[] {
  const name = readdirSync(folder).find((each) => each.endsWith(".db"));
  if (name === undefined) return [];
  const store = openedIn(join(folder, name));
  if (!store) return [];
  try {
    return [...store.outcomes()];
  } finally {
    store.close();
  }
}

/** Nothing while the file is being made: it has no tables yet. */
function openedIn(path: string): ReturnType<typeof sqliteStore> | undefined {
  try {
    return sqliteStore(path, { mode: "read" });
  } catch {
    return undefined;
  }
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
/** Without what is another name each time. */
const shortened = (said: string, folder: string): string =>
  said.replaceAll(`${folder}/`, "").replace(/redis:\/\/:[^@]*@/g, "redis://");

export { canMakeNamespaces };
