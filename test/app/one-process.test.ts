import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, resume, type StoreError, sqliteStore, start } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { openExisting } from "#src/app/stores";
import { ConfigError } from "#src/kernel/errors";
import { temporaryFolder } from "../support.ts";

describe("a store", () => {
  it("has one writer, by whatever link it is opened", () => {
    const folder = temporaryFolder();
    const path = join(folder, "run.db");
    sqliteStore(path).close();
    symlinkSync(path, join(folder, "link.db"));
    symlinkSync(folder, join(folder, "folder"));
    const others = ["link.db", "folder/run.db", "folder/link.db"].map((name) => join(folder, name));
    for (const first of [path, ...others]) {
      const store = sqliteStore(first);
      for (const second of [path, ...others])
        expect(() => sqliteStore(second)).toThrow("is being run by another process");
      store.close();
    }
  });

  it("that is a link to a file that is not there is called that", () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, "moved.db"), join(folder, "exp_1.db"));
    expect(() => openExisting(folder, "exp_1", "read")).toThrow(
      /exp_1\.db must be .* and is a link to a file that is not there$/,
    );
  });
});

const once = (run: () => Promise<object> | object) =>
  defineExperiment({
    name: "x",
    dataset: [{ id: 1 }],
    conditions: [{ name: "a", run: run as never }],
    metrics: ["accuracy"],
  });

it("a run whose lock file was removed is still active, and no other process may continue it", async () => {
  const checkpointDir = temporaryFolder();
  let end = (): void => {};
  const waits = new Promise<void>((resolve) => {
    end = resolve;
  });
  let calls = 0;
  const experiment = once(async () => {
    calls += 1;
    await waits;
    return { accuracy: 1 };
  });
  const handle = start(experiment, { id: "here", checkpointDir, formats: [] });
  for await (const fact of handle.facts) if (fact.type === "task.started") break;
  await expect.poll(() => existsSync(join(checkpointDir, "here.live"))).toBe(true);
  rmSync(join(checkpointDir, "here.db.lock"));
  const second = { experiment, checkpointDir, formats: [] };
  await expect(resume("here", second)).rejects.toThrow(/here\.db is being run by another process/);
  await expect(start(experiment, { id: "here", checkpointDir, formats: [] }).done).rejects.toThrow("is being run");
  end();
  expect((await handle.done).accounting).toMatchObject({ succeeded: 1, pending: 0 });
  await resume("here", second);
  expect(calls).toBe(1);
});

describe("a folder of reports that cannot be written to", () => {
  it.each(["file", "file/below/it"])("is refused before anything is paid: %s", async (name) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    const checkpointDir = join(folder, "checkpoints");
    const options = { checkpointDir, outputDir: join(folder, name) };
    const refused = start(
      once(() => expect.unreachable("something was run")),
      options,
    ).done;
    await expect(refused).rejects.toThrow(/^outputDir must be a folder that can be written to \(.*file.*\), got /);
    await expect(refused).rejects.toBeInstanceOf(ConfigError);
    expect(existsSync(checkpointDir)).toBe(false);
  });

  it("since the run began loses nothing: all is stored, and resuming writes them", async () => {
    const folder = temporaryFolder();
    const options = { checkpointDir: join(folder, "checkpoints"), outputDir: join(folder, "out"), id: "late" };
    const experiment = once(() => {
      writeFileSync(options.outputDir, "");
      return { accuracy: 1 };
    });
    const failed = (await start(experiment, options).done.catch((error) => error)) as StoreError;
    expect([failed.experimentId, failed.message]).toEqual([
      "late",
      expect.stringMatching(
        /^the reports cannot be written to .*; all rows are stored, and crucible report late --out <folder> writes them elsewhere\. Mend that, then: crucible resume late$/,
      ),
    ]);
    rmSync(options.outputDir);
    mkdirSync(options.outputDir);
    const report = await resume("late", { ...options, experiment });
    expect([report.accounting.succeeded, existsSync(report.reports.markdown!)]).toEqual([1, true]);
  });
});
