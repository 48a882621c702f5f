import { defineExperiment, type ExperimentInput } from "crucible-harness";
import { scripted } from "crucible-harness/backends";
import { exact } from "crucible-harness/scoring";
import { basicAgent, generate, type Solver, tool } from "crucible-harness/solver";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { withConditions } from "#src/experiment/chosen";
import { describe as describeExperiment } from "#src/experiment/describe";
import { refuseAimless } from "#src/experiment/fault-levels";
import { makePlan } from "#src/experiment/plan";

const search = tool({ name: "search", parameters: z.object({}), execute: () => "found" });
const agent = (name: string, solver: Solver = basicAgent({ tools: [search] })) => ({
  name,
  solver,
  scorers: [exact()],
  backend: scripted([], { name: "desk" }),
});
const slow = { target: "tool:search", fault: "delay", probability: 0.5 } as const;
const levels = { clean: [], slowTools: [slow], lyingTools: [{ target: "tool:sea*", fault: "corrupt" } as const] };
type Given = Partial<Omit<ExperimentInput, "conditions" | "faults">> & { conditions?: object[]; faults?: unknown };
const define = ({ faults = levels, ...more }: Given = {}) =>
  defineExperiment({
    name: "faulted",
    dataset: [{ id: "q1", input: "where?", target: "here", notes: { page: "one" } }],
    conditions: [agent("model a"), agent("model b")],
    metrics: ["accuracy"],
    faults,
    ...more,
  } as never);

describe("levels of faults", () => {
  it("cross the conditions: each meets every level, under a name that says so, and keeps its factors", () => {
    const { conditions } = define({ conditions: [{ ...agent("model a"), factors: { size: 7 } }, agent("model b")] });
    expect(conditions.map(({ name }) => name)).toEqual([
      "model a @ clean",
      "model a @ slowTools",
      "model a @ lyingTools",
      "model b @ clean",
      "model b @ slowTools",
      "model b @ lyingTools",
    ]);
    expect(conditions[1]).toMatchObject({
      factors: { size: 7, faults: "slowTools" },
      faults: { level: "slowTools", of: "model a", rules: [slow] },
    });
  });

  it("make as many tasks more, and stand with their rules in what is stored and locked", () => {
    const experiment = define();
    expect(makePlan(experiment, [{ id: "q1", row: {} }]).size).toBe(6);
    expect(describeExperiment(experiment).conditions[4]!.faults).toEqual({
      level: "slowTools",
      of: "model b",
      rules: [slow],
    });
  });

  it("count a task that failed as lost, unless the experiment says otherwise", () => {
    expect(define().statisticalAnalysis.failedAs).toBe(0);
    expect(define({ statisticalAnalysis: { failedAs: "missing" } }).statisticalAnalysis.failedAs).toBe("missing");
    expect(define({ faults: undefined as never, conditions: [agent("a")] }).conditions).toHaveLength(3);
  });

  it("can be left out of a run by name, as conditions can, and referred to", () => {
    const chosen = withConditions(define({ statisticalAnalysis: { baseline: "model a @ clean" } }), ["model a @ *"]);
    expect(chosen.conditions.map(({ faults }) => faults?.level)).toEqual(["clean", "slowTools", "lyingTools"]);
    expect(define({ statisticalAnalysis: { pairs: { within: "faults" } } }).conditions).toHaveLength(6);
    expect(() => define({ statisticalAnalysis: { baseline: "model a" } })).toThrow("must be the name of a condition");
    const sequential = { alpha: 0.05, method: "e_value" } as const; // one condition is several, each compared with itself
    expect(define({ conditions: [agent("alone")], statisticalAnalysis: { sequential } }).conditions).toHaveLength(3);
  });

  it.each<[string, Given, string]>([
    ["no clean level", { faults: { slow: [slow] } }, "faults must have a level without rules"],
    ["two clean levels", { faults: { a: [], b: [], slow: [slow] } }, "faults must have one level without rules"],
    ["only a clean level", { faults: { clean: [] } }, "faults must have a level with rules beside"],
    [
      "two levels of one name",
      { faults: { clean: [], slow: [slow], " slow": [slow] } },
      'two levels of the name "slow"',
    ],
    [
      "a level that an object cannot keep",
      { faults: JSON.parse('{ "clean": [], "slow": [], "__proto__": [] }') },
      "faults must not have a level of the name __proto__",
    ],
    ["a level without a name", { faults: { clean: [], " ": [slow] } }, "faults must have a name for each level"],
    [
      "an unknown target",
      { faults: { clean: [], slow: [{ ...slow, target: "tol:search" }] } },
      "faults.slow[0].target must begin with one of tool, scorer, backend, rows, actor",
    ],
    [
      "an unknown tool",
      { faults: { clean: [], slow: [{ ...slow, target: "tool:serch" }] } },
      'faults.slow[0].target must be aimed at a tool that some condition has, got "tool:serch". Did you mean "search"?',
    ],
    [
      "a tool, where no condition has any",
      { conditions: [agent("plain", generate())] },
      'faults.slowTools[0].target must be aimed at a tool that some condition has, got "tool:search". No condition has a tool',
    ],
    [
      "an unknown scorer",
      { faults: { clean: [], bad: [{ target: "scorer:exakt", fault: "error" }] } },
      'aimed at a scorer that some condition has, got "scorer:exakt". Did you mean "exact"?',
    ],
    [
      "a tool, where conditions are functions",
      { conditions: [{ name: "f", run: () => 1 }] },
      "faults.slowTools[0].target is for conditions with a solver, and there is none",
    ],
    [
      "a rule behind one that always strikes",
      { faults: { clean: [], bad: [{ target: "tool:search", fault: "delay" }, slow] } },
      "faults.bad[1] can never strike: faults.bad[0] strikes every call of tool:search before it",
    ],
    [
      "a probability above 1",
      { faults: { clean: [], slow: [{ ...slow, probability: 1.5 }] } },
      "faults.slow[0].probability must be",
    ],
    [
      "both at and probability",
      { faults: { clean: [], slow: [{ ...slow, at: 1 }] } },
      "faults.slow[0] must have at or probability, not both",
    ],
    [
      "a fault that its target cannot have",
      { faults: { clean: [], bad: [{ target: "scorer:exact", fault: "storm" }] } },
      "faults.bad[0].fault must be one of timeout, error, delay, drop, corrupt for scorer",
    ],
    [
      "an option of another fault",
      { faults: { clean: [], slow: [{ ...slow, status: 500 }] } },
      "faults.slow[0].status must be absent for delay: it is for error",
    ],
    [
      "rows without a field",
      { faults: { clean: [], bad: [{ target: "rows", fault: "drop" }] } },
      "faults.bad[0].target must name the fields of the rows",
    ],
    [
      "an actor that is shared",
      { faults: { clean: [], bad: [{ target: "actor:services/collector", fault: "crash" }] } },
      "faults.bad[0].target must be an actor of one condition (worker, tasks, condition): services/collector is shared by all, those without faults too. Inject that into the whole run: faults(), or --faults",
    ],
    [
      "a pattern that means a shared actor too",
      { faults: { clean: [], bad: [{ target: "actor:**", fault: "crash" }] } },
      "faults.bad[0].target must be an actor of one condition (worker, tasks, condition): run is shared by all",
    ],
    [
      "an actor of one condition alone",
      { faults: { clean: [], bad: [{ target: "actor:conditions/model a*/tasks/*", fault: "crash" }] } },
      "faults.bad[0].target must have * for the condition in its path, since every condition meets every level",
    ],
    [
      "an actor that there is not",
      { faults: { clean: [], bad: [{ target: "actor:wroker", fault: "crash" }] } },
      "faults.bad[0].target must be an actor of one condition: worker, tasks, condition, or a path such as conditions/*/tasks/*",
    ],
    [
      "chance for a pool",
      { faults: { clean: [], bad: [{ target: "actor:tasks", fault: "crash", probability: 0.5 }] } },
      "faults.bad[0].probability must be absent for tasks, which crashes as an attempt ends in its condition: at: 3",
    ],
    [
      "more crashes than a pool bears",
      { faults: { clean: [], bad: [{ target: "actor:tasks", fault: "crash", at: [1, 2, 3, 4] }] } },
      "faults.bad[0].at must have 3 numbers at most, since what crashes more often is given up",
    ],
    [
      "more crashes than conditions bear together",
      { faults: { clean: [], bad: [{ target: "actor:condition", fault: "crash", at: [1, 2, 3] }] } },
      "faults.bad[0].target must not make conditions crash more than 5 times in all (here 6)",
    ],
    [
      "a condition whose first crash ends the run",
      {
        faults: { clean: [], bad: [{ target: "actor:condition", fault: "crash" }] },
        config: { onConditionFailure: "abort" },
      },
      'faults.bad[0].target must not be a condition under onConditionFailure: "abort"',
    ],
    [
      "a number of a call for rows",
      { faults: { clean: [], bad: [{ target: "rows:notes", fault: "drop", at: 2 }] } },
      "faults.bad[0].at must be absent for rows, which strikes an item as a whole",
    ],
    ["a misspelt option", { faults: { clean: [], slow: [{ ...slow, forms: 5 }] } }, 'Did you mean "forMs"?'],
    [
      "a factor of the same name",
      { conditions: [{ ...agent("a"), factors: { faults: "x" } }] },
      "conditions[0].factors.faults is the name of the factor that `faults` makes",
    ],
    ["rules that are no list", { faults: { clean: [], slow: slow } }, "faults.slow must be"],
  ])("are refused in a sentence: %s", (_, given, sentence) => {
    expect(() => define(given)).toThrow(sentence);
  });

  it("may be aimed at tools that a solver of one's own makes", () => {
    const own: Solver = (state) => state;
    expect(define({ conditions: [agent("own", own)] }).conditions).toHaveLength(3);
  });

  it("are refused before the first task where no row has the field, and no condition the backend", () => {
    const aimedAt = (target: string) => define({ faults: { clean: [], bad: [{ target, fault: "corrupt" }] } });
    const items = [{ row: { input: "where?", notes: { page: "one" } } }];
    const refuse = (target: string) => () => refuseAimless(aimedAt(target), items, undefined);
    expect(refuse("rows:notes.pag")).toThrow(
      'faults.bad[0].target must be aimed at a field that some row has, got "rows:notes.pag". Did you mean "notes.page"?',
    );
    expect(refuse("backend:dask")).toThrow(
      'must be aimed at a backend that some condition has, got "backend:dask". Did you mean "desk"?',
    );
    for (const right of ["rows:notes.page", "rows:*.page", "backend", "backend:d*"])
      expect(refuse(right)).not.toThrow();
  });
});
