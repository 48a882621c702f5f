import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BreakerOptions, breakerOptions, emptyWindow, remember, shouldOpen } from "#src/policy/breaker";

fc.configureGlobal({ seed: 42 });

const options = (given: Partial<BreakerOptions> = {}): BreakerOptions => breakerOptions.parse(given);
/** The window after some ended tasks, `x` where one failed. */
const after = (tasks: string, given: BreakerOptions) =>
  [...tasks].reduce((window, task) => remember(window, task === "x"), emptyWindow(given));
const opens = (tasks: string, given: Partial<BreakerOptions>, planned = 1000): boolean =>
  shouldOpen(after(tasks, options(given)), options(given), planned);

describe("the circuit", () => {
  it("opens when more than the tolerated share of the window failed", () => {
    const given = { failureWindow: 10, maxFailureRate: 0.2 };
    expect(opens("xx........", given)).toBe(false);
    expect(opens("xxx.......", given)).toBe(true);
  });

  it("stays closed at exactly the tolerated share, whatever share that is", () => {
    for (let failures = 1; failures < 100; failures++) {
      const given = { failureWindow: 100, maxFailureRate: failures / 100 };
      const tasks = "x".repeat(failures) + ".".repeat(100 - failures);
      expect([failures, opens(tasks, given), opens(`.x${tasks.slice(0, -1)}`, given)]).toEqual([failures, false, true]);
    }
  });

  it("never opens at a tolerated share of 1", () => {
    expect(opens("xxxxx", { failureWindow: 5, maxFailureRate: 1 })).toBe(false);
  });

  it("waits for a full window, or for the whole plan where that is smaller", () => {
    expect(opens("xxxx", { failureWindow: 5 })).toBe(false);
    expect(opens("xxxxx", { failureWindow: 5 })).toBe(true);
    expect(opens("xxxx", { failureWindow: 5 }, 4)).toBe(true);
  });

  it("waits for `minimumTasks` where they are given, and then looks at the tasks there are", () => {
    expect(opens("x", { minimumTasks: 2 })).toBe(false);
    expect(opens("xx", { minimumTasks: 2 })).toBe(true);
    expect(opens("x.........", { minimumTasks: 2 })).toBe(false); // 10 % is tolerated
  });

  it("is closed while nothing has ended", () => {
    expect(opens("", { minimumTasks: 1 }, 0)).toBe(false);
  });
});

it("the window counts the failures among the last tasks and forgets all others", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (tasks, failureWindow) => {
      const window = tasks.reduce(remember, emptyWindow(options({ failureWindow })));
      expect(window.failures).toBe(tasks.slice(-failureWindow).filter(Boolean).length);
      expect(window.ended).toBe(tasks.length);
    }),
  );
});
