import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { historyOf } from "#src/inspector/recording";
import { crucible, scratch, start } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

/** An experiment whose results depend on how many tasks run at the same time, unless it is mended. */
const file = here.file(
  "order.mjs",
  `import { defineExperiment } from "crucible-harness";
let running = 0;
export default defineExperiment({
  name: "order", dataset: Array.from({ length: 8 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  config: { maxParallel: 2 },
  conditions: [{ name: "a", run: async () => {
    running += 1;
    await undefined;
    const accuracy = process.env.MENDED ? 1 : running;
    running -= 1;
    return { accuracy };
  } }],
});`,
);

it("crucible explore finds an experiment whose rows depend on what else runs, saves the failure, and replays it", async () => {
  const found = await crucible(
    ["explore", file, "--from", "25", "--seeds", "1", "--items", "3", "--save", "found.json"],
    here.path,
  );
  expect([found.code, found.stderr]).toEqual([1, ""]);
  expect(found.stdout).toMatch(/seed \d+ breaks a law\n {2}the row of a\/i\d\/0 is another one than without faults/);
  expect(found.stdout).toContain("replay it with: crucible explore --replay found.json");
  expect(found.stdout).toMatch(/fault rules that struck: \d+ of 20/);
  expect(found.stdout).toMatch(
    /transitions taken: \d+ of \d+; never (\S+ \S+, ){5}and \d+ more \(--verbose names them\)$/m,
  );
  const saved = JSON.parse(readFileSync(join(here.path, "found.json"), "utf8"));
  expect(saved).toMatchObject({
    format: "crucible-simulation/1",
    file,
    violation: expect.stringContaining("the row of"),
  });
  expect(found.stdout).toContain("step through it with: crucible view found.json");
  expect(historyOf(saved.recording, { title: "", violation: "", story: [] }).actorCount).toBeGreaterThan(8); // the tree of a run

  const pages = start(["view", "found.json", "--json"], here.path);
  const without = here.file("without.json", JSON.stringify({ ...saved, recording: undefined }));
  const [[said], refused, taken] = await Promise.all([
    once(pages.child.stdout!, "data"),
    crucible(["view", without], here.path),
    Promise.all(
      [`nothing`, `{"a":1}`].map((text, i) =>
        crucible(["explore", "--replay", here.file(`${i}.json`, text)], here.path),
      ),
    ),
  ]);
  expect(taken.map(({ code, stderr }) => [code, /\(it .*?\)/.exec(stderr)?.[0]])).toEqual([
    [2, "(it is not JSON)"],
    [2, "(it does not say its format)"],
  ]);

  const again = await crucible(["explore", "--replay", "found.json"], here.path, { MENDED: "1" });
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("held: the law that was broken is kept now")]);

  // crucible view steps through it
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("must have a recording to step through") });
  const { url, port } = JSON.parse(String(said));
  const entry = await fetch(url, { redirect: "manual" });
  const headers = { cookie: entry.headers.get("set-cookie")!.split(";")[0]! };
  const page = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text();
  const tree = await page("/");
  expect(tree).toContain(`order.mjs, seed ${saved.seed}`);
  expect(tree).toContain("is another one than without faults");
  expect(await page("/story")).toContain(saved.story.at(-1).trim().slice(0, 20));
  const steps = Number(/step (\d+) of \1</.exec(tree)![1]);
  expect(tree).toContain(">collector</a>");
  const first = await page("/?at=1"); // where there was the run and nothing else
  expect(first).toContain(`step 1 of ${steps}`);
  expect(first).not.toContain(">collector</a>");
  const actor = /href="(\/actor\/[^"]+)">collector</.exec(tree)![1]!;
  expect(await page(actor)).toMatch(/outcomes?\.\w+/); // what it was told
  pages.child.kill("SIGINT");
  expect((await pages.ended).code).toBe(0);
});
