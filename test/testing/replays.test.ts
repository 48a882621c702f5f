import { readFileSync } from "node:fs";
import { defaultFaults, replay } from "crucible-harness/testing";
import { describe, expect, it } from "vitest";
import type { Decision } from "#src/testing/draws";
import { anyOf } from "../explore/experiments.ts";
import { sabotages } from "../explore/sabotages.ts";

/** What exploring the product has found, made small; each was mended. */
const found: readonly {
  readonly law: string;
  readonly experiment: string;
  readonly store?: "sqlite";
  readonly decisions: readonly Decision[];
  /** Lines of the trace without which it is no longer that story. */
  readonly tells: readonly string[];
}[] = [
  {
    law: "counts rows that are stored for a collector that dies, in a run that is aborted before there is another",
    experiment: "plain",
    decisions: [
      ["items beyond the first", 0, 7],
      ["is on: 1. crash services/collector", 0, 1],
      ["is on: 14. reject executor with 503", 0, 1],
      ["is on: 19. hang executor", 0, 1],
      ["an operator acts at edge", 0, 39],
      ["14. reject executor with 503 a/i3/0#1", 0, 1],
      ["19. hang executor a/i4/0#1", 0, 1],
      ["how long an attempt takes", 0, 2],
      ["14. reject executor with 503 b/i3/0#1", 0, 1],
      ["19. hang executor b/i4/0#1", 0, 1],
      ["how long an attempt takes", 2, 12],
      ["19. hang executor b/i5/0#1", 0, 1],
      ["how long an attempt takes", 4, 9],
      ["19. hang executor b/i3/0#2", 0, 1],
      ["how long an attempt takes", 5, 21],
      ["how long an attempt takes", 6, 1],
      ["how long an attempt takes", 8, 5],
      ["how long an attempt takes", 9, 10],
      ["how long an attempt takes", 12, 1],
      ["how long an attempt takes", 13, 1],
      ["how long a commit takes", 6, 1],
      ["the operator asks for", 0, 1],
      ["1. crash services/collector", 23, 1],
    ],
    tells: ["operator  abort", "FAULT  1. crash services/collector"],
  },
  {
    law: "stores what a worker was storing as its pool broke, and counts its cost once",
    experiment: "spent",
    decisions: [
      ["items beyond the first", 0, 1],
      ["is on: 7. crash conditions/*/tasks", 0, 1],
      ["the process is killed at edge", 0, 21],
      ["how long an attempt takes", 5, 7],
      ["how long an attempt takes", 6, 6],
      ["how long an attempt takes", 7, 12],
      ["how long a commit takes", 1, 1],
      ["7. crash conditions/*/tasks", 1, 1],
    ],
    tells: ["injected into conditions/b/tasks", "task.settled  task 3"],
  },
  {
    law: "gives what was promised to those that wait for it, where the end of an attempt was lost with a budget that crashed",
    experiment: "judged-spent",
    decisions: [
      ["items beyond the first", 0, 2],
      ["is on: 3. crash services/budget", 0, 1],
      ["is on: 18. crash executor", 0, 1],
      ["the process is killed at edge", 0, 36],
      ["how long a model call takes", 0, 6],
      ["how long a model call takes", 1, 4],
      ["how long a model call takes", 2, 13],
      ["how long an attempt takes", 0, 24],
      ["how long an attempt takes", 1, 10],
      ["how long an attempt takes", 2, 15],
      ["18. crash executor a/i2/0#2", 0, 1],
      ["how long an attempt takes", 3, 12],
      ["3. crash services/budget", 9, 1],
      ["how long an attempt takes", 4, 1],
    ],
    tells: ["FAULT  3. crash services/budget", "task.settled  task 0", "session 2  run.ended"],
  },
  {
    law: "does not have a retry wait for the money of the attempt before, where the end of that was lost with a budget that crashed",
    experiment: "judged-spent",
    decisions: [
      ["items beyond the first", 0, 2],
      ["is on: 3. crash services/budget", 0, 1],
      ["is on: 18. crash executor", 0, 1],
      ["the process is killed at edge", 0, 24],
      ["18. crash executor a/i1/0#1", 0, 1],
      ["how long an attempt takes", 0, 1],
      ["how long an attempt takes", 1, 1],
      ["how long an attempt takes", 2, 1],
      ["3. crash services/budget", 9, 1],
    ],
    tells: ["FAULT  3. crash services/budget", "task.retried  task 4", "session 2  run.ended"],
  },
  {
    law: "stores what a worker was storing as its pool broke, also where the collector crashes before there is another pool",
    experiment: "breaker",
    decisions: [
      ["items beyond the first", 0, 3],
      ["is on: 1. crash services/collector", 0, 1],
      ["is on: 7. crash conditions/*/tasks", 0, 1],
      ["is on: 11. delay store", 0, 1],
      ["is on: 14. reject executor with 503", 0, 1],
      ["14. reject executor with 503 a/i2/0#1", 0, 1],
      ["14. reject executor with 503 a/i0/0#1", 0, 1],
      ["11. delay store", 0, 1],
      ["7. crash conditions/*/tasks", 6, 1],
      ["1. crash services/collector", 6, 1],
    ],
    tells: ["injected into conditions/a/tasks", "FAULT  1. crash services/collector", "session 1  run.ended"],
  },
  {
    law: "may count what was promised to an attempt that an abort gives up before a fault lets it start",
    experiment: "judged",
    decisions: [
      ["items beyond the first", 0, 3],
      ["is on: 14. reject executor with 503", 0, 1],
      ["is on: 15. reject executor with 429", 0, 1],
      ["is on: 16. reject executor with 400", 0, 1],
      ["is on: 18. crash executor", 0, 1],
      ["an operator acts at edge", 0, 1],
      ["14. reject executor with 503 a/i3/0#1", 0, 1],
      ["15. reject executor with 429 b/i3/0#1", 0, 1],
      ["the operator asks for", 0, 1],
      ["18. crash executor a/i1/0#1", 0, 1],
      ["16. reject executor with 400 a/i1/0#2", 0, 1],
    ],
    tells: ["operator  abort", "FAULT  16. reject executor with 400", "run.ended  aborted"],
  },
  {
    law: "counts rows that are stored although the store seems to refuse them, for a collector that dies before it hears so, in a run that is aborted",
    experiment: "plain",
    decisions: [
      ["items beyond the first", 0, 2],
      ["is on: 1. crash services/collector", 0, 1],
      ["is on: 10. drop store", 0, 1],
      ["is on: 15. reject executor with 429", 0, 1],
      ["the process is killed at edge", 0, 1],
      ["an operator acts at edge", 1, 17],
      ["how long an attempt takes", 1, 6],
      ["how long an attempt takes", 2, 11],
      ["how long an attempt takes", 3, 10],
      ["1. crash services/collector", 2, 1],
      ["15. reject executor with 429 b/i0/0#1", 0, 1],
      ["10. drop store", 1, 1],
      ["how long a commit takes", 1, 1],
      ["the operator asks for", 0, 1],
      ["1. crash services/collector", 10, 1],
    ],
    tells: ["FAULT  10. drop store", "operator  abort", "run.ended  aborted"],
  },
  {
    law: "makes no task again whose worker is about to store it in the moment in which another brings the pool down",
    experiment: "plain",
    decisions: [
      ["items beyond the first", 0, 5],
      ["is on: 7. crash conditions/*/tasks", 0, 1],
      ["is on: 18. crash executor", 0, 1],
      ["how long an attempt takes", 0, 1],
      ["how long an attempt takes", 1, 1],
      ["18. crash executor b/i5/0#1", 0, 1],
      ["7. crash conditions/*/tasks", 1, 1],
    ],
    tells: ["injected into conditions/b/tasks", "run.ended  completed"],
  },
  {
    law: "makes no task again that fails for good in the moment in which the store refuses it and another brings the pool down",
    experiment: "streamed",
    decisions: [
      ["items beyond the first", 0, 4],
      ["is on: 7. crash conditions/*/tasks", 0, 1],
      ["is on: 9. crash store", 0, 1],
      ["is on: 18. crash executor", 0, 1],
      ["the process is killed at edge", 0, 21],
      ["18. crash executor a/i2/0#1", 0, 1],
      ["how long an attempt takes", 2, 6],
      ["how long an attempt takes", 4, 6],
      ["how long an attempt takes", 5, 5],
      ["how long an attempt takes", 7, 1],
      ["9. crash store", 1, 1],
      ["18. crash executor a/i4/0#1", 0, 1],
      ["7. crash conditions/*/tasks", 3, 1],
    ],
    tells: ["FAULT  9. crash store", "injected into conditions/a/tasks", "session 3  run.ended"],
  },
  {
    law: "counts once what a call costs late whose worker died with its pool",
    experiment: "judged-spent",
    decisions: [
      ["items beyond the first", 0, 5],
      ["is on: 7. crash conditions/*/tasks", 0, 1],
      ["is on: 14. reject executor with 503", 0, 1],
      ["the process is killed at edge", 0, 47],
      ["14. reject executor with 503 a/i3/0#1", 0, 1],
      ["14. reject executor with 503 a/i5/0#1", 0, 1],
      ["how long a model call takes", 0, 6],
      ["how long a model call takes", 1, 11],
      ["how long an attempt takes", 1, 20],
      ["how long an attempt takes", 2, 14],
      ["14. reject executor with 503 b/i3/0#2", 0, 1],
      ["how long a model call takes", 3, 9],
      ["the process is killed at edge", 1, 24],
      ["7. crash conditions/*/tasks", 7, 1],
    ],
    tells: ["injected into conditions/b/tasks", "session 3  run.ended"],
  },
  {
    law: "counts a row once whose commit is answered while the run looks, at its end, for what a collector that died left unanswered",
    experiment: "rescored",
    store: "sqlite",
    decisions: [
      ["items beyond the first", 0, 5],
      ["it meets faults", 0, 1],
      ["is on: 1. crash services/collector", 0, 1],
      ["is on: 12. duplicate store", 0, 1],
      ["the process is killed at edge", 0, 10],
      ["an operator acts at edge", 1, 1],
      ["the operator asks for", 0, 1],
      ["12. duplicate store", 0, 1],
      ["1. crash services/collector", 27, 1],
    ],
    tells: ["operator  abort", "FAULT  1. crash services/collector", "session 3  run.ended"],
  },
];

describe("a run in which exploring once found a broken law", () => {
  for (const { law, experiment, store = "memory", decisions, tells } of found)
    it(law, async () => {
      const { violation, trace } = await replay(decisions, anyOf([experiment], { store }), { faults: defaultFaults });
      expect(violation).toBeUndefined();
      for (const told of tells) expect(trace.filter((line) => line.includes(told))).not.toEqual([]);
    });
});

describe("a planted bug", () => {
  it("is one place of the sources as they are", () => {
    const edits = sabotages.flatMap(({ edits }) => edits);
    const places = edits.map(({ file, text }) => [text, readFileSync(file, "utf8").split(text).length - 1]);
    expect(places).toEqual(edits.map(({ text }) => [text, 1]));
  });
});
