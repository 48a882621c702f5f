import { afterAll, expect, it } from "vitest";
import { scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

/** A title for the window, a cleared screen, a colour, a turned direction, a line that looks like one of ours. */
const odd = "\u001b]0;x\u0007\u001b[2J\u009b31m\u202e\r\nFAKE\u2028x\u0085";
const file = here.file(
  "odd.mjs",
  `import { defineExperiment } from "crucible-harness";
const odd = ${JSON.stringify(odd)};
const fails = () => { throw new Error("error" + odd); };
export default defineExperiment({
  name: "name" + odd, description: "text" + odd, author: "author" + odd, version: "v" + odd, tags: ["tag" + odd],
  dataset: Array.from({ length: 8 }, (_, i) => ({ id: i + odd, slice: "slice" + odd })),
  conditions: [
    { name: "a" + odd, run: ({ id }) => (id.startsWith("3") ? fails() : { accuracy: 1, ["other" + odd]: 1, text: odd }) },
    { name: "b" + odd, run: ({ id }, { log }) => { log("log" + odd); return { accuracy: Number(id[0]) % 2, ["other" + odd]: 2 }; } },
  ],
  metrics: ["accuracy", "other" + odd],
  statisticalAnalysis: { by: ["slice"] },
  gates: [{ metric: "accuracy", condition: "a" + odd, atLeast: 0.5 }],
  hooks: { afterCondition: fails },
});`,
);

it("no command prints what a terminal would obey, nor a line of its own, whatever stands in names, ids, errors and arguments", async () => {
  const commands = [
    ["run", file, "--yes", "--id", "one", "--out", "out"],
    ["run", file, "--yes", "--id", "two", "--out", "out", "--json"],
    ["list"],
    ["compare", "one", "two"],
    ["dlq", "list", "one"],
    ["verify", "one"],
    ["replay", "one"],
    ["estimate", file],
    ["ps", odd],
    ["report", odd],
    ["stop", "one", "--reason", odd],
    ["run", `${odd}.mjs`],
    ["run", file, "-T", `${odd}=${odd}`, "--dry-run"],
    ["run", file, "--formats", odd],
    ["options", odd],
    [odd],
    ["list", `--${odd}`],
  ];
  for (const command of commands) {
    const where = ["estimate", "options", odd].includes(command[0]!) ? [] : ["--checkpoints", "ck"];
    const { stdout, stderr } = await crucible([...command, ...where], here.path);
    const isJson = command.includes("--json"); // records have escapes of their own
    const obeyed = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u;
    expect([command, obeyed.exec(stdout + stderr)?.[0]]).toEqual([command, undefined]);
    expect([command, /^FAKE/m.test(stdout + stderr)]).toEqual([command, false]);
    if (isJson) for (const line of stdout.trim().split("\n")) JSON.parse(line);
    else expect([command, (stdout + stderr).includes("\u2028")]).toEqual([command, false]);
  }
});
