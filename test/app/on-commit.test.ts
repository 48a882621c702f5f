import { describe, expect, it } from "vitest";
import { type CommitListeners, onCommit } from "#src/app/on-commit";
import { Answers } from "#src/experiment/answers";
import type { Answer } from "#src/experiment/attempts";
import type { Outcome } from "#src/experiment/outcome";
import { openBook } from "#src/policy/book";
import type { RunScope } from "#supervisors/run-scope";
import { ended } from "../actors/support.ts";

const answer = (ordinal: number) => ({ ordinal, attempts: 1, metrics: {} }) as Answer;

type Heard = Partial<Record<"metrics" | "early", string>>;

/** Everybody who may hear of a commit, each noting that it did; `answers` says who stops the run, and why. */
function hearers(answers: Heard = {}, maxTotal?: number) {
  const log: string[] = [];
  const note = (name: string) => void log.push(name);
  const stops: string[] = [];
  const kept = new Answers(["a"], true);
  const service = (name: string) => ({ send: ({ type }: { type: string }) => note(`${name}: ${type}`) });
  const feeder = { committed: () => note("feeder") };
  const scope = {
    tally: { add: () => note("tally") },
    book: openBook({ cost: () => 0, costOf: () => 0 }),
    answers: kept,
    facts: ({ type }: { type: string }) => note(type),
    executor: { stored: () => note("executor") },
    limits: { maxParallel: 1, ...(maxTotal === undefined ? {} : { maxTotal }) },
    service,
    pools: new Map([[{}, feeder]]),
    run: { send: ({ request }: { request: { reason: string } }) => void stops.push(request.reason) },
  };
  const listeners: CommitListeners = {
    telemetry: { stored: () => note("telemetry") } as unknown as CommitListeners["telemetry"],
    deadLetters: { write: () => note("dead letters"), close: () => {} } as CommitListeners["deadLetters"],
    metrics: {
      see: () => {
        note("metrics");
        return answers.metrics;
      },
    },
    early: {
      see: () => {
        note("early stop");
        return answers.early === undefined ? undefined : { status: "stopped_early", reason: answers.early };
      },
    },
  };
  const committed = onCommit(scope as unknown as RunScope, listeners);
  return {
    stops,
    answers: kept,
    committed: (rows: readonly Outcome[]) => {
      committed(rows);
      return log.splice(0);
    },
  };
}

const order = [
  "tally",
  "task.settled",
  "executor",
  "telemetry",
  "dead letters",
  "metrics",
  "early stop",
  "breaker: outcomes.stored",
  "progress: outcomes.stored",
  "feeder",
];

describe("onCommit", () => {
  it("tells what others decide on first, feeders last", () => {
    expect(hearers().committed([ended(0)])).toEqual(order);
  });

  it("keeps no answer of a task that has a row", () => {
    const { committed, answers } = hearers();
    answers.add(answer(0));
    answers.add(answer(1));
    committed([ended(0)]);
    expect([answers.get(0), answers.get(1)]).toEqual([undefined, answer(1)]);
  });

  it("tells one listener of all rows before it tells the next", () => {
    const log = hearers().committed([ended(0), ended(1)]);
    expect(log.filter((line) => ["tally", "task.settled", "executor"].includes(line))).toEqual([
      "tally",
      "tally",
      "task.settled",
      "task.settled",
      "executor",
    ]);
  });

  it.each([
    [{}, []],
    [{ early: "decided" }, ["decided"]],
    [{ metrics: "misspelt", early: "decided" }, ["misspelt", "decided"]],
  ])("asks the run to stop in the order of the listeners (%o), and tells the rest all the same", (answers, reasons) => {
    const { committed, stops } = hearers(answers);
    expect(committed([ended(0)])).toEqual(order);
    expect(stops).toEqual(reasons);
  });

  it("stops a run with a budget over a call without a price, before anything else may stop it", () => {
    const unpriced = { ...ended(0), usage: { unpriced: 1 } } as unknown as Outcome;
    const { committed, stops } = hearers({ early: "decided" }, 5);
    committed([unpriced]);
    expect(stops).toEqual([
      expect.stringContaining("costBudget cannot be kept: the calls of a have no price"),
      "decided",
    ]);
    const free = hearers();
    free.committed([unpriced]);
    expect(free.stops).toEqual([]);
  });
});
