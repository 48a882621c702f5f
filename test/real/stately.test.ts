import { spawn } from "node:child_process";
import { request } from "node:http";
import { createWebSocketReceiver } from "@statelyai/inspect";
import { defineExperiment, type RunHandle, start } from "crucible-harness";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { loader, scratch, until } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

const runs: { handle: RunHandle; release: () => void }[] = [];
afterEach(async () => {
  for (const { handle, release } of runs.splice(0)) {
    release();
    await handle.done;
  }
  vi.restoreAllMocks();
});

interface Message {
  readonly type: string;
  readonly sessionId: string;
  readonly name: string;
  readonly parentId?: string;
  readonly definition: string;
  readonly snapshot: { status: string; value?: unknown; context: unknown };
  readonly event: { type: string };
  readonly _version: string;
}

/** A run of many tasks that wait until they are released, and the address under which it is inspected. */
async function inspected(items = 8) {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const experiment = defineExperiment({
    name: "inspected",
    dataset: Array.from({ length: items }, (_, i) => ({ id: `secret-item-${i}`, text: "secret-text" })),
    conditions: ["fast", "held"].map((name) => ({
      name,
      run: async ({ id }: { id: string }) => {
        if (name === "held") await released;
        if (id === "secret-item-1") throw Object.assign(new Error("secret-error"), { status: 400 });
        return { accuracy: 1, answer: "secret-answer" };
      },
    })),
    metrics: ["accuracy"],
    config: { maxParallel: 3, errorHandling: { maxFailureRate: 0.9 } },
  });
  const handle = start(experiment, { checkpointDir: here.path, formats: [], inspect: "stately" });
  runs.push({ handle, release });
  const addressIn = (): string | undefined => /http:\S+/.exec(String(printed.mock.calls.flat().join(" ")))?.[0];
  await until(() => addressIn() !== undefined && handle.status().accounting.succeeded > 0, "the inspector to be up");
  return { handle, release, url: addressIn()! };
}

/** Everything that the inspector's own receiver makes of a run. */
function receive(url: string): Message[] {
  const received: Message[] = [];
  createWebSocketReceiver({ server: url.replace("http:", "ws:") }).subscribe((event) => {
    received.push(event as unknown as Message);
  });
  return received;
}

const statusOf = (url: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    asked.on("error", reject).end();
  });

/** How a socket that wants in fares: `open`, or why not. */
const knock = (url: string, options: { origin?: string } = {}): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url.replace("http:", "ws:"), options);
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("error", () => resolve("refused"));
  });

describe("a run in Stately Inspector", () => {
  it("is told to a late viewer from its charts on: every live actor, then what changes", async () => {
    const { handle, release, url } = await inspected();
    const received = receive(url);
    await until(() => received.length > 0, "a first message");
    const live = received.slice();
    expect(new Set(live.map(({ type }) => type))).toEqual(new Set(["@xstate.actor"]));
    expect(new Set(live.map(({ _version }) => _version))).toEqual(new Set(["0.7.2"]));
    const byName = new Map(live.map((message) => [message.name, message]));
    const named = (name: string): Message => byName.get(name)!;
    expect([...byName.keys()]).toEqual(
      expect.arrayContaining([
        "run",
        "experiment",
        "services",
        "collector",
        "breaker",
        "budget",
        "limiter",
        "conditions",
        "held",
      ]),
    );
    expect(named("limiter").parentId).toBe(named("services").sessionId);
    expect(named("services").parentId).toBe(named("experiment").sessionId);
    expect(named("experiment").parentId).toBe(named("run").sessionId);
    expect(named("run").parentId).toBeUndefined();
    const ways = Object.keys(JSON.parse(named("run").definition).states);
    expect(ways).toEqual(["preparing", "running", "paused", "stopping", "analysing", "ended"]);
    expect(named("run").snapshot).toMatchObject({ status: "active", value: "running" });
    const chart = JSON.parse(named("limiter").definition);
    expect(Object.keys(chart.states)).toEqual(expect.arrayContaining(["open", "throttled", "closed", "trial"]));
    expect(named("limiter").snapshot).toMatchObject({ status: "active", value: "open" });
    const worker = live.find(({ name }) => name.startsWith("task "))!;
    expect(JSON.parse(worker.definition)).toMatchObject({ id: "worker", initial: "waiting" });

    handle.pause();
    const seen = (name: string, state: string): boolean =>
      received.some(
        ({ type, sessionId, snapshot }) =>
          type === "@xstate.snapshot" && sessionId === named(name).sessionId && snapshot.value === state,
      );
    await until(
      () => seen("run", "paused") && seen("limiter", "closed"),
      "the run and its limiter to be seen to pause",
    );
    handle.resume();
    release();
    expect((await handle.done).accounting).toMatchObject({ succeeded: 14, failed: 2 });
    const isCommit = ({ type, event }: Message): boolean => type === "@xstate.event" && event.type === "rows.committed";
    await until(() => received.some(isCommit), "a commit"); // a run does not wait for who only watches
    expect(/.{0,80}secret.{0,80}/.exec(JSON.stringify(received))?.[0]).toBeUndefined();
  });

  it("is told to a second viewer as to the first, and does not mind viewers that go away", async () => {
    const { handle, release, url } = await inspected();
    const first = receive(url);
    await until(() => first.length > 0, "a first message");
    for (let n = 0; n < 5; n++) expect(await knock(url)).toBe("open");
    const second = receive(url);
    await until(() => second.length > 0, "a first message");
    const names = (messages: readonly Message[]): string[] =>
      messages.flatMap(({ type, name }) => (type === "@xstate.actor" && !name.startsWith("task") ? [name] : []));
    expect([...new Set(names(second))]).toEqual([...new Set(names(first))]);
    release();
    await handle.done;
    await expect(statusOf(url)).rejects.toThrow(); // nothing listens any more
  });

  it("is shown only under its address, to this machine, and to no page of somebody else's", async () => {
    const { url } = await inspected();
    const { origin, host } = new URL(url);
    expect(await statusOf(url)).toBe(200);
    expect(await statusOf(origin)).toBe(404);
    expect(await statusOf(`${url}x`)).toBe(404);
    expect(await statusOf(url, { host: "attacker.example" })).toBe(404);
    expect(await knock(`${origin}/`)).toBe("refused");
    expect(await knock(url, { origin: "https://attacker.example" })).toBe("refused");
    expect(await knock(url, { origin: `http://${host}` })).toBe("open");
    const page = await (await fetch(url)).text();
    expect(page).toContain("needs the internet");
    expect(page).toContain('src="https://stately.ai/inspect"');
  });

  it("keeps no process alive, whoever looks", async () => {
    const file = here.file(
      "inspected.mjs",
      `import { defineExperiment, run } from "crucible-harness";
await run(defineExperiment({
  name: "inspected",
  dataset: [{ id: "a" }],
  conditions: ["x", "y"].map((name) => ({ name, run: () => new Promise((done) => process.stdin.once("data", () => done({ accuracy: 1 }))) })),
  metrics: ["accuracy"],
}), { formats: [], checkpointDir: ${JSON.stringify(here.path)}, inspect: "stately" });
process.stdin.unref();`,
    );
    const child = spawn(process.execPath, [...loader, file], { cwd: here.path });
    let printed = "";
    child.stderr.on("data", (chunk) => {
      printed += chunk;
    });
    const exited = new Promise<number | null>((done) => child.on("exit", done));
    await until(() => printed.includes("http://"), "the address");
    const socket = new WebSocket(/http:\S+/.exec(printed)![0].replace("http:", "ws:"));
    await new Promise((done) => socket.on("message", done));
    child.stdin.write("go\n");
    expect(await exited).toBe(0);
    socket.terminate();
  });

  it("has a sample of its tasks, evenly over the plan", async () => {
    const { handle, release, url } = await inspected(300);
    const received = receive(url);
    await until(() => received.length > 0, "a first message");
    release();
    await handle.done;
    const tasks = new Set(received.flatMap(({ name }) => (name?.startsWith("task ") ? [Number(name.slice(5))] : [])));
    expect([...tasks].every((ordinal) => ordinal % 6 === 0)).toBe(true);
    expect(tasks.size).toBeGreaterThan(0);
    expect(tasks.size).toBeLessThanOrEqual(100);
  });
});

describe("an observer of XState's events", () => {
  it.each(["a function", "an object"])("sees the whole tree, and loses no event when it throws (%s)", async (kind) => {
    const seen = new Set<string>();
    const look = (event: { type: string }): void => {
      seen.add(event.type);
      throw new Error("an observer's own bug");
    };
    const experiment = defineExperiment({
      name: "observed",
      dataset: [{ id: "a" }, { id: "b" }],
      conditions: ["x", "y"].map((name) => ({ name, run: () => ({ accuracy: 1 }) })),
      metrics: ["accuracy"],
    });
    const inspect = kind === "a function" ? look : { next: look };
    const { done } = start(experiment, { checkpointDir: here.path, formats: [], inspect });
    expect((await done).accounting).toMatchObject({ planned: 4, succeeded: 4 });
    expect([...seen]).toEqual(expect.arrayContaining(["@xstate.actor", "@xstate.event", "@xstate.snapshot"]));
  });
});
