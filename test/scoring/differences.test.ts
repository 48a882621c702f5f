import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scripted } from "#src/backends/scripted";
import {
  answer,
  choice,
  exact,
  f1,
  includes,
  match,
  modelGraded,
  numeric,
  pattern,
  type Scorer,
} from "#src/scoring/index";
import { Choices, TaskState } from "#src/solver/index";

const replied = (content: string): TaskState =>
  TaskState.from({ id: "q", input: "?" }).setOutput({ content, finishReason: "stop", toolCalls: [] });
const value = async (scorer: Scorer, reply: string, ...target: string[]): Promise<unknown> =>
  (await scorer(replied(reply), target)).value;
const number = match({ numeric: true });
const gsm8k = pattern(/#### (-?[0-9.,]+)/);

/** Each row: scorer, reply, target, value here. */
type Case = readonly [Scorer, string, string, unknown];
const laws: Readonly<Record<string, readonly Case[]>> = {
  "nothing against nothing": [
    [match(), "...", "!!!", "I"],
    [includes(), "Paris", " ", null],
  ],
  "digits of `f1`": [[f1(), "gold gold", "gold", 0.67]],
  "signs and points in `f1`": [
    [f1(), "-5", "5", 0],
    [f1(), "3.14", "314", 0],
  ],
  "articles alone in `f1`": [
    [f1(), "a", "a", 1],
    [f1(), "a", "the", 0],
  ],
  "the end of a word in `match`": [[match(), "Paris", "is", "I"]],
  "marks in `match`": [
    [match(), "5", "-5", "I"],
    [match(), "C", "C++", "I"],
  ],
  "a number within a longer one in `includes`": [[includes(), "15", "5", "I"]],
  "five significant digits": [
    [number, "100000", "100004", "I"],
    [number, "123456.7", "123457", "C"],
  ],
  "a comma that groups no thousands": [
    [number, "1,5", "15", "N"],
    [numeric(), "1,5", "15", "N"],
  ],
  "the last number of a range, a date, a time": [
    [number, "10-20", "-20", "N"],
    [number, "2024-05-01", "1", "N"],
    [number, "12:30", "30", "N"],
  ],
  "a percent sign": [
    [number, "28 + 32 = 60%", "32", "I"],
    [number, "20%", "20", "C"],
    [number, "20%", "0.2", "C"],
  ],
  "a number with signs around it": [
    [number, "x=42", "42", "C"],
    [number, "\\boxed{18}", "18", "C"],
  ],
  "money with decimals": [[numeric(), "$18.00", "18", "C"]],
  "commas and dollars in `pattern`": [
    [gsm8k, "#### 1,800", "1800", "I"],
    [numeric(), "#### 1,800", "1800", "C"],
  ],
  "marks around an answer": [
    [answer("letter"), "ANSWER: (B)", "B", "C"],
    [answer("letter"), "ANSWER: **B**", "B", "C"],
  ],
  "a line behind the answer": [[answer("line"), "ANSWER: 0.1\nI hope this helps", "0.1", "C"]],
  "a choice where none is right": [],
  "a panel that is evenly divided": [],
  "a grade in bold": [],
};

describe("differences from other harnesses", () => {
  it("all stand in the documents", () => {
    const section = readFileSync("docs/scoring.md", "utf8").split("## Differences from other harnesses")[1]!;
    const rows = [...section.matchAll(/^\| ([^|]+) \|/gm)].map(([, what]) => what!);
    expect(rows.slice(1)).toEqual(Object.keys(laws));
  });

  it.each(Object.entries(laws))("%s", async (_, cases) => {
    for (const [scorer, reply, target, wanted] of cases) expect(await value(scorer, reply, target), reply).toBe(wanted);
  });

  it("a choice where none is right: what is not marked is no answer", async () => {
    const state = replied("none").setChoices(Choices.of(["x", "y"]));
    expect((await choice()(state, [""])).value).toBeNull();
    expect((await exact()(replied(""), [""])).value).toBeNull();
  });

  it("a panel that is evenly divided gives the mean of its grades", async () => {
    const voteOf = async (...grades: string[]) =>
      (await modelGraded({ model: grades.map((grade) => scripted([`GRADE: ${grade}`])) })(replied("4"), ["4"])).value;
    expect([await voteOf("C", "I"), await voteOf("I", "C")]).toEqual([0.5, 0.5]);
  });

  it("a grade in bold is read", async () => {
    const grader = scripted(["GRADE: **C**"]);
    expect((await modelGraded({ model: grader })(replied("4"), ["4"])).value).toBe("C");
  });
});
