import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { bestOfRuns } from "#src/app/results/levels";
import { listRuns } from "#src/app/results/past-runs";
import { scoringStore } from "#src/store/scoring-store";
import { sqliteStore } from "#src/store/sqlite";
import type { Page } from "#src/viewer/page";
import { route } from "#src/viewer/routes";
import { openRuns } from "#src/viewer/runs";
import { exampleManifest, outcome } from "../reports/manifest.ts";
import { temporaryFolder } from "../support.ts";

const here = mkdtempSync(join(tmpdir(), "crucible-past-runs-"));
afterAll(() => rmSync(here, { recursive: true, force: true }));

it("a list counts what was paid for attempts whose result was lost, as the viewer does", async () => {
  const store = sqliteStore(join(here, "exp_example.db"));
  store.putManifest(exampleManifest(["a"], ["accuracy"], {}, 2));
  store.putSession(0, { startedAt: 0, endedAt: 10, status: "aborted" });
  store.append([outcome({ condition: "a", itemId: "1", metrics: { accuracy: 1 }, cost: 0.25 })]);
  store.reserve({ ordinal: 1, attempt: 1, condition: "a", amount: 0.5 });
  store.closeReservations();
  store.close();
  expect(listRuns(here).map(({ cost }) => cost)).toEqual([0.75]);
  const runs = openRuns(here);
  const { lines } = await runs.list(0, 10);
  runs.close();
  expect(lines.map(({ cost }) => cost)).toEqual([0.75]);
});

it("a list and the viewer say that the scores they show are those of the run, and which others there are", async () => {
  const folder = temporaryFolder();
  copyFileSync(join(here, "exp_example.db"), join(folder, "exp_example.db"));
  const store = sqliteStore(join(folder, "exp_example.db"));
  for (const name of ["strict", "lenient"])
    scoringStore(store, name).putManifest(exampleManifest(["a"], ["accuracy"], {}, 2));
  store.close();
  expect(listRuns(here).map(({ scorings }) => scorings)).toEqual([[]]);
  expect(listRuns(folder).map(({ scorings }) => scorings)).toEqual([["lenient", "strict"]]);
  const runs = openRuns(folder);
  const { page } = (await route(new URL("http://x/run/exp_example/facts"), runs)) as { page: Page };
  runs.close();
  expect(page.main.text).toContain(
    "Shown: the scores that the run gave. Others of the same answers: lenient, strict (<code>crucible compare exp_example exp_example@lenient</code>)",
  );
});

it("a list leaves out no file in silence, and the viewer says of each the same sentence", async () => {
  const folder = temporaryFolder();
  copyFileSync(join(here, "exp_example.db"), join(folder, "exp_example.db"));
  writeFileSync(join(folder, "exp_cut.db"), readFileSync(join(here, "exp_example.db")).subarray(0, 6000));
  writeFileSync(join(folder, "exp_text.db"), "text");
  const said: string[] = [];
  expect(listRuns(folder, (sentence) => said.push(sentence)).map(({ experimentId }) => experimentId)).toEqual([
    "exp_example",
  ]);
  expect(said.map((sentence) => /exp_\w+\.db cannot be /.exec(sentence)?.[0])).toEqual([
    "exp_cut.db cannot be ",
    "exp_text.db cannot be ",
  ]);
  const runs = openRuns(folder);
  const { total, lines, unreadable } = await runs.list(0, 10);
  runs.close();
  expect([total, lines.length]).toEqual([1, 1]);
  expect(unreadable).toEqual(said);
});

it("runs are listed with the tags of their experiments, and the viewer shows those that have one", async () => {
  const folder = temporaryFolder();
  for (const [id, tags] of Object.entries({ one: ["nightly", `<b>"`], two: ["nightly"], three: [] })) {
    const store = sqliteStore(join(folder, `${id}.db`));
    store.putManifest({ ...exampleManifest(["a"], ["accuracy"], { tags }), experimentId: id });
    store.close();
  }
  expect(new Map(listRuns(folder).map(({ experimentId, tags }) => [experimentId, tags]))).toEqual(
    new Map([
      ["one", ["nightly", `<b>"`]],
      ["two", ["nightly"]],
      ["three", []],
    ]),
  );
  const runs = openRuns(folder);
  const shown = async (query: string): Promise<{ ids: string[]; text: string }> => {
    const { page } = (await route(new URL(`/${query}`, "http://localhost"), runs)) as { page: Page };
    const { text } = page.main;
    return { ids: [...text.matchAll(/<code>(one|two|three)<\/code>/g)].map(([, id]) => id!).sort(), text };
  };
  const all = await shown("");
  expect(all.ids).toEqual(["one", "three", "two"]);
  expect(all.text).toContain(`href="/?tag=nightly"`);
  expect(all.text).not.toContain("<b>");
  expect((await shown("?tag=nightly")).ids).toEqual(["one", "two"]);
  expect((await shown(`?tag=${encodeURIComponent(`<b>"`)}`)).ids).toEqual(["one"]);
  const none = await shown("?tag=daily");
  expect([none.ids, none.text.includes("No run has this tag.")]).toEqual([[], true]);
  runs.close();
});

it("a list says the best observed level of each run that has one, and nothing of a run with faults or without results", () => {
  const folder = temporaryFolder();
  const write = (id: string, accuracies: readonly [a: number, b: number][], more = {}) => {
    const store = sqliteStore(join(folder, `${id}.db`));
    store.putManifest({
      ...exampleManifest(["a", "b"], ["accuracy"], {}, accuracies.length),
      experimentId: id,
      ...more,
    });
    store.append(
      accuracies.flatMap(([a, b], i) => [
        outcome({ condition: "a", itemId: `${i}`, metrics: { accuracy: a } }, i),
        outcome({ condition: "b", itemId: `${i}`, metrics: { accuracy: b } }, accuracies.length + i),
      ]),
    );
    store.close();
  };
  const results: [number, number][] = [
    [1, 1],
    [0, 1],
    [0, 1],
    [0, 0],
  ];
  write("good", results);
  write("faulty", results, { faults: "seed 1" });
  write("empty", []);
  const best = bestOfRuns(folder, listRuns(folder));
  expect([...best.keys()]).toEqual(["good"]);
  expect(best.get("good")).toMatchObject({ metric: "accuracy", condition: "b", conditions: 2, value: 0.75 });
  expect(best.get("good")!.text).toMatch(/^75\.0 % \[\d+\.\d, \d+\.\d\]$/);
});
