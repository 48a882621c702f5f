import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { memoryStore, run, sqliteStore } from "crucible-harness";
import { faults } from "crucible-harness/testing";
import { build } from "esbuild";
import { randomInt, stream } from "#src/kernel/random";
import { blamed } from "./hostile.ts";
import { ownFaults, sessionOf } from "./plan.ts";
import {
  CALL_COST,
  comparable,
  experimentOf,
  rowsOf,
  type Sabotage,
  type Session,
  type SessionResult,
  tracesIn,
} from "./world.ts";

/** What a round came to. */
export interface RoundResult {
  /** Processes that were killed, or ended by a condition. */
  readonly kills: number;
  /** Acknowledged or stored results that were not there later. */
  readonly lost: readonly string[];
  /** Stored tasks that were run again, or rows that nobody planned. */
  readonly duplicated: readonly string[];
  /** Rows that differ from a straight run, broken invariants, runs that do not end. */
  readonly violations: readonly string[];
}

export interface RoundOptions {
  /** Whether children are also killed from outside, at moments that no seed names. */
  readonly strikes?: boolean;
  /** Breaks the runtime on purpose. */
  readonly sabotage?: Sabotage | undefined;
}

const MOST_SESSIONS = 12;
const CHILD_MS = 240_000;
const scratch = resolve(import.meta.dirname, "../.scratch");
const packageJson = resolve(import.meta.dirname, "../../package.json");

/** One experiment under faults and kills, resumed until it is done, and compared with a straight run. */
export async function chaosRound(seed: string, { strikes = true, sabotage }: RoundOptions = {}): Promise<RoundResult> {
  const folder = join(scratch, `chaos-${seed.replace(/\W/g, "-")}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const [lost, duplicated, violations] = [new Set<string>(), new Set<string>(), [] as string[]];
  const straight = await straightRun(seed);
  let last: SessionResult | undefined;
  let stored = new Map<string, string>();
  let kills = 0;
  let done = false;
  for (let n = 0; n < MOST_SESSIONS && !done; n++) {
    const calledBefore = linesOf(tracesIn(folder).calls).length;
    const session = sessionOf(seed, n, folder, hasRun(folder), sabotage);
    const ended = await runSession(session, strikes ? stream(seed, "parent", n) : undefined);
    if (ended === "killed") kills += 1;
    else if (typeof ended === "string") violations.push(ended);
    else {
      violations.push(...ended.violations.map((sentence) => `session ${n}: ${sentence}`));
      if (ended.status.startsWith("broken")) {
        violations.push(ended.status);
        break;
      }
      done = ended.status === "completed";
      last = ended;
    }
    const now = await storedRows(folder);
    for (const task of stored.keys()) if (!now.has(task)) lost.add(task);
    for (const task of linesOf(tracesIn(folder).acknowledged)) if (!now.has(task)) lost.add(task);
    for (const task of linesOf(tracesIn(folder).calls).slice(calledBefore)) if (stored.has(task)) duplicated.add(task);
    stored = now;
    if (sabotage && lost.size + duplicated.size > 0) break; // found out
  }
  if (!done) violations.push(`not done after ${MOST_SESSIONS} sessions`);
  for (const [task, row] of straight.rows) {
    const found = stored.get(task);
    if (found === undefined) lost.add(task);
    else if (found !== row) violations.push(`${task} differs:\n  ${found}\n  ${row}`);
  }
  for (const task of stored.keys()) if (!straight.rows.has(task)) duplicated.add(task);
  for (const rows of [stored, straight.rows])
    for (const [task, row] of rows) violations.push(...blamed(seed, task, row));
  if (done && last?.analysis !== straight.analysis)
    violations.push(`the report differs:\n  ${last?.analysis}\n  ${straight.analysis}`);
  if (done && straight.hasBudget) violations.push(...overspent(folder, last?.cost ?? 0));
  if (sabotage || lost.size + duplicated.size + violations.length === 0) rmSync(folder, { recursive: true });
  return { kills, lost: [...lost], duplicated: [...duplicated], violations };
}

/** What was paid must be in the books, whoever died meanwhile. */
function overspent(folder: string, counted: number): string[] {
  const paid = new Set(linesOf(tracesIn(folder).charged)).size * CALL_COST; // an attempt that was delivered twice is one
  return counted < paid - 1e-9 ? [`${paid} was paid, and the report counts ${counted}`] : [];
}

async function straightRun(seed: string): Promise<{ rows: Map<string, string>; analysis: string; hasBudget: boolean }> {
  const store = { ...memoryStore(), close: () => {} };
  const own = ownFaults(seed);
  const experiment = experimentOf(seed);
  const { analysis } = await run(experiment, {
    store: () => store,
    formats: [],
    ...(own.length > 0 ? { faults: faults(own, seed) } : {}),
  });
  const hasBudget = experiment.costBudget.maxTotal !== undefined;
  return { rows: await rowsOf(store), analysis: comparable(analysis), hasBudget };
}

let bundled: Promise<string> | undefined;

/** The child as one file: it starts in a fraction of the time that its sources take. */
function childFile(): Promise<string> {
  bundled ??= (async () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(packageJson, "utf8"));
    const outfile = join(scratch, "chaos", `child-${process.pid}.mjs`); // as deep as a built file: from there it finds its package
    await build({
      entryPoints: [resolve(import.meta.dirname, "child.ts")],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      external: [...Object.keys(dependencies), ...Object.keys(peerDependencies)],
      conditions: ["crucible-harness-source"],
      logLevel: "silent",
    });
    process.on("exit", () => rmSync(outfile, { force: true }));
    return outfile;
  })();
  return bundled;
}

/** Runs a child to its end; some may also be killed from outside, at any moment after they began. */
async function runSession(
  session: Session,
  draw: (() => number) | undefined,
): Promise<SessionResult | "killed" | string> {
  const resultPath = join(session.folder, "result.json");
  rmSync(resultPath, { force: true });
  const process_ = spawn(process.execPath, [await childFile(), JSON.stringify(session)], {
    env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  process_.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  let hung = false;
  const deadline = setTimeout(() => {
    hung = true;
    process_.kill("SIGKILL");
  }, CHILD_MS);
  const calls = tracesIn(session.folder).calls;
  const before = linesOf(calls).length;
  const strikesFromOutside = draw !== undefined && session.killAt !== undefined && draw() < 0.3;
  const delayMs = draw ? randomInt(draw, 60) : 0;
  const looking = setInterval(() => {
    if (!strikesFromOutside || linesOf(calls).length === before) return;
    clearInterval(looking);
    setTimeout(() => process_.kill("SIGKILL"), delayMs);
  }, 5);
  const [code, signal] = await new Promise<[number | null, string | null]>((done) =>
    process_.on("close", (...ended) => done(ended)),
  );
  clearTimeout(deadline);
  clearInterval(looking);
  if (hung) return `a session hung: ${JSON.stringify(session)}`;
  if (signal === "SIGKILL") return "killed";
  const hasExited = session.exitAt !== undefined && code === 1 && stderr.includes("did not end normally");
  if (hasExited && !existsSync(resultPath)) return "killed";
  if (code !== 0 || !existsSync(resultPath)) return `a session ended with ${code ?? signal}: ${stderr}`;
  return JSON.parse(readFileSync(resultPath, "utf8")) as SessionResult;
}

const databaseIn = (folder: string): string | undefined => readdirSync(folder).find((name) => name.endsWith(".db"));

/** Whether there is a run to continue with: one that was killed before its manifest was written never began. */
function hasRun(folder: string): boolean {
  const name = databaseIn(folder);
  if (name === undefined) return false;
  const store = sqliteStore(join(folder, name), { mode: "read" });
  try {
    if (store.manifest() !== undefined) return true;
  } finally {
    store.close();
  }
  for (const suffix of ["", "-wal", "-shm", ".lock"]) rmSync(join(folder, name + suffix), { force: true });
  return false;
}

async function storedRows(folder: string): Promise<Map<string, string>> {
  const name = databaseIn(folder);
  if (name === undefined) return new Map();
  const store = sqliteStore(join(folder, name), { mode: "read" });
  try {
    return await rowsOf(store);
  } finally {
    store.close();
  }
}

const linesOf = (path: string): string[] =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];
