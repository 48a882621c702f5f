import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Sabotage, sabotages } from "./explore/sabotages.ts";

/**
 * `npm run explore:sabotages [-- --seeds 2000 --for 60 --name slot]`: plants known bugs one by one in a copy of the sources, explores it, and prints
 * how many seeds it took to find each and what is left after shrinking. Exit code 1 where one is not found.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    for: { type: "string", default: "120" },
    name: { type: "string", default: "" },
    decisions: { type: "boolean", default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), "crucible-sabotage-"));
const copied = ["src", "actors", "supervisors", "test/explore", "test/explore.ts", "package.json", "tsconfig.json"];

interface Found {
  readonly seeds: number;
  readonly decisions: readonly unknown[];
  readonly tasks: number;
  readonly violation: string;
}

function explored({ edits, only, name }: Sabotage): Found | undefined {
  const before = edits.map(({ file }) => readFileSync(join(folder, file), "utf8"));
  for (const [i, { file, text, by }] of edits.entries()) {
    if (before[i]!.split(text).length !== 2) throw new Error(`"${name}": its text must be once in ${file}`);
    writeFileSync(
      join(folder, file),
      before[i]!.replace(text, () => by),
    );
  }
  const node = ["--import", "tsx", "--conditions=crucible-harness-source", "test/explore.ts", "--json"];
  const flags = ["--seeds", values.seeds, "--for", values.for, "--only", only, "--items", "5"];
  try {
    execFileSync(process.execPath, [...node, ...flags], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return undefined;
  } catch (ended) {
    const { stdout, stderr } = ended as { stdout: string; stderr: string };
    const refused = /^ConfigError: (.*)$/m.exec(stderr); // a simulation that is not the same twice is refused, and no longer made small
    if (!stdout.trim() && refused)
      return { seeds: Number.NaN, decisions: [], tasks: Number.NaN, violation: refused[1]! };
    if (!stdout.trim()) throw ended;
    const { seeds, found } = JSON.parse(stdout.trim().split("\n").at(-1)!) as {
      seeds: number;
      found: Omit<Found, "seeds">;
    };
    return { ...found, seeds };
  } finally {
    for (const [i, { file }] of edits.entries()) writeFileSync(join(folder, file), before[i]!);
  }
}

let missed = 0;
try {
  for (const name of copied) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  console.log("| planted bug | seeds | decisions left | tasks left | what was broken |\n|---|---|---|---|---|");
  for (const sabotage of sabotages.filter(({ name }) => name.includes(values.name))) {
    const found = explored(sabotage);
    if (!found) missed += 1;
    else if (values.decisions) console.log(JSON.stringify(found.decisions));
    const cells = found
      ? [found.seeds, found.decisions.length, found.tasks, found.violation.slice(0, 90).replaceAll("|", "/")]
      : ["not found", "", "", ""];
    console.log(`| ${[sabotage.name, ...cells].join(" | ")} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(missed > 0 ? 1 : 0);
