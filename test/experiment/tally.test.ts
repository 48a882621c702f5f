import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineExperiment } from "#src/experiment/define";
import { account, type FinalStatus, type Outcome } from "#src/experiment/outcome";
import { makePlan } from "#src/experiment/plan";
import { summarizeOutcomes } from "#src/experiment/store-summary";
import { makeTally } from "#src/experiment/tally";

fc.configureGlobal({ seed: 42 });

const plan = makePlan(
  defineExperiment({
    name: "x",
    dataset: [1],
    conditions: ["a", "b"].map((name) => ({ name, run: () => 1 })),
    metrics: ["value"],
    repeat: 2,
  }),
  Array.from({ length: 5 }, (_, i) => ({ id: `q${i}`, row: i })),
);
const statuses: readonly FinalStatus[] = [
  "success",
  "unscored",
  "skipped",
  "failed_permanent",
  "failed_retries_exhausted",
];

/** Any rows that a run may hand over, some of them twice. */
const rows = fc.array(
  fc
    .record({
      ordinal: fc.nat(plan.size - 1),
      finalStatus: fc.constantFrom(...statuses),
      attempts: fc.integer({ min: 1, max: 4 }),
      cost: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
    })
    .map(({ cost, ...row }): Outcome => {
      const { condition, item, repeat } = plan.task(row.ordinal);
      const rest = { metrics: {}, retryDelaysMs: [], errorHistory: [], elapsedMs: 1, startedAt: 0, worker: "inline" };
      return { ...row, condition, itemId: item.id, repeat, ...rest, ...(cost === undefined ? {} : { cost }) };
    }),
  { maxLength: 40 },
);
/** The rows that count: the first of each ordinal. */
const firsts = (all: readonly Outcome[]) =>
  all.filter((row, i) => all.findIndex((o) => o.ordinal === row.ordinal) === i);
const tallyOf = (all: readonly Outcome[], recentRows = 4) => {
  const tally = makeTally(plan, recentRows);
  for (const row of all) tally.add(row);
  return tally;
};

describe("a tally", () => {
  it("conserves tasks: planned = succeeded + failed + skipped + unscored + pending, whatever comes, also twice", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const { planned, succeeded, failed, skipped, unscored, pending } = tallyOf(all).accounting();
        expect(planned).toBe(plan.size);
        expect(succeeded + failed + skipped + unscored + pending).toBe(planned);
        expect(tallyOf(all).accounting()).toEqual(account(plan.size, firsts(all)));
      }),
    );
  });

  it("adds up per condition to what it is as a whole", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const tally = tallyOf(all);
        for (const [name, own] of tally.conditions) {
          const counted = firsts(all).filter(({ condition }) => condition === name);
          expect(own.planned).toBe(plan.perCondition);
          expect(own.succeeded + own.failed + own.skipped + own.unscored).toBe(counted.length);
          expect(own.retries).toBe(counted.reduce((sum, { attempts }) => sum + attempts - 1, 0));
          expect(own.cost).toBe(counted.reduce((sum, { cost }) => sum + (cost ?? 0), 0));
        }
        expect(tally.cost()).toBe(firsts(all).reduce((sum, { cost }) => sum + (cost ?? 0), 0));
        expect(tally.finished.count).toBe(firsts(all).length);
      }),
    );
  });

  it("remembers the last rows, oldest first", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 6 }), (all, recentRows) => {
        const remembered = tallyOf(all, recentRows).recent();
        expect(remembered).toEqual(
          firsts(all)
            .slice(-recentRows)
            .map(({ finalStatus }) => ({ finalStatus })),
        );
      }),
    );
  });

  it("is the same when it is built again from where its rows leave it: a restart loses nothing", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 6 }), (all, recentRows) => {
        const ended = firsts(all).map((row, i) => ({ ...row, startedAt: i }));
        const byOrdinal = [...ended].sort((a, b) => a.ordinal - b.ordinal);
        const live = tallyOf(ended, recentRows);
        const rebuilt = makeTally(plan, recentRows, summarizeOutcomes(byOrdinal, recentRows));
        expect(rebuilt.accounting()).toEqual(live.accounting());
        expect([...rebuilt.conditions]).toEqual([...live.conditions]);
        expect(rebuilt.recent()).toEqual(live.recent());
        for (let ordinal = 0; ordinal < plan.size; ordinal++)
          expect(rebuilt.finished.has(ordinal)).toBe(live.finished.has(ordinal));
      }),
    );
  });
});
