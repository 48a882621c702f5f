import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listRuns } from "#src/app/results/past-runs";
import { openRuns } from "#src/viewer/runs";
import { crucible, scratch, start, until } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucibleShared = sharedCrucible();
afterAll(() => here.remove());

/** Never ends its fifth task, where HANGS is set. */
const file = here.file(
  "dies.mjs",
  `import { defineExperiment } from "crucible-harness";
let calls = 0;
export default defineExperiment({
  name: "dies", dataset: Array.from({ length: 9 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  conditions: [{ name: "a", run: async () => {
    if (++calls === 5 && process.env.HANGS) await new Promise(() => {});
    return { accuracy: 1 };
  } }],
  config: { maxParallel: 1 },
});`,
);
const killed = join(here.path, "killed");
beforeAll(async () => {
  const args = ["run", file, "--id", "dies", "--yes", "--checkpoints", killed];
  const { child, ended } = start(args, here.path, { HANGS: "1" });
  await until(() => listRuns(killed)[0]?.accounting.succeeded === 4, "four results to be stored");
  child.kill("SIGKILL");
  await ended;
});

/** Every file but SQLite's index of the log, with its bytes. */
const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => !name.endsWith(".db-shm"))
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );

/** How a command says that four of nine tasks are stored, of a run whose process is gone. */
const looks: Record<string, { args: string[]; says: RegExp }> = {
  list: { args: ["list"], says: /^dies .* killed +4\/9 /m },
  report: {
    args: ["report", "dies", "--print"],
    says: /Run dies · [\d-]+ · killed\n[\s\S]*9 planned = 4 succeeded .* \+ 5 pending[\s\S]*\| Session 1 \| killed; when is not known \|/,
  },
  verify: { args: ["verify", "dies"], says: /dies is as it was written: 4 results/ },
  export: { args: ["export", "dies", "--to", "-"], says: /^experimentId,.*\r?\n(dies,.*,success,.*\r?\n){4}$/ },
  dlq: { args: ["dlq", "list", "dies"], says: /^0 permanently failed tasks/ },
  ps: { args: ["ps"], says: /^no run of .* is active/ },
};

describe.each(["with", "without"])("a store that a killed process left with its -wal, %s its -shm", (shm) => {
  const folder = join(here.path, `copy-${shm}`);
  let before: Record<string, string>;
  beforeAll(() => {
    cpSync(killed, folder, { recursive: true });
    if (shm === "without") rmSync(join(folder, "dies.db-shm"));
    before = filesOf(folder);
  });

  it.each(Object.keys(looks))("is shown as it is by %s, which changes no byte of its files", async (name) => {
    expect(before).toHaveProperty(["dies.db-wal"]);
    const { args, says } = looks[name]!;
    const { code, stdout, stderr } = await crucibleShared([...args, "--checkpoints", folder], here.path);
    expect([code, stderr, stdout]).toEqual([
      0,
      name === "verify" ? expect.anything() : "",
      expect.stringMatching(says),
    ]);
    expect(filesOf(folder)).toEqual(before);
  });

  it("is shown as it is by the viewer, which changes no byte of its files", async () => {
    const runs = openRuns(folder);
    try {
      const { lines } = await runs.list(0, 10);
      expect(lines).toMatchObject([{ id: "dies", status: "killed", accounting: { succeeded: 4, pending: 5 } }]);
      expect(await runs.run("dies")).toMatchObject({ status: "killed", live: undefined, accounting: { succeeded: 4 } });
      expect(runs.tasks("dies", { order: "plan", offset: 0, limit: 9 })).toMatchObject({ total: 4 });
    } finally {
      runs.close();
    }
    expect(filesOf(folder)).toEqual(before);
  });

  it("is resumed with what is stored in it, which names the session that was killed", async () => {
    // a copy: what this process has read it may hold until its statements are collected, and then the log of the folder stays
    const folder = join(here.path, `resumed-${shm}`);
    cpSync(killed, folder, { recursive: true });
    if (shm === "without") rmSync(join(folder, "dies.db-shm"));
    const out = ["--checkpoints", folder, "--out", join(here.path, "results")];
    const resumed = await crucible(["resume", "dies", "--yes", ...out], here.path);
    expect([resumed.code, resumed.stdout]).toEqual([0, expect.stringContaining("9 planned = 9 succeeded")]);
    expect(readdirSync(folder).sort()).toEqual(["dies.db", "dies.facts.ndjson"]);
    const { stdout } = await crucibleShared(["report", "dies", "--print", ...out], here.path);
    expect(stdout).toMatch(/\| Session 1 \| killed; when is not known \|\n\| Session 2 \| completed; after /);
  });
});
