import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { defineExperiment, type RunHandle, start } from "crucible-harness";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { readLive } from "#src/app/observe/control";
import { fetchLiveState, tell } from "#src/app/observe/live";
import type { LiveNode } from "#src/app/observe/live-tree";
import { recorded } from "#src/app/observe/replay";
import { sqliteStore } from "#src/store/sqlite";
import { faults } from "#src/testing/faults";
import { scratch, start as startCommand, until } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

const runs: { handle: RunHandle; release: () => void }[] = [];
afterEach(async () => {
  for (const { handle, release } of runs.splice(0)) {
    release();
    await handle.done;
  }
});

/** Tasks that wait until they are released; the limiter crashes while they wait. */
async function faulted(directory: string, options: { items?: number } = {}) {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const experiment = defineExperiment({
    name: "seen \u001b[31m<b>",
    dataset: Array.from({ length: options.items ?? 8 }, (_, i) => ({ id: `i${i}` })),
    conditions: ["fast", "held"].map((name) => ({
      name,
      run: async ({ id }: { id: string }) => {
        if (name === "held") await released;
        if (id === "i1") throw Object.assign(new Error("no such model"), { status: 400 });
        return { accuracy: 1 };
      },
    })),
    metrics: ["accuracy"],
    config: { maxParallel: 3, errorHandling: { maxFailureRate: 0.9 } },
  });
  const handle = start(experiment, {
    checkpointDir: directory,
    formats: [],
    faults: faults([{ target: "actor", path: "services/limiter", fault: "crash", at: 6 }]),
  });
  runs.push({ handle, release });
  await until(
    () => handle.status().state === "running" && readLive(directory, handle.id) !== undefined,
    "the run to be up",
  );
  await until(() => handle.status().accounting.succeeded > 0, "a first result");
  return { handle, release };
}

const find = (node: LiveNode | undefined, id: string): LiveNode | undefined =>
  node?.id === id
    ? node
    : node?.children.reduce<LiveNode | undefined>((found, child) => found ?? find(child, id), undefined);

describe("a run seen from outside", () => {
  it("shows its tree: states, restarts and why, what waits for what", async () => {
    const directory = join(here.path, "tree");
    const { handle } = await faulted(directory);
    const state = await fetchLiveState(directory, handle.id);
    expect(state).toMatchObject({ pid: process.pid, status: { state: "running", limits: { maxParallel: 3 } } });
    expect(state!.lagMs.max).toBeGreaterThanOrEqual(state!.lagMs.median);
    const limiter = find(state!.tree, "limiter")!;
    expect(limiter.restarts).toBe(1);
    expect(limiter.history[0]!.reason).toMatch(/^crash: /);
    const tasks = state!.tree!.children.at(-1)!.children.flatMap((condition) => find(condition, "tasks")!.children);
    expect(tasks).toContainEqual(expect.objectContaining({ value: "running", waitsFor: "its attempt" }));
    const few = await fetchLiveState(directory, handle.id, 1);
    const pool = find(find(few!.tree, "held"), "tasks")!;
    expect(pool.children).toHaveLength(1);
    expect(Object.values(pool.tasks!).reduce((sum, tasks) => sum + tasks, 0)).toBe(3);
  });

  it("answers only who has the token, under the machine's own name, and leaves no file behind", async () => {
    const directory = join(here.path, "token");
    const { handle, release } = await faulted(directory);
    const live = readLive(directory, handle.id)!;
    expect(statSync(join(directory, `${handle.id}.live`)).mode & 0o777).toBe(0o600);
    const ask = (headers: Record<string, string>, method = "GET", path = "/state", body = ""): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: "127.0.0.1", port: live.port, path, method, headers }, (response) => {
          response.resume();
          resolve(response.statusCode!);
        });
        asked.on("error", reject).end(body);
      });
    const authorization = `Bearer ${live.token}`;
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: `Bearer ${live.token.replace(/./g, "0")}` })).toBe(401);
    expect(await ask({ authorization: "Bearer " }, "POST", "/abort")).toBe(401);
    expect(await ask({ authorization, host: "attacker.example" })).toBe(403);
    expect(await ask({ authorization }, "GET", "/../etc/passwd")).toBe(404);
    expect(await ask({ authorization }, "POST", "/adjust", '{"limits":{"maxParallel":0}}')).toBe(400);
    expect(await ask({ authorization }, "POST", "/adjust", "{")).toBe(400);
    expect(await ask({ authorization }, "POST", "/adjust", `"${"x".repeat(100_000)}"`)).toBe(400);
    expect(await ask({ authorization })).toBe(200);
    release();
    expect((await handle.done).status).toBe("completed");
    expect(existsSync(join(directory, `${handle.id}.live`))).toBe(false);
    expect(await fetchLiveState(directory, handle.id)).toBeUndefined();
  });

  it("pauses and continues when another process says so", async () => {
    const directory = join(here.path, "pause");
    const { handle, release } = await faulted(directory);
    expect(await tell(directory, handle.id, "pause")).toEqual({});
    expect(handle.status().state).toBe("paused");
    await expect(tell(directory, handle.id, "pause")).resolves.toEqual({});
    expect(await tell(directory, handle.id, "resume")).toEqual({});
    await expect(tell(directory, handle.id, "resume")).rejects.toThrow(
      'the run must be paused for that, got "running"',
    );
    release();
    expect((await handle.done).accounting.pending).toBe(0);
    expect(await tell(directory, handle.id, "pause")).toBeUndefined();
  });

  it("obeys other limits when another process says so, and keeps who said it", async () => {
    const directory = join(here.path, "adjust");
    const { handle, release } = await faulted(directory);
    const where = ["--checkpoints", directory];
    const adjusted = await crucible(
      [
        "adjust",
        handle.id,
        "--max-parallel",
        "5",
        "--rate-limit",
        "100",
        "--max-total",
        "none",
        "--reason",
        "late",
        ...where,
      ],
      here.path,
    );
    expect(adjusted).toMatchObject({ stderr: "", code: 0, stdout: "maxParallel 3 -> 5, rateLimit none -> 100\n" });
    expect(handle.status().limits).toMatchObject({ maxParallel: 5, rateLimit: 100 });
    const wrong = await crucible(["adjust", handle.id, "--max-parallel", "0", ...where], here.path);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("--max-parallel must be at least 1") });
    const none = await crucible(["adjust", handle.id, ...where], here.path);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("must name at least one of maxParallel") });
    expect(await crucible(["pause", handle.id, ...where], here.path)).toMatchObject({ code: 0 });
    expect(handle.status().state).toBe("paused");
    const resumed = await crucible(["resume", handle.id, ...where], here.path); // of a run that waits: it continues where it is
    expect(resumed).toMatchObject({ code: 0, stdout: `${handle.id} continues\n` });
    const stopped = await crucible(["stop", handle.id, "--reason", "enough", ...where], here.path);
    expect(stopped.code).toBe(0);
    release();
    expect(await handle.done).toMatchObject({
      status: "interrupted",
      reason: expect.stringMatching(/^.+, process \d+ asked to stop: enough$/),
    });
    const store = sqliteStore(join(directory, `${handle.id}.db`), { mode: "read" });
    expect(store.sessions()[0]!.interventions).toMatchObject([
      { what: "limits", reason: "late", by: expect.not.stringContaining(`process ${process.pid}`) },
      { what: "pause" },
      { what: "continue" },
    ]);
    store.close();
    const gone = await crucible(["pause", handle.id, ...where], here.path);
    expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining("must be an active run of") });
  });

  it("is not disturbed by somebody who asks and goes away", async () => {
    const directory = join(here.path, "gone");
    const { handle, release } = await faulted(directory);
    const { port, token } = readLive(directory, handle.id)!;
    for (let n = 0; n < 50; n++) {
      const asked = request({ host: "127.0.0.1", port, path: "/state", headers: { authorization: `Bearer ${token}` } });
      asked.on("error", () => {});
      asked.end();
      if (n % 2) asked.destroy();
    }
    release();
    expect((await handle.done).accounting).toMatchObject({ planned: 16, succeeded: 14, failed: 2, pending: 0 });
  });

  it("keeps no process alive, and a killed one is not listed", async () => {
    const file = here.file(
      "held.mjs",
      `import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "held",
  dataset: [{ id: "a" }],
  conditions: ["x", "y"].map((name) => ({ name, run: () => new Promise(() => {}) })),
  metrics: ["accuracy"],
});`,
    );
    const checkpoints = join(here.path, "killed");
    const { child, ended } = startCommand(["run", file, "--yes", "--checkpoints", checkpoints], here.path);
    const isUp = (): boolean =>
      existsSync(checkpoints) && readdirSync(checkpoints).some((name) => name.endsWith(".live"));
    await until(isUp, "the run to be up");
    const [live] = readdirSync(checkpoints).filter((name) => name.endsWith(".live"));
    const id = live!.slice(0, -".live".length);
    const listed = await crucible(["ps", "--checkpoints", checkpoints], here.path);
    expect(listed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${id}  pid ${child.pid}  held  0/2 tasks`),
    });
    const shown = await crucible(["ps", id, "--checkpoints", checkpoints], here.path);
    expect(shown.stdout).toMatch(/- limiter\s+open/);
    expect(shown.stdout).toMatch(/- a\/0\s+running, waits for its attempt/);
    child.kill("SIGKILL");
    await ended;
    const after = await crucible(["ps", "--checkpoints", checkpoints], here.path);
    expect(after.stdout).toBe(`no run of ${checkpoints} is active\n`);
    expect((await crucible(["ps", id, "--checkpoints", checkpoints], here.path)).code).toBe(2);
    expect((await crucible(["replay", id, "--checkpoints", checkpoints], here.path)).code).toBe(0);
  });
});

describe("the recording of a run", () => {
  const entriesOf = async (directory: string, id: string) => {
    const entries = [];
    for await (const entry of recorded(directory, id)) entries.push(entry);
    return entries;
  };

  it("has the run, its services and its tasks in the order in which things happened", async () => {
    const directory = join(here.path, "recording");
    const { handle, release } = await faulted(directory);
    release();
    await handle.done;
    const entries = await entriesOf(directory, handle.id);
    const types = entries.map(({ type }) => type);
    expect(types[0]).toBe("recording.started");
    expect(types[1]).toBe("run.started");
    expect(types.at(-1)).toBe("run.ended");
    expect(types.filter((type) => type === "task.settled")).toHaveLength(16);
    expect(entries).toContainEqual(expect.objectContaining({ type: "service.restarted", service: "limiter" }));
    const why = expect.stringMatching(/^crash: injected into services\/limiter/);
    expect(entries).toContainEqual(expect.objectContaining({ path: "services/limiter", restarts: 1, reason: why }));
    expect(entries.map(({ t }) => t)).toEqual(entries.map(({ t }) => t).sort((a, b) => a - b));
    const shown = await crucible(["replay", handle.id, "--only", "service,run", "--checkpoints", directory], here.path);
    expect(shown.stdout).toMatch(/00:00\.\d{3} {2}service\.restarted +service limiter\n/);
    expect(shown.stdout).not.toContain("task.");
  });

  it("keeps a thousand tasks of a large run, and every one that failed", async () => {
    const directory = join(here.path, "large");
    const experiment = defineExperiment({
      name: "large",
      dataset: Array.from({ length: 2500 }, (_, i) => ({ id: i })),
      conditions: ["a", "b"].map((name) => ({
        name,
        run: ({ id }: { id: number }) => {
          if (id % 250 === 1) throw Object.assign(new Error("no"), { status: 400 });
          return { accuracy: 1 };
        },
      })),
      metrics: ["accuracy"],
    });
    const handle = start(experiment, { checkpointDir: directory, formats: [] });
    await handle.done;
    const settled = (await entriesOf(directory, handle.id)).filter(({ type }) => type === "task.settled");
    const failed = settled.filter((entry) => "status" in entry && entry.status === "failed_permanent");
    expect(failed).toHaveLength(20);
    expect(settled.length).toBeGreaterThanOrEqual(1000);
    expect(settled.length).toBeLessThanOrEqual(1020);
  });

  it("is passed over where it is cut off, and is not kept when nobody wants it", async () => {
    const directory = join(here.path, "cut");
    const { handle, release } = await faulted(directory);
    release();
    await handle.done;
    const path = join(directory, `${handle.id}.facts.ndjson`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { appendFileSync } = await import("node:fs");
    appendFileSync(path, '{"t":1,"ty');
    expect((await entriesOf(directory, handle.id)).at(-1)).toMatchObject({ type: "run.ended" });
    rmSync(path);
    const unseen = start(
      defineExperiment({
        name: "unseen",
        dataset: [{ id: 1 }],
        conditions: [
          { name: "a", run: () => ({ accuracy: 1 }) },
          { name: "b", run: () => ({ accuracy: 1 }) },
        ],
        metrics: ["accuracy"],
      }),
      { checkpointDir: directory, formats: [], observe: false },
    );
    await unseen.done;
    expect(readdirSync(directory).filter((name) => name.startsWith(unseen.id))).not.toContain(
      `${unseen.id}.facts.ndjson`,
    );
    expect(readFileSync(join(directory, `${unseen.id}.db`)).length).toBeGreaterThan(0);
  });
});
