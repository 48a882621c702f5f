import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";

const read = (path: string): string => readFileSync(path, "utf8");
const sourcesIn = (...folders: readonly string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`),
  );
/** Lines of files in which an expression is found, as `path:line text`. */
const linesWith = (files: readonly string[], found: RegExp): string[] =>
  files.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, n) => (found.test(line) ? [`${file}:${n + 1} ${line.trim()}`] : [])),
  );

describe("continuous integration", () => {
  it("runs exactly `npm run check`, with a Redis and a browser that are required", () => {
    const workflow = read(".github/workflows/ci.yml");
    const commands = [...workflow.matchAll(/^\s+- run: (.+)$/gm)].map(([, command]) => command!);
    expect(commands).toHaveLength(3);
    expect(commands[0]).toMatch(/^apt-get update && apt-get install -y .*\bchromium redis-server$/);
    expect(commands.slice(1)).toEqual(["npm ci", "npm run check"]);
    expect(workflow.match(/CRUCIBLE_REQUIRE_\w+: 1/g)).toEqual([
      "CRUCIBLE_REQUIRE_CHROMIUM: 1",
      "CRUCIBLE_REQUIRE_REDIS: 1",
    ]);
  });
});

describe("the changelog", () => {
  it("has the sections Added, Changed and Fixed under each version, and nothing else", () => {
    const versions = read("CHANGELOG.md").split(/^## /m).slice(1);
    expect(versions.length).toBeGreaterThan(0);
    for (const version of versions)
      expect([...version.matchAll(/^### (.+)$/gm)].map(([, name]) => name)).toEqual(["Added", "Changed", "Fixed"]);
  });
});

describe("the repository", () => {
  it.each([
    "CONTRIBUTING.md",
    "SECURITY.md",
    ".editorconfig",
    ".github/pull_request_template.md",
    ".github/ISSUE_TEMPLATE/bug.yml",
    ".github/ISSUE_TEMPLATE/feature.yml",
  ])("has %s", (file) => {
    expect(existsSync(file)).toBe(true);
  });

  it("says of each large decision why, what it costs and what else there was", () => {
    const decisions = read("docs/architecture.md")
      .split("## Decisions")[1]!
      .trim()
      .split(/\n\n(?=\*\*)/);
    expect(decisions.length).toBeGreaterThan(5);
    for (const decision of decisions)
      expect(decision).toMatch(/^\*\*[\s\S]+\*Why\*: [\s\S]+\*Cost\*: [\s\S]+\*Alternative\*: /);
  });
});

describe("the rooms of the house", () => {
  it("stand in one order, and each sees only rooms before it: there is no ring, nor inside src/app", () => {
    const zones = createRequire(import.meta.url)("./zones.cjs") as [name: string, path: string, sees: string[]][];
    const names = zones.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(["prepare", "results", "observe", "estimate", "run"]));
    const upward = zones.flatMap(([name, , sees], at) =>
      sees.filter((seen) => seen !== name && !(names.indexOf(seen) < at)).map((seen) => `${name} sees ${seen}`),
    );
    expect(upward).toEqual([]);
  });

  it("write private fields of XState in src/xstate-*.ts alone", () => {
    const files = sourcesIn("src", "actors", "supervisors");
    const inside = (file: string): boolean => /^src\/xstate-\w+\.ts$/.test(file);
    const privates = /\._[a-z]\w*/;
    expect(linesWith(files.filter(inside), privates).length).toBeGreaterThan(0);
    expect(
      linesWith(
        files.filter((file) => !inside(file)),
        privates,
      ),
    ).toEqual([]);
  });

  it("leave the word gate to quality gates: whether tasks may start is the intake", () => {
    const running = sourcesIn("actors", "supervisors", "src/policy", "src/execute", "src/store");
    expect(linesWith(running, /\bgates?\b|Gate/)).toEqual([]);
  });
});

/** Where a test, or what it starts, waits for real time, and why it may. By file and words of the line. */
const waits: readonly (readonly [file: string, words: RegExp, why: string])[] = [
  ["test/real/command.ts", /done, 5/, "looks again until something holds"],
  ["test/real/redis-server.ts", /PONG/, "looks again until Redis answers"],
  ["test/laws/harness.ts", /look < 5000/, "looks again until something happens"],
  ["test/real/report.test.ts", /existsSync/, "a condition that lasts until a file is there"],
  ["test/real/supervision-in-browsers.test.ts", /loads < 3/, "looks again until a page has loaded"],
  ["test/execute/threads.test.ts", /2500/, "longer than the timeout, which must not count"],
  ["test/real/kill-and-resume.test.ts", /const pause/, "a second signal at once would be taken for the first"],
  ["test/real/kill-and-resume.test.ts", /const wait =/, "conditions that last, so that tasks overlap"],
  ["test/real/kill-and-resume.test.ts", /600_000/, "a hook that never ends"],
];
/** Files whose conditions last a while, so that tasks overlap; no test waits for that long. */
const lasting =
  /^test\/real\/(bad-store|odd-conditions|queue|store-file|strays|experiment-file)\.test\.ts$|^test\/(fixtures|bench|chaos|calibrate|two-machines)/;

describe("tests", () => {
  it("wait for no duration: for a clock that they turn, or for what they wait for", () => {
    const files = sourcesIn("test").filter((file) => !lasting.test(file) && !file.includes("/.scratch/"));
    const found = linesWith(files, /(?<![.\w])setTimeout\((?!\)|: )|timers\/promises/).filter(
      (line) =>
        !line.startsWith("test/architecture/") &&
        !waits.some(([file, words]) => line.startsWith(file) && words.test(line)),
    );
    expect(found).toEqual([]);
    const unused = waits.filter(
      ([file, words]) =>
        !read(file)
          .split("\n")
          .some((line) => /setTimeout\(/.test(line) && words.test(line)),
    );
    expect(unused.map(([file, words]) => `${file} ${words}`)).toEqual([]);
  });
});
