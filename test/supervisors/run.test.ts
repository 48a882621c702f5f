import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import type { Fact } from "#actors/messages";
import type { StopRequest } from "#src/experiment/session";
import { manualClock } from "#src/testing/manual-clock";
import { type RunEnding, runMachine } from "#supervisors/run";

/** A run without tasks, whose steps end when the test says so. */
function runOf(steps: { ready?: { stop?: StopRequest }; refuses?: Error; breaks?: Error } = {}) {
  const facts: Fact[] = [];
  const endings: RunEnding[] = [];
  const actor = createActor(runMachine, {
    clock: manualClock(),
    systemId: "run",
    input: {
      facts: (fact) => void facts.push(fact),
      prepare: async () => {
        if (steps.refuses) throw steps.refuses;
        return steps.ready ?? {};
      },
      conclude: async (ending) => {
        const { stop, exhausted } = ending();
        endings.push({ stop, exhausted });
        if (steps.breaks) throw steps.breaks;
        return "the report";
      },
      note: () => {},
    },
  });
  const ended = new Promise<unknown>((complete, error) =>
    actor.subscribe({ complete: () => complete(actor.getSnapshot().output), error }),
  );
  return { actor: actor.start(), facts, endings, ended };
}

const stop = (reason: string): { type: "run.stop"; request: StopRequest } => ({
  type: "run.stop",
  request: { status: "interrupted", reason },
});

describe("runMachine", () => {
  it("analyses at once where nothing is left to run, and ends with the report", async () => {
    const { actor, ended, endings } = runOf();
    expect(actor.getSnapshot().value).toBe("preparing");
    expect(await ended).toEqual({ report: "the report" });
    expect([actor.getSnapshot().value, endings]).toEqual(["ended", [{ stop: undefined, exhausted: undefined }]]);
  });

  it("keeps why it was to stop before it was prepared: the first reason, said once", async () => {
    const { actor, ended, endings, facts } = runOf({ ready: { stop: { status: "stopped_early", reason: "third" } } });
    actor.send(stop("first"));
    actor.send(stop("second"));
    actor.send({ type: "run.abort", reason: "fourth" });
    await ended;
    expect(endings).toMatchObject([{ stop: { status: "interrupted", reason: "first" } }]);
    expect(facts).toEqual([{ type: "run.stopping", status: "interrupted", reason: "first" }]);
  });

  it("ends with the error of a step that failed, and does not analyse what was refused", async () => {
    const refused = new Error("a wrong option");
    const broken = new Error("the store is full");
    const refuses = runOf({ refuses: refused });
    expect([await refuses.ended, refuses.endings]).toEqual([{ error: refused }, []]);
    expect(await runOf({ breaks: broken }).ended).toEqual({ error: broken });
  });

  it("heeds neither a pause nor a spent budget before it has a tree", async () => {
    const { actor, ended, facts } = runOf();
    actor.send({ type: "run.pause" });
    actor.send({ type: "run.resume" });
    actor.send({ type: "budget.exhausted", limit: "run", condition: "a" });
    expect([actor.getSnapshot().value, facts]).toEqual(["preparing", []]);
    await ended;
  });
});
