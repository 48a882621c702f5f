import { describe, expect, it } from "vitest";
import { type AutoShutdown, exitOf, isAlive, shutdown, supervisor, terminateChild } from "#supervisors/otp/index";
import { find } from "../support.ts";
import { booted, child, ends } from "./booted.ts";

type How = keyof typeof ends;
const hows = Object.keys(ends) as How[];
const modes: AutoShutdown[] = ["never", "any_significant", "all_significant"];
const isNormalEnd = (how: How): boolean => how !== "crash" && how !== "kill";

describe("supervisor_SUITE: significant children", () => {
  it.each(["temporary", "transient"] as const)(
    "nonsignificant_%s: whatever ends, in whatever way, in whatever mode, the supervisor lives",
    async (restart) => {
      for (const autoShutdown of modes)
        for (const how of hows) {
          const { root, end } = booted({ autoShutdown, intensity: 9, children: [child("a", { restart })] });
          await end("a", ends[how]);
          expect(isAlive(root), `${autoShutdown} ${how}`).toBe(true);
        }
    },
  );

  it.each(["temporary", "transient"] as const)(
    "significant_%s: its end ends the supervisor, a restart or terminateChild does not",
    async (restart) => {
      for (const how of hows) {
        const children = [child("a", { restart, significant: true }), child("b", { restart, significant: true })];
        const any = booted({ autoShutdown: "any_significant", intensity: 9, children });
        const b = any.of("b");
        await any.end("a", ends[how]);
        const ended = restart === "temporary" || isNormalEnd(how);
        expect([exitOf(any.root), isAlive(b)], how).toEqual(ended ? [shutdown(), false] : [undefined, true]);
        const all = booted({ autoShutdown: "all_significant", intensity: 9, children });
        await all.end("a", ends[how]);
        expect(isAlive(all.root), how).toBe(true);
        await all.end("b", ends[how]);
        expect(isAlive(all.root), how).toBe(!ended);
      }
      const children = [child("a", { restart, significant: true })];
      for (const autoShutdown of ["any_significant", "all_significant"] as const) {
        const { root } = booted({ autoShutdown, children });
        await terminateChild(root, "a");
        expect(isAlive(root)).toBe(true);
      }
    },
  );

  it.each(["one_for_all", "rest_for_one"] as const)(
    "significant_bystander: those that %s stops do not count",
    async (strategy) => {
      for (const autoShutdown of ["any_significant", "all_significant"] as const) {
        const bystander = child("b", { restart: "temporary", significant: true });
        const { root, end } = booted({ strategy, autoShutdown, children: [child("a"), bystander] });
        await end("a", ends.crash);
        expect(isAlive(root)).toBe(true);
      }
    },
  );

  it("significant_escalation: a supervisor that is significant hands its own end on", async () => {
    const inner = supervisor({
      onFact: null,
      autoShutdown: "any_significant",
      children: [child("a", { restart: "transient", significant: true })],
    });
    const { root, clock } = booted({
      autoShutdown: "any_significant",
      children: [child("inner", { start: inner, restart: "transient", significant: true }), child("other")],
    });
    find(root, "a").send({ type: "finish" });
    await clock.advance(0);
    expect(exitOf(root)).toEqual(shutdown());
  });
});
