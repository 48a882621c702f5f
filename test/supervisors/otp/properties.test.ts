import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draws } from "../../runs.ts";
import type { Child, Path, Scenario, Step, TraceEvent } from "./recording.ts";
import { replay } from "./replay.ts";

/** Random trees of workers and supervisors up to three levels deep, without time: the period is an hour. */
const arbitraryTree = fc.letrec<{ worker: Child; supervisor: Child }>((tie) => ({
  worker: fc.record({
    id: fc.constant(""),
    restart: fc.constantFrom("permanent", "transient", "temporary"),
    stop: fc.constantFrom("obey", "trap", "exit_crash", "exit_normal") as fc.Arbitrary<NonNullable<Child["stop"]>>,
    start: fc
      .array(fc.constantFrom("ok", "ok", "ok", "ignore", "error"), { maxLength: 4 })
      .map((later) => ["ok", ...later]) as fc.Arbitrary<NonNullable<Child["start"]>>,
  }),
  supervisor: fc.record({
    id: fc.constant(""),
    type: fc.constant("supervisor"),
    restart: fc.constantFrom("permanent", "transient", "temporary"),
    sup: fc.record({
      strategy: fc.constantFrom("one_for_one", "one_for_all", "rest_for_one"),
      intensity: fc.nat(3),
      period: fc.constant(3600),
    }),
    children: fc.array(fc.oneof({ maxDepth: 2, withCrossShrink: true }, tie("worker"), tie("supervisor")), {
      maxLength: 4,
    }),
  }),
})).supervisor;

const named = (child: Child, id = "root"): Child => ({
  ...child,
  id,
  ...(child.children && { children: child.children.map((below, i) => named(below, `${id}.${i}`)) }),
});

const pathsOf = (child: Child, path: Path = []): Path[] => [
  path,
  ...(child.children ?? []).flatMap((below) => pathsOf(below, [...path, below.id])),
];

const arbitraryScenario: fc.Arbitrary<Scenario> = arbitraryTree
  .map((tree) => named(tree))
  .chain((tree) => {
    const exits = fc.record({
      op: fc.constant("exit" as const),
      path: fc.constantFrom(...pathsOf(tree)),
      reason: fc.constantFrom("normal", "shutdown", "crash", "kill"),
    });
    return fc.array(exits as fc.Arbitrary<Step>, { maxLength: 8 }).map((steps) => ({
      id: "random",
      tree,
      steps: [...steps, { op: "stop" as const }],
      trace: [],
      final: { root: "dead", tree: null, orphans: [] } as const,
    }));
  }) as fc.Arbitrary<Scenario>;

const isDirect = (parent: Path, event: TraceEvent): boolean =>
  event.path?.length === parent.length + 1 && parent.every((id, i) => event.path?.[i] === id);
const isEnd = ({ ev }: TraceEvent): boolean => ev === "terminated" || ev === "supervisor_exit";
const lifeOf = ({ path, n }: TraceEvent): string => JSON.stringify([path, n]);
const specAt = (tree: Child, path: Path): Child =>
  path.reduce((child, id) => child.children!.find((below) => below.id === id)!, tree);

describe("any tree, whatever exits", () => {
  const holds = (law: (scenario: Scenario, trace: TraceEvent[]) => void | Promise<void>) =>
    fc.assert(
      fc.asyncProperty(arbitraryScenario, async (scenario) => {
        const { trace, final } = await replay(scenario);
        expect(final.orphans).toEqual([]);
        await law(scenario, trace);
      }),
      draws(25),
    );

  it("leaves no orphan: once the root is stopped, everything that was started has ended, once", () =>
    holds((_, trace) => {
      const started = trace.filter(({ ev, path }) => ev === "started" && path!.length > 0).map(lifeOf);
      const ends = trace.filter(isEnd).map(lifeOf);
      expect(new Set(ends).size).toBe(ends.length);
      expect(started.filter((life) => !ends.includes(life))).toEqual([]);
    }));

  it("never restarts a temporary child: it starts as often as its parent boots", () =>
    holds(({ tree }, trace) => {
      const starts = (ev: string, path: Path) =>
        trace.filter((event) => event.ev === ev && JSON.stringify(event.path) === JSON.stringify(path)).length;
      for (const path of pathsOf(tree).slice(1)) {
        if (specAt(tree, path).restart !== "temporary") continue;
        expect(starts("started", path)).toBeLessThanOrEqual(starts("sup_init", path.slice(0, -1)));
      }
    }));

  it("never exceeds the intensity: no life of a supervisor sees more restarts of one child", () =>
    holds(({ tree }, trace) => {
      for (const path of pathsOf(tree)) {
        const { sup, children = [] } = specAt(tree, path);
        if (!sup) continue;
        const own = trace.filter((event) =>
          event.ev === "sup_init" ? JSON.stringify(event.path) === JSON.stringify(path) : isDirect(path, event),
        );
        const lives: TraceEvent[][] = [];
        for (const event of own) isDirect(path, event) ? lives.at(-1)!.push(event) : lives.push([]);
        for (const life of lives) {
          const restarts = children
            .map(({ id }) => life.filter(({ ev, path: at }) => /^start/.test(ev) && at!.at(-1) === id).length - 1)
            .filter((count) => count > 0);
          const counted =
            sup.strategy === "one_for_one" ? restarts.reduce((sum, count) => sum + count, 0) : Math.max(0, ...restarts);
          expect(counted).toBeLessThanOrEqual(sup.intensity!);
        }
      }
    }));

  it("stops in reverse start order", () =>
    holds(({ tree, steps }, trace) => {
      const last = trace.filter((event) => event.step === steps.length && isEnd(event));
      for (const path of pathsOf(tree)) {
        const order = last
          .filter((event) => isDirect(path, event))
          .map(({ path: at }) => specAt(tree, path).children!.findIndex(({ id }) => id === at!.at(-1)));
        expect(order).toEqual([...order].sort((a, b) => b - a));
      }
    }));

  it("gives the same trace twice", () =>
    holds(async (scenario, trace) => {
      expect((await replay(scenario)).trace).toEqual(trace);
    }));
});
