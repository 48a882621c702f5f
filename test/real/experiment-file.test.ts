import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { crucible, type Ended, scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucibleShared = sharedCrucible();
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
  it.each([undefined, "commonjs", "module"])("runs, whatever that says of modules: %s", async (type) => {
    const folder = userPackage(`package-${type}`, type);
    const ended = await crucibleShared(["run", "experiment.ts", "--yes"], folder);
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("2 planned = 2 succeeded") });
  });
});

describe("where a setting came from", () => {
  it("is printed by crucible run: the strongest place has won", async () => {
    const folder = userPackage("places");
    const { stderr } = await crucibleShared(["run", "experiment.ts", "--yes", "--timeout-ms", "500"], folder, {
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
    const { code, stdout } = await crucibleShared(["run", "experiment.ts", "--dry-run"], folder);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/a dry run: nothing was executed\ntasks +2\n/),
    });
  });
});

describe("a file that cannot be loaded", () => {
  const start = 'import { defineExperiment } from "crucible-harness";\n';
  const files: [name: string, text: string, sentence: RegExp][] = [
    ["syntax.ts", `${start}const a = ;\n`, /^crucible: syntax\.ts:2:11 cannot be compiled \(Unexpected ";"\)$/],
    ["syntax.mjs", `${start}const a = ;\n`, /^crucible: syntax\.mjs:2:11 cannot be compiled \(Unexpected ";"\)$/],
    ["imports.ts", `import "./syntax.ts";\n`, /^crucible: syntax\.ts:2:11 cannot be compiled \(Unexpected ";"\)$/],
    [
      "nowhere.ts",
      `import "@/nowhere";\n`,
      /^crucible: nowhere\.ts:1:8 cannot be compiled \(Could not resolve "@\/nowhere"\)$/,
    ],
    [
      "no-export.mjs",
      `import { no } from "./none.mjs"; export default no;\n`,
      /^crucible: no-export\.mjs:1:10 cannot be compiled/,
    ],
    [
      "throws.ts",
      `const a: any = null;\n\na.b();\n`,
      /^crucible: throws\.ts cannot be loaded \(TypeError: .*, at throws\.ts:3:3\)$/,
    ],
    [
      "package.mjs",
      'import "@nobody/not-here-7f/part";',
      /^crucible: package\.mjs:1:8 cannot be compiled \(.*@nobody\/not-here-7f\/part.*\)\. Install it where the file is, if it is a package: npm install @nobody\/not-here-7f$/,
    ],
    ["throws-text.mjs", 'throw "a\\u001b[31m\\u202eb";', /^crucible: throws-text\.mjs cannot be loaded \(a.\[31m.b\)$/],
    [
      "function.ts",
      "export default () => { throw new RangeError('no'); };",
      /^crucible: function\.ts cannot be used \(RangeError: no, at .*:1:\d+\)$/,
    ],
  ];

  it.each(files)("says in one sentence what and where, with exit code 2: %s", async (name, text, sentence) => {
    here.file("none.mjs", "export const yes = 1;");
    here.file("syntax.ts", `${start}const a = ;\n`);
    here.file(name, text);
    const { code, stdout, stderr } = await crucibleShared(["run", name, "--yes"], here.path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const [said, topic] = stderr.trimEnd().split(/ \((?=crucible help [\w#-]+\)$)/);
    expect(said).toMatch(sentence);
    expect(topic).toBe("crucible help errors#experiment-files)");
    for (const mark of ["\u001b", "\u202e"]) expect(stderr).not.toContain(mark);
  });

  it("is one of CommonJS by its package: no warning of Node's stands before the sentence, and others are not lost", async () => {
    const folder = userPackage("of-commonjs", "commonjs");
    here.file("of-commonjs/esm.js", "export default 1;");
    here.file("of-commonjs/cjs.js", 'process.emitWarning("of its own"); module.exports = 1;');
    const [esm, cjs] = await Promise.all(
      ["esm.js", "cjs.js"].map((name) => crucible(["run", name, "--yes"], folder, { NODE_NO_WARNINGS: "" })),
    );
    expect([esm!.code, esm!.stderr]).toEqual([
      2,
      expect.stringMatching(/^crucible: .*esm\.js must be an ES module\. .*\n$/),
    ]);
    expect([cjs!.code, cjs!.stderr]).toEqual([
      2,
      expect.stringMatching(/^crucible: cjs\.js must[\s\S]*Warning: of its own/),
    ]);
  });

  it("says all mistakes of a definition at once, and those of its data set with their place", async () => {
    here.file(
      "mistakes.ts",
      `${start}export default defineExperiment({ name: "x", dataset: [1], repeats: 3, repeat: "3" as never, conditions: [{ name: "a", run: () => 1, modle: "m" }],
        metrics: ["accuracy", "accuracy"], statisticalAnalysis: { baseline: "b" }, gates: [{ metric: "acuracy", condition: "c", atLeast: 1 }] } as never);`,
    );
    const { code, stderr } = await crucibleShared(["run", "mistakes.ts", "--yes"], here.path);
    expect(code).toBe(2);
    const paths = stderr
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^crucible: | {10}/, "").split(" ")[0]);
    expect(paths.sort()).toEqual([
      "conditions[0].modle",
      "gates[0].condition",
      "gates[0].metric",
      "metrics[1]",
      "repeat",
      "repeats",
      "statisticalAnalysis.baseline",
    ]);
  });
});

describe("an experiment file of TSX", () => {
  it.each(["inline", "threads"])("runs %s", async (executor) => {
    here.file("tsx/tsconfig.json", '{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }');
    here.file(
      "tsx/prompt.tsx",
      "const h = (tag: string, _: unknown, text: string) => '<' + tag + '>' + text + '</' + tag + '>';\nexport const prompt = <b>yes</b>;",
    );
    here.file(
      "tsx/experiment.tsx",
      `import { defineExperiment } from "crucible-harness"; import { prompt } from "./prompt.tsx";
       export default defineExperiment({ name: "tsx", dataset: [{ id: 1 }], metrics: ["accuracy"],
         conditions: [{ name: "a", run: () => ({ accuracy: Number(String(prompt) === "<b>yes</b>") }) }] });`,
    );
    const args = ["run", "tsx/experiment.tsx", "--yes", "--executor", executor, "--out", executor];
    const { code, stdout } = await crucibleShared(args, here.path);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^a +1 +100\.0/m)]);
  });
});

describe("standard output under --json", () => {
  const noise = 'console.log("noise"); console.info("noise"); process.stdout.write("no newline ");';
  const file = here.file(
    "noisy.mjs",
    `import { defineExperiment } from "crucible-harness"; ${noise}
     export default defineExperiment({ name: "noisy", dataset: () => { ${noise} return [{ id: 1 }]; }, metrics: ["accuracy"],
       conditions: [{ name: "a", run: () => { ${noise} setTimeout(() => { ${noise} }, 1); setInterval(() => { ${noise} }, 1); return { accuracy: 1 }; } }],
       hooks: { afterExperiment: () => { ${noise} } } });`,
  );
  const records = (stdout: string): unknown[] =>
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);

  const places = ["--json", "--out", "n", "--checkpoints", "n"];
  let inline: Promise<Ended> | undefined;
  const ranInline = (): Promise<Ended> => {
    inline ??= crucible(["run", file, "--yes", "--executor", "inline", ...places], here.path);
    return inline;
  };

  it.concurrent.each<[what: string, ended: () => Promise<Ended>]>([
    ["run inline", ranInline],
    ["run in threads", () => crucible(["run", file, "--yes", "--executor", "threads", ...places], here.path)],
    ["run --dry-run", () => crucible(["run", file, "--dry-run", ...places], here.path)],
    ["estimate", () => crucible(["estimate", file, ...places], here.path)],
  ])("holds records alone: %s", async (_, ended) => {
    const { code, stdout, stderr } = await ended();
    expect(code, stderr).toBe(0);
    expect(records(stdout).length).toBeGreaterThan(0);
    expect(stderr).toContain("noise");
  });

  it("holds the document alone where a report or rows are printed", async () => {
    const id = /exp_[\w-]+/.exec((await ranInline()).stdout)![0];
    const printed = await crucible(["report", id, "--print", "--file", file, "--checkpoints", "n"], here.path);
    expect([printed.code, printed.stdout.split("\n")[0]]).toEqual([0, expect.stringMatching(/^# /)]);
    expect(printed.stdout).not.toContain("no newline");
    const report = await crucible(["report", id, "--file", file, ...places], here.path);
    expect(records(report.stdout)).toHaveLength(1);
  });
});
