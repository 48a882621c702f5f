import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { crucible, scratch } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

const experiment = `
import { defineExperiment } from "crucible-harness";
import { right } from "./right.ts";
export default defineExperiment({
  name: "elsewhere", dataset: [{ id: "a" }, { id: "b" }], conditions: [{ name: "one", run: () => ({ accuracy: right }) }], metrics: ["accuracy"],
});`;

/** A user's package with this one installed, as `npm init` makes it: `"type": "commonjs"`, or without a type. */
function userPackage(name: string, type?: string): string {
  const folder = join(here.path, name);
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(resolve(import.meta.dirname, "../.."), join(folder, "node_modules/crucible-harness"));
  here.file(`${name}/package.json`, JSON.stringify({ name, ...(type && { type }) }));
  here.file(`${name}/right.ts`, "export const right: boolean = true;");
  here.file(`${name}/experiment.ts`, experiment);
  here.file(
    `${name}/crucible.config.ts`,
    "export default { maxParallel: 3, outputDir: './out', checkpointDir: './cp' };",
  );
  return folder;
}

describe("an experiment file in a package of its own", () => {
  it.concurrent.each([undefined, "commonjs", "module"])("runs, whatever that says of modules: %s", async (type) => {
    const folder = userPackage(`package-${type}`, type);
    const ended = await crucible(["run", "experiment.ts", "--yes"], folder);
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("2 planned = 2 succeeded") });
  });
});

describe("where a setting came from", () => {
  it("is printed by crucible run: the strongest place has won", async () => {
    const folder = userPackage("places");
    const { stderr } = await crucible(["run", "experiment.ts", "--yes", "--timeout-ms", "500"], folder, {
      CRUCIBLE_MAX_PARALLEL: "7",
      CRUCIBLE_TIMEOUT_MS: "900",
    });
    expect(stderr).toContain(
      "settings: timeoutMs 500 (command line), maxParallel 7 (environment), outputDir ./out (file), checkpointDir ./cp (file)",
    );
  });

  it("does not make a dry run write or execute anything", async () => {
    const folder = userPackage("dry");
    here.file("dry/right.ts", "export const right = true; // unused\n");
    const { code, stdout } = await crucible(["run", "experiment.ts", "--dry-run"], folder);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/a dry run: nothing was executed\ntasks +2\n/),
    });
  });
});
