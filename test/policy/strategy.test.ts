import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endsSupervisor, type Member, restartPass, type Strategy, stopOrder } from "#src/policy/strategy";

const ids = (members: readonly Member[]): string[] => members.map(({ id }) => id);
/** The pass that the member with an id causes, by ids. */
function passOf(strategy: Strategy, members: readonly Member[], culprit: string) {
  const { stop, start } = restartPass(strategy, () => members, members.find(({ id }) => id === culprit)!);
  return { stop: ids(stop), start: ids(start) };
}

const member = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  restart: "permanent",
  significant: false,
  state: "alive",
  ...more,
});
const group = [member("a"), member("b", { state: "stopped" }), member("c"), member("d")];

describe("the pass that a failing `b` causes", () => {
  it("concerns b alone: one_for_one", () =>
    expect(passOf("one_for_one", group, "b")).toEqual({ stop: [], start: ["b"] }));
  it("concerns everyone: one_for_all", () =>
    expect(passOf("one_for_all", group, "b")).toEqual({
      stop: ["d", "c", "a"],
      start: ["a", "b", "c", "d"],
    }));
  it("concerns b and those after it: rest_for_one", () =>
    expect(passOf("rest_for_one", group, "b")).toEqual({ stop: ["d", "c"], start: ["b", "c", "d"] }));

  it("revives members that had no process", () => {
    const withDown = [member("a", { state: "stopped" }), ...group.slice(1)];
    expect(passOf("one_for_all", withDown, "b").start).toContain("a");
  });

  it("stops temporary siblings permanently", () => {
    const withTemporary = [member("a", { restart: "temporary" }), ...group.slice(1)];
    expect(passOf("one_for_all", withTemporary, "b")).toEqual({
      stop: ["d", "c", "a"],
      start: ["b", "c", "d"],
    });
  });
});

describe("any pass", () => {
  const members = fc
    .array(
      fc.record({
        restart: fc.constantFrom("permanent", "transient", "temporary"),
        state: fc.constantFrom("alive", "stopped", "restarting"),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((all) => all.map((more, i) => member(String(i), more as Partial<Member>)));
  const strategies = fc.constantFrom<Strategy>("one_for_one", "one_for_all", "rest_for_one");

  it("stops backwards, starts forwards, starts the culprit, and never a temporary sibling", () =>
    fc.assert(
      fc.property(strategies, members, fc.nat(), (strategy, all, n) => {
        const culprit = all[n % all.length]!.id;
        const { stop, start } = passOf(strategy, all, culprit);
        expect([...stop].map(Number)).toEqual([...stop].map(Number).sort((a, b) => b - a));
        expect([...start].map(Number)).toEqual([...start].map(Number).sort((a, b) => a - b));
        expect(start).toContain(culprit);
        expect(stop).not.toContain(culprit);
        for (const id of start) if (id !== culprit) expect(all[Number(id)]!.restart).not.toBe("temporary");
      }),
    ));
});

it("stops members with a process, last started first", () => expect(ids(stopOrder(group))).toEqual(["d", "c", "a"]));

describe("the end of a significant child", () => {
  const ended = { significant: true };
  it("ends nothing by default", () => expect(endsSupervisor("never", ended, [])).toBe(false));
  it("ends the supervisor at once: any_significant", () =>
    expect(endsSupervisor("any_significant", ended, group)).toBe(true));
  it("ends nothing if it was not significant", () =>
    expect(endsSupervisor("any_significant", { significant: false }, [])).toBe(false));

  it("waits for the other significant ones, those that restart included: all_significant", () => {
    const other = (state: Member["state"]) => [member("x", { significant: true, state })];
    expect(endsSupervisor("all_significant", ended, other("alive"))).toBe(false);
    expect(endsSupervisor("all_significant", ended, other("restarting"))).toBe(false);
    expect(endsSupervisor("all_significant", ended, other("stopped"))).toBe(true);
  });
});
