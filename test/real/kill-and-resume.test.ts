import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqliteStore } from "crucible-harness";
import { afterAll, describe, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { scratch, start, until } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

/**
 * 60 tasks of 20 ms by default; every attempt leaves a line in a file, so that repeats are seen whatever the store says. All but the first
 * `HOLD` wait until the file `GO` is there: what is done to the run meanwhile is done in its middle, on any machine.
 */
const experiment = `
import { appendFileSync, existsSync } from "node:fs";
import { defineExperiment } from "crucible-harness";
let calls = 0;
export default defineExperiment({
  name: "killed",
  dataset: Array.from({ length: 30 }, (_, i) => ({ id: "i" + i })),
  conditions: ["a", "b"].map((name) => ({
    name,
    run: async ({ id }, context) => {
      appendFileSync(process.env.CALLS, name + "/" + id + "\\n");
      const wait = (ms) => new Promise((done) => setTimeout(done, ms));
      await wait(Number(process.env.TASK_MS ?? 20));
      if (++calls > Number(process.env.HOLD ?? 1000)) while (!existsSync(process.env.GO)) await wait(20);
      return { accuracy: context.random() > 0.5, draw: context.random() };
    },
  })),
  metrics: ["accuracy"],
  config: { maxParallel: 3 },
});`;
const file = here.file("killed.mjs", experiment);

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const folderOf = (name: string) => {
  const checkpoints = join(here.path, name, "checkpoints");
  const flags = ["--yes", "--checkpoints", checkpoints, "--out", join(here.path, name, "results")];
  const calls = join(here.path, `${name}.calls`);
  return {
    checkpoints,
    flags,
    env: { CALLS: calls },
    held: (tasks: number) => ({ CALLS: calls, HOLD: String(tasks), GO: `${calls}.go` }),
    release: () => writeFileSync(`${calls}.go`, ""),
    callsMade: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []),
  };
};

function rows(checkpoints: string) {
  const store = sqliteStore(join(checkpoints, `${idIn(checkpoints)}.db`), { mode: "read" });
  const read = [...store.outcomes()].map(
    ({ ordinal, condition, itemId, finalStatus, metrics: { latency, ...metrics } }) => ({
      ordinal,
      condition,
      itemId,
      finalStatus,
      metrics,
    }),
  );
  store.close();
  return read;
}

describe("a run that was killed", () => {
  it("is finished by crucible resume; no stored task runs again; the rows are those of a straight run", async () => {
    const straight = folderOf("straight");
    expect((await crucible(["run", file, ...straight.flags], here.path, straight.env)).code).toBe(0);

    const { flags, env, held, callsMade, checkpoints } = folderOf("killed");
    const { child, ended } = start(["run", file, ...flags], here.path, held(22));
    await until(() => callsMade().length >= 25 && rows(checkpoints).length > 5, "25 calls");
    child.kill("SIGKILL");
    await ended;
    const stored = rows(checkpoints);
    expect(stored.length).toBeLessThan(25);

    const before = callsMade().length;
    const resumed = await crucible(["resume", idIn(checkpoints), ...flags], here.path, env);
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining("60 planned = 60 succeeded") });
    const again = callsMade().slice(before);
    expect(again.filter((task) => stored.some(({ condition, itemId }) => task === `${condition}/${itemId}`))).toEqual(
      [],
    );
    expect(again.length).toBe(60 - stored.length);
    expect(rows(checkpoints)).toEqual(rows(straight.checkpoints));

    const finished = await crucible(["resume", idIn(checkpoints), ...flags], here.path, env);
    expect(finished.code).toBe(0);
    expect(callsMade().length).toBe(before + again.length);
  });

  it("refuses to continue with a changed definition, and names the option", async () => {
    const { flags, env, checkpoints } = folderOf("killed");
    const changed = here.file("changed.mjs", experiment.replace("config: {", "config: { timeoutMs: 7777,"));
    const { code, stderr } = await crucible(["resume", idIn(checkpoints), "--file", changed, ...flags], here.path, env);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("config.timeoutMs differs from the stored run"),
    });
  });

  it("continues with a changed option that is accepted by name, and makes no call for what is finished", async () => {
    const { flags, env, callsMade, checkpoints } = folderOf("killed");
    const changed = here.file("accepted.mjs", experiment.replace("> 0.5", "> 0.4"));
    const args = ["resume", idIn(checkpoints), "--file", changed, ...flags];
    const refused = await crucible(args, here.path, env);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("conditions[0].code differs") });
    const before = callsMade().length;
    const accepted = await crucible([...args, "--accept-changed", "conditions"], here.path, env);
    expect({ code: accepted.code, calls: callsMade().length }).toEqual({ code: 0, calls: before });
  });

  it("cannot be run by two processes at once", async () => {
    const { flags, env, callsMade, checkpoints } = folderOf("twice");
    const { child, ended } = start(["run", file, ...flags], here.path, { ...env, TASK_MS: "600000" });
    await until(() => callsMade().length >= 3, "3 calls");
    const second = await crucible(["resume", idIn(checkpoints), ...flags], here.path, env);
    child.kill("SIGKILL");
    await ended;
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining("is being run by another process") });
  });
});

describe("Ctrl-C", () => {
  it("lets running tasks end and stores them: exit 130, resumable", async () => {
    const { flags, env, held, release, callsMade, checkpoints } = folderOf("drained");
    const { child, ended, said } = start(["run", file, ...flags], here.path, held(7));
    await until(() => callsMade().length >= 10, "10 calls");
    child.kill("SIGINT");
    await until(() => said().includes("stopping: SIGINT"), "the Ctrl-C to be heard");
    release();
    const { code, stdout, stderr } = await ended;
    expect(stderr).toContain("stopping: SIGINT");
    expect({ code, stdout }).toMatchObject({
      code: 130,
      stdout: expect.stringContaining(`crucible resume ${idIn(checkpoints)}`),
    });
    expect(rows(checkpoints).length).toBe(callsMade().length); // whatever was started has been stored
    expect((await crucible(["resume", idIn(checkpoints), ...flags], here.path, env)).code).toBe(0);
    expect(callsMade().length).toBe(60);
  });

  it("twice aborts the running tasks: exit 130, resumable", async () => {
    const { flags, env, callsMade, checkpoints } = folderOf("aborted");
    const { child, ended, said } = start(["run", file, ...flags], here.path, { ...env, TASK_MS: "60000" });
    await until(() => callsMade().length === 3, "3 calls");
    child.kill("SIGINT");
    await until(() => said().includes("stopping: SIGINT"), "the first Ctrl-C to be heard");
    await pause(150); // a second one at once would be taken for the same
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(rows(checkpoints)).toEqual([]);
    const resumed = await crucible(["resume", idIn(checkpoints), ...flags], here.path, env);
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining("60 planned = 60 succeeded") });
  });

  it("three times leaves at once, says where the results are, and loses none of them: exit 130", async () => {
    const { flags, env, callsMade, checkpoints } = folderOf("left");
    // nothing heeds a signal here: not the tasks, and not the hook that the run waits for at its end
    const deaf = here.file(
      "deaf.mjs",
      experiment.replace(
        "config:",
        `hooks: { afterExperiment: () => new Promise((done) => setTimeout(done, 600_000)) }, config:`,
      ),
    );
    const { child, ended, said } = start(["run", deaf, ...flags], here.path, { ...env, TASK_MS: "200" });
    await until(() => callsMade().length >= 9, "9 calls");
    child.kill("SIGINT");
    await until(() => said().includes("stopping: SIGINT"), "the first Ctrl-C to be heard");
    await until(() => rows(checkpoints).length >= 6, "6 rows");
    const stored = rows(checkpoints).length;
    const pressing = setInterval(() => child.kill("SIGINT"), 150); // a busy machine may take two for one
    const { code, stderr } = await ended;
    clearInterval(pressing);
    const store = join(checkpoints, `${idIn(checkpoints)}.db`);
    expect({ code, stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringContaining(
        `crucible: left at once; what was stored is in ${store}: crucible resume ${idIn(checkpoints)}`,
      ),
    });
    expect(rows(checkpoints).length).toBeGreaterThanOrEqual(stored);
    const resumed = await crucible(
      ["resume", idIn(checkpoints), "--file", file, "--accept-changed", ...flags],
      here.path,
      env,
    );
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining("60 planned = 60 succeeded") });
  });

  it("that comes with another signal in the same moment, as npm hands it on, is one: running tasks end and are stored", async () => {
    const { flags, held, release, callsMade, checkpoints } = folderOf("double");
    const { child, ended, said } = start(["run", file, ...flags], here.path, held(0));
    await until(() => callsMade().length >= 3, "3 calls");
    child.kill("SIGINT");
    child.kill("SIGTERM");
    await until(() => said().includes("stopping: SIG"), "the signals to be heard");
    release();
    expect((await ended).code).toBe(130);
    expect(rows(checkpoints).length).toBe(callsMade().length);
  });
});

describe("a terminal that is closed", () => {
  it("lets running tasks end and stores them, although the output is no longer read", async () => {
    const { flags, env, held, release, callsMade, checkpoints } = folderOf("hangup");
    const { child, ended } = start(["run", file, ...flags], here.path, held(7));
    await until(() => callsMade().length >= 10, "10 calls");
    child.stdout?.destroy();
    child.stderr?.destroy();
    for (let n = 0; n < 3; n++) child.kill("SIGHUP"); // shell and kernel both send one
    release();
    expect((await ended).code).toBe(130);
    expect(rows(checkpoints).length).toBe(callsMade().length);
    expect((await crucible(["resume", idIn(checkpoints), ...flags], here.path, env)).code).toBe(0);
    expect(callsMade().length).toBe(60);
  });
});

describe("crucible", () => {
  it("lists runs, reports them again, estimates, and speaks JSON", async () => {
    const { checkpoints, flags } = folderOf("straight");
    const list = await crucible(["list", "--checkpoints", checkpoints, "--json"], here.path);
    const [run] = list.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(run).toMatchObject({
      name: "killed",
      status: "completed",
      accounting: { planned: 60, succeeded: 60, pending: 0 },
    });

    const report = await crucible(
      [
        "report",
        run.experimentId,
        "--checkpoints",
        checkpoints,
        "--out",
        join(here.path, "again"),
        "--formats",
        "html,json",
        "--json",
      ],
      here.path,
    );
    const { reports, partial } = JSON.parse(report.stdout);
    expect({ partial, files: Object.values<string>(reports).map((path) => existsSync(path)) }).toEqual({
      partial: false,
      files: [true, true],
    });

    const estimate = await crucible(["estimate", file, "--json", "--limit", "10"], here.path, { CALLS: "/dev/null" });
    expect(JSON.parse(estimate.stdout)).toMatchObject({
      cost: { totalQueries: 20, totalCost: 0, exceedsBudget: false },
      time: { sequentialMs: 20_000, parallelMs: expect.any(Number) },
    });

    const json = await crucible(
      ["run", file, "--json", ...folderOf("json").flags, "--limit", "2"],
      here.path,
      folderOf("json").env,
    );
    const records = json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map(({ type }) => type)).toEqual(expect.arrayContaining(["run.started", "run.ended", "report"]));
    expect(records.at(-1)).toMatchObject({ type: "report", status: "completed", accounting: { planned: 4 } });
    expect(flags.length).toBeGreaterThan(0);
  });

  it("takes settings from flags, variables and the nearest crucible.config.ts, in that order", async () => {
    const { env } = folderOf("settings");
    here.file("crucible.config.ts", `export default { maxParallel: 2, limit: 3 };`);
    const dry = (args: string[], more: Record<string, string> = {}) =>
      crucible(["estimate", file, "--json", ...args], here.path, { ...env, ...more });
    const queries = async (ended: Promise<{ stdout: string }>) => JSON.parse((await ended).stdout).cost.totalQueries;
    expect(await queries(dry([]))).toBe(6);
    expect(await queries(dry([], { CRUCIBLE_LIMIT: "4" }))).toBe(8);
    expect(await queries(dry(["--limit", "5"], { CRUCIBLE_LIMIT: "4" }))).toBe(10);
  });
});
