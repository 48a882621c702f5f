import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, memoryStore, type ResumeOptions, resume, run } from "crucible-harness";
import { afterAll, describe, expect, it } from "vitest";
import { loadExperiment } from "#src/app/load";
import type { FileUse } from "#src/app/results/definition";
import { reportStored } from "#src/app/results/report-stored";
import { storedIds } from "#src/app/stores";
import { redefine } from "#src/experiment/define";
import type { Manifest } from "#src/experiment/manifest";
import { formats } from "#src/experiment/options";
import { markdownShort, renderers } from "#src/reports/index";
import { openDatabase } from "#src/store/sqlite-driver";
import { crucible as crucibleAlone, scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

const text = `
import { defineExperiment } from "crucible-harness";
import { appendFileSync } from "node:fs";
if (process.env.LOADED) appendFileSync(process.env.LOADED, import.meta.url + "\\n");
const right = { plain: 20, careful: 36 };
export default defineExperiment({
  name: "decided",
  dataset: Array.from({ length: 40 }, (_, i) => ({ id: "i" + i, i })),
  conditions: ["plain", "careful"].map((name) => ({ name, run: ({ i }) => ({ accuracy: i < right[name], size: i % 7 }) })),
  metrics: ["accuracy", "size"],
  customMetrics: [{ name: "twice", fn: (m) => m.accuracy * 2 }],
  statisticalAnalysis: { significanceLevel: 0.05 },
  gates: [{ metric: "accuracy", condition: "careful", atLeast: 0.99 }],
});`;

const base = here.file("base.ts", text);

/** The definition with another level, another gate, a metric less. */
const edited = text
  .replace("significanceLevel: 0.05", 'significanceLevel: 0.2, multipleTestingCorrection: "none"')
  .replace("atLeast: 0.99", "atLeast: 0.1")
  .replace('["accuracy", "size"]', '["accuracy"]');

/** A run in a folder of its own, whose file `exp.ts` no process has loaded yet. */
async function ran(name: string, how: "in this process" | "by the command" = "in this process"): Promise<Ran> {
  const folder = join(here.path, name);
  mkdirSync(folder);
  const file = here.file(`${name}/exp.ts`, text);
  const experiment = await loadExperiment(base);
  const settings = { checkpointDir: join(folder, "checkpoints"), outputDir: join(folder, "results"), observe: false };
  const flags = ["--checkpoints", settings.checkpointDir, "--out", settings.outputDir];
  if (how === "by the command")
    await crucibleAlone(["run", "exp.ts", "--yes", ...flags], folder); // whose compiler writes functions its own way
  else await run(experiment, { file, ...settings, formats: [] });
  const [id] = storedIds(settings.checkpointDir) as [string];
  return { folder, file, id, flags, settings };
}

interface Ran {
  readonly folder: string;
  readonly file: string;
  readonly id: string;
  readonly flags: readonly string[];
  readonly settings: { readonly checkpointDir: string; readonly outputDir: string };
}

const reported = ({ id, settings }: Ran, use?: FileUse) => reportStored(id, { ...settings, formats: [] }, use);

/** Changes the manifest in the file of a store, as no command does. */
function tamper({ folder, id }: Ran, change: (manifest: Record<string, unknown>) => void): void {
  const database = openDatabase(join(folder, "checkpoints", `${id}.db`));
  const { json } = database.prepare("SELECT json FROM meta WHERE key = 'manifest'").get() as { json: string };
  const manifest = JSON.parse(json) as Record<string, unknown>;
  change(manifest);
  database.prepare("UPDATE meta SET json = ?, checksum = NULL WHERE key = 'manifest'").run(JSON.stringify(manifest));
  database.exec("PRAGMA application_id = 0"); // as of a version without checksums
  database.close();
}

const options = [
  ["metrics", "accuracy", "size"],
  ["statisticalAnalysis.multipleTestingCorrection", "min-p", "none"],
  ["statisticalAnalysis.significanceLevel", "0.05", "0.2"],
  ["gates[0].atLeast", "0.99", "0.1"],
] as const;

describe("what was decided before the first task", () => {
  it("is in the store when the first task begins, whatever the store", async () => {
    const store = { ...memoryStore(), close: () => {} };
    const seen: (Manifest | undefined)[] = [];
    const experiment = defineExperiment({
      name: "locked",
      dataset: [1, 2],
      conditions: [{ name: "a", run: async () => ({ accuracy: seen.push(await store.manifest()) > 0 }) }],
      metrics: ["accuracy"],
      gates: [{ metric: "accuracy", condition: "a", atLeast: 0.5 }],
    });
    const report = await run(experiment, { store: () => store, formats: [] });
    expect(seen[0]?.decided).toMatchObject({ plan: { metrics: ["accuracy"], gates: experiment.gates } });
    expect(report.decided).toEqual({
      recorded: true,
      digest: seen[0]!.decided!.digest,
      changes: [],
      growth: [],
      sequential: false,
      unused: [],
      notes: [],
    });
  });

  it("holds where the file says otherwise by now: the gates are the old ones", async () => {
    const one = await ran("edited", "by the command");
    const before = await reported(one, "none");
    writeFileSync(one.file, edited);
    const { code, stdout, stderr } = await crucible(["report", one.id, "--json", ...one.flags], one.folder);
    expect({ code, stderr, ...JSON.parse(stdout) }).toMatchObject({
      code: 100,
      decided: { recorded: true, changes: [], unused: [] },
      gates: [{ gate: { atLeast: 0.99 }, passed: false }],
    });
    const after = await crucible(["report", one.id, "--short", ...one.flags], one.folder);
    expect(after.stdout).toMatch(/min-p/); // by the plan as it was
    expect(markdownShort(before.report)).toMatch(/min-p/);
  });

  it("is named option by option where results are read by a file that was named: in every format, above the findings", async () => {
    const one = await ran("named");
    writeFileSync(one.file, edited);
    const { report, gates } = await reported(one, { file: one.file });
    expect(gates.map(({ passed, afterwards }) => ({ passed, afterwards }))).toEqual([
      { passed: false, afterwards: undefined },
      { passed: true, afterwards: true },
    ]);
    expect(report.decided.changes.map(({ path }) => path)).toEqual(options.map(([path]) => path));
    const texts = Object.entries({ ...renderers, short: markdownShort }).map(([name, render]) => [
      name,
      render(report),
    ]);
    expect(texts.map(([name]) => name).sort()).toEqual([...formats, "terminal", "short"].sort());
    for (const [name, text] of texts as [string, string][]) {
      const plain = text
        .replaceAll("\\\\", "\\")
        .replaceAll(/\\allowbreak\{\}|\\(?=[_[\]{}"])|\{\}/g, "")
        .replaceAll("&quot;", '"');
      for (const [path, was, now] of options) {
        const places = [...plain.matchAll(new RegExp(path.replaceAll(/[.[\]]/g, "\\$&"), "g"))].map(
          ({ index }) => index,
        );
        const said = places.map((at) => plain.slice(at, at + 250)).join("\n");
        expect({ name, path, said }).toMatchObject({ said: expect.stringContaining(was) });
        expect({ name, path, said }).toMatchObject({ said: expect.stringContaining(now) });
        const finding = plain.search(/careful is better than plain/);
        if (finding > 0) expect({ name, above: places[0]! < finding }).toEqual({ name, above: true });
      }
    }
  });

  it("is not recorded in a store of an older version, and that is said", async () => {
    const one = await ran("older");
    tamper(one, (manifest) => {
      delete manifest.decided;
    });
    const { report, gates } = await reported(one);
    expect(report.decided).toMatchObject({
      recorded: false,
      notes: [expect.stringContaining("Not computed: twice")],
    });
    expect(markdownShort(report)).toContain("is not recorded: the run is of a version that kept no plan");
    expect(gates).toMatchObject([{ passed: false }]);
    const again = await resume(one.id, { ...one.settings, experiment: await loadExperiment(base), formats: [] });
    expect(again).toMatchObject({ status: "completed", decided: { recorded: false } });
  });

  it("is refused in one sentence where it is damaged, by a report and by a resume", async () => {
    const one = await ran("damaged");
    tamper(one, (manifest) => {
      const { plan } = manifest.decided as { plan: { gates: { atLeast: number }[] } };
      plan.gates[0]!.atLeast = 0.1;
    });
    const { code, stderr } = await crucible(["report", one.id, ...one.flags], one.folder);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringMatching(
        /^crucible: .*\.db must hold the plan as it was written .*, got "[0-9a-f]{32}"\. Take the store/,
      ),
    ]);
    expect(code).toBe(2);
    const again = resume(one.id, { ...one.settings, experiment: await loadExperiment(base), formats: [] });
    await expect(again).rejects.toThrow("must hold the plan as it was written");
  });
});

describe("an option that is another one when a run is resumed", () => {
  it("is refused with both values, and named in every later report where it was accepted", async () => {
    const one = await ran("resumed");
    const experiment = redefine(await loadExperiment(base), { statisticalAnalysis: { significanceLevel: 0.2 } });
    const again = (more: ResumeOptions) => resume(one.id, { ...one.settings, experiment, formats: [], ...more });
    await expect(again({})).rejects.toThrow(
      /statisticalAnalysis\.significanceLevel differs from the stored run.*was 0\.05 and is 0\.2.*--accept-changed statisticalAnalysis/,
    );
    const change = {
      path: "statisticalAnalysis.significanceLevel",
      decided: 0.05,
      now: 0.2,
      accepted: "when it was resumed after 80 of 80 tasks",
    };
    const accepted = await again({ acceptChanged: ["statisticalAnalysis"] });
    expect(accepted).toMatchObject({ decided: { changes: [change] }, gates: [{ passed: false }] });
    expect((await again({})).decided.changes).toEqual([change]); // accepted once is enough
    const { report } = await reported(one, "none");
    expect(report.decided.changes).toEqual([change]);
    expect(renderers.html(report)).toContain("was 0.05, now 0.2 (accepted when it was resumed after 80 of 80 tasks)");
  });
});

describe("the experiment file of a report", () => {
  const looks: readonly (readonly string[])[] = [
    ["report", "ID", "--json"],
    ["report", "ID", "--print"],
    ["export", "ID", "--to", "-"],
    ["dlq", "list", "ID"],
    ["compare", "ID", "ID2"],
    ["replay", "ID"],
    ["list"],
    ["ps"],
  ];

  it("is run by no command that only looks at a store: it may be anybody's", async () => {
    const one = await ran("foreign", "by the command");
    const other = await run(await loadExperiment(base), { ...one.settings, file: one.file, formats: [] });
    const env = { LOADED: join(one.folder, "loaded") };
    for (const args of looks) {
      const named = args.map((arg) => (arg === "ID" ? one.id : arg === "ID2" ? other.experimentId : arg));
      const { code, stderr } = await crucible([...named, "--checkpoints", one.settings.checkpointDir], one.folder, env);
      expect({ args, code: code === 100 ? 0 : code, stderr }).toMatchObject({ code: 0 });
    }
    expect(existsSync(env.LOADED)).toBe(false);
  });

  it("is run where it is named, and only then makes what a function makes", async () => {
    const one = await ran("functions");
    expect((await reported(one)).report.decided.notes).toEqual([
      expect.stringMatching(/^Not computed: twice, .*--file/),
    ]);
    const { report } = await reported(one, { file: one.file });
    expect(report.decided).toMatchObject({ changes: [], notes: [] });
  });

  it("of a store that bears the name of another run is not looked for: that is refused", async () => {
    const one = await ran("renamed");
    renameSync(join(one.settings.checkpointDir, `${one.id}.db`), join(one.settings.checkpointDir, "exp_other.db"));
    await expect(reportStored("exp_other", { ...one.settings, formats: [] })).rejects.toThrow(
      `exp_other.db must hold the run exp_other, got ${JSON.stringify(one.id)}`,
    );
  });
});
