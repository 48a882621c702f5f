import { describe, expect, it } from "vitest";
import { nextStopStep, notAsked, whileAnalysing } from "#src/app/stop";

/** What each of these signals, at its millisecond, makes a run do. */
function steps(...signals: (readonly [NodeJS.Signals, number])[]): (string | undefined)[] {
  let asked = notAsked;
  return signals.map(([signal, atMs]) => {
    const [now, step] = nextStopStep(asked, signal, atMs);
    asked = now;
    return step;
  });
}

it("while the rows are analysed, nothing is left to stop: the first signal says so, the next leaves", () => {
  expect([whileAnalysing("drain", false), whileAnalysing("abort", true)]).toEqual(["warn", "leave"]);
  expect(whileAnalysing("abort", false)).toBe("warn"); // asked once while tasks ran
  expect(whileAnalysing("leave", false)).toBe("leave");
});

describe("signals that ask a run to stop", () => {
  it.each([
    [
      "drain, abort, leave",
      [
        ["SIGINT", 0],
        ["SIGINT", 500],
        ["SIGINT", 900],
      ],
      ["drain", "abort", "leave"],
    ],
    [
      "count whatever their name is",
      [
        ["SIGTERM", 0],
        ["SIGINT", 500],
      ],
      ["drain", "abort"],
    ],
    [
      "are one when they come together",
      [
        ["SIGINT", 0],
        ["SIGINT", 8],
        ["SIGINT", 200],
      ],
      ["drain", undefined, "abort"],
    ],
    [
      "never hurry a closed terminal",
      [
        ["SIGHUP", 0],
        ["SIGHUP", 500],
        ["SIGHUP", 900],
      ],
      ["drain", undefined, undefined],
    ],
    [
      "leave as often as they are asked to",
      [
        ["SIGINT", 0],
        ["SIGINT", 500],
        ["SIGINT", 900],
        ["SIGINT", 1300],
      ],
      ["drain", "abort", "leave", "leave"],
    ],
    [
      "are heard after a closed terminal",
      [
        ["SIGHUP", 0],
        ["SIGTERM", 500],
      ],
      ["drain", "abort"],
    ],
  ] as const)("%s", (_, signals, expected) => {
    expect(steps(...signals)).toEqual(expected);
  });
});
