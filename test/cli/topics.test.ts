import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { optionReference } from "#src/app/option-reference";
import { buildProgram } from "#src/cli/commands";
import { findPage, pages } from "#src/cli/help";
import { topicOf, topics } from "#src/cli/topics";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { FailureError, failureKinds } from "#src/kernel/failure-value";

const all = pages();
const commands = buildProgram("0", () => {}).commands.map((command) => command.name());
const paths = optionReference().flatMap(({ rows }) => rows.map(({ path }) => path));
/** Whether `crucible help <topic>` prints something. */
const isThere = (topic: string): boolean =>
  commands.includes(topic) || paths.some((path) => path.includes(topic)) || findPage(topic, all) !== undefined;

/** The first word of every place at which the sources throw a mistake of the user, where it is written out. */
const places = ["src", "supervisors"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => [
      ...readFileSync(`${folder}/${name}`, "utf8").matchAll(/new ConfigError\(\s*(?:"([^"]*)"|`([^`]*)`)/g),
    ])
    .map(([, plain, template]) => (plain ?? template!).replace(/\$\{[^}]*\}/g, "x")),
);

describe("what to read about an error", () => {
  it("is there, for every place in the table", () => {
    expect(topics.map(([, topic]) => topic).filter((topic) => !isThere(topic))).toEqual([]);
  });

  it("is there, for every place that the sources complain of and every option", () => {
    const options = optionReference("defineExperiment").flatMap(({ rows }) => rows.map(({ path }) => path));
    const asked = [...places, ...options];
    expect(asked.length).toBeGreaterThan(250);
    const read = new Map(asked.map((place) => [topicOf(new ConfigError(place, "must be"))!, place])); // a place of each
    expect([...read].filter(([topic]) => !isThere(topic))).toEqual([]);
  });

  it("is more than the page of all errors, for every option of an experiment", () => {
    const options = optionReference("defineExperiment").flatMap(({ rows }) => rows.map(({ path }) => path));
    const vague = options.filter((path) => topicOf(new ConfigError(path, "must be")) === "errors");
    expect(vague.filter((path) => path !== "description")).toEqual([]);
  });

  it("is a section of its own, for every kind of failure", () => {
    for (const kind of failureKinds) {
      expect(findPage(topicOf(new FailureError(kind, "x"))!, all), kind).toMatch(`### ${kind}\n\n`);
      expect(findPage(kind, all), kind).toBeDefined(); // also by its name alone
    }
    expect(topicOf(new ConfigError("a.ts:2:11", "cannot be compiled"))).toBe("errors#experiment-files");
    expect(findPage(topicOf(new StoreError("a.db", "disk is full"))!, all)).toContain("the store cannot be used");
  });

  it("is nothing for a bug of ours", () => {
    expect(topicOf(new TypeError("x is not a function"))).toBeUndefined();
  });
});

describe("a page", () => {
  it.each([
    ["how-to/vitest", "# Experiments as tests of Vitest"],
    ["vitest", "# Experiments as tests of Vitest"],
    ["docs/ci.md", "# Experiments in continuous integration"],
    ["docs/reports.md#quality-gates", "## Quality gates"],
    ["quality gates", "## Quality gates"],
  ])("is found as %s", (topic, head) => expect(findPage(topic, all)?.split("\n")[0]).toBe(head));

  it.each(["nowhere", "reports#nowhere", "", "../package", "../README.md"])("is none as %j", (topic) => {
    expect(findPage(topic, all)).toBeUndefined();
  });
});
