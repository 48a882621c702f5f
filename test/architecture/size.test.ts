import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const files = ["src", "actors", "supervisors"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`),
);
const linesOf = (file: string): number => readFileSync(file, "utf8").trimEnd().split("\n").length;

/** Rooms that a reader of one task's way goes through: there a file is read as a whole. */
const throughTheRun = /^(actors|supervisors|src\/app|src\/execute)\//;

describe("a file", () => {
  it("of the run has at most 300 lines, any other 340", () => {
    const long = files.filter((file) => linesOf(file) > (throughTheRun.test(file) ? 300 : 340));
    expect(long.map((file) => `${file}: ${linesOf(file)} lines`)).toEqual([]);
  });
});

/** Own members of the interfaces of a file. */
function membersIn(file: string): Map<string, readonly string[]> {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  return new Map(
    source.statements
      .filter(ts.isInterfaceDeclaration)
      .map(({ name, members }) => [name.text, members.map((member) => (member.name as ts.Identifier).text)]),
  );
}

describe("a bag that travels with a run", () => {
  it.each([
    ["what workers share", ["actors/worker-scope.ts WorkerScope"], 13],
    ["what the tree shares", ["actors/worker-scope.ts WorkerScope", "supervisors/run-scope.ts RunScope"], 25],
    ["what a run is put together from", ["src/app/wire.ts RunParts"], 10],
    ["what an executor is given", ["src/execute/scope.ts ExecutorScope"], 16],
  ])("has no more members than it needs: %s", (_, bags, most) => {
    const members = bags.flatMap((bag) => {
      const [file, name] = bag.split(" ") as [string, string];
      return membersIn(file).get(name)!;
    });
    expect(new Set(members).size).toBeLessThanOrEqual(most);
  });
});
