import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import {
  type ChildSpec,
  checkChildSpecs,
  dynamicSupervisor,
  exitOf,
  getChildSpec,
  restartChild,
  type Strategy,
  shutdown,
  startChild,
  supervisor,
  terminateChild,
  whichChild,
} from "#supervisors/otp/index";
import { find, must, worker } from "./support.ts";

const quiet = { clock: manualClock(), logger: () => {} };
const start = (children: readonly ChildSpec[]) => createActor(supervisor({ children }), quiet).start();
const startPool = (more: object = {}) =>
  createActor(dynamicSupervisor<object>({ start: worker, ...more }), quiet).start();

describe("getChildSpec", () => {
  it("shows a spec with all that was left open, by id or by actor", async () => {
    const root = start([
      { id: "a", start: worker, name: "a" },
      { id: "b", start: supervisor({ children: [] }) },
    ]);
    const expected = {
      id: "a",
      start: worker,
      restart: "permanent",
      significant: false,
      shutdown: 5000,
      type: "worker",
    };
    expect(must(await getChildSpec(root, "a"))).toMatchObject(expected);
    expect(must(await getChildSpec(root, find(root, "a")))).toMatchObject(expected);
    expect(must(await getChildSpec(root, "b"))).toMatchObject({ shutdown: "infinity", type: "supervisor" });
    expect(await getChildSpec(root, "c")).toEqual({ ok: false, error: "not_found" });
  });

  it("shows the template of a dynamic child, by its actor", async () => {
    const pool = startPool({ restart: "transient", shutdownMs: 7 });
    const actor = must(await startChild(pool, {}))!;
    expect(must(await getChildSpec(pool, actor))).toMatchObject({ restart: "transient", shutdown: 7, start: worker });
    expect(await getChildSpec(pool, "a")).toEqual({ ok: false, error: "not_found" });
  });
});

describe("whichChild (OTP 28)", () => {
  it("is the child's line of whichChildren", async () => {
    const root = start([{ id: "a", start: worker, name: "a" }]);
    const actor = find(root, "a");
    expect(must(await whichChild(root, "a"))).toMatchObject({ id: "a", state: "alive", actor, type: "worker" });
    await terminateChild(root, "a");
    expect(must(await whichChild(root, "a"))).toMatchObject({ state: "stopped", actor: undefined });
    expect(await whichChild(root, "b")).toEqual({ ok: false, error: "not_found" });
    const pool = startPool();
    const instance = must(await startChild(pool, {}))!;
    expect(must(await whichChild(pool, instance))).toMatchObject({ id: undefined, state: "alive", actor: instance });
    expect(await whichChild(pool, actor)).toEqual({ ok: false, error: "not_found" });
  });
});

describe("checkChildSpecs", () => {
  const good = { id: "a", start: worker };
  it.each<[string, unknown, unknown, unknown]>([
    ["good specs", [good, { ...good, id: "b" }], undefined, undefined],
    ["an id twice", [good, good], undefined, { duplicate_child_name: "a" }],
    ["no id", [{ start: worker }], undefined, "missing_id"],
    ["no start", [{ id: "a" }], undefined, "missing_start"],
    ["no spec", ["a"], undefined, { invalid_child_spec: "a" }],
    ["no list", "a", undefined, { badarg: "a" }],
    ["an unknown mode", [good], "some", { badarg: "some" }],
    [
      "a significant child where the mode is not given",
      [{ ...good, restart: "transient", significant: true }],
      undefined,
      undefined,
    ],
    [
      "a significant child under never",
      [{ ...good, restart: "transient", significant: true }],
      "never",
      { bad_combination: [{ auto_shutdown: "never" }, { significant: true }] },
    ],
    [
      "a significant permanent child",
      [{ ...good, significant: true }],
      "any_significant",
      { bad_combination: [{ restart: "permanent" }, { significant: true }] },
    ],
  ])("answers as check_childspecs: %s", (_, specs, mode, reason) => {
    const answer = checkChildSpecs(specs as never, mode as never);
    expect(answer.ok ? undefined : answer.error.reason).toEqual(reason);
  });
});

describe("{ok, Pid, Info}", () => {
  it("hands what a start function adds to the caller of startChild and restartChild", async () => {
    const root = start([]);
    const spec: ChildSpec = { id: "a", start: () => ({ logic: worker, info: { port: 80 } }) };
    expect(await startChild(root, spec)).toMatchObject({ ok: true, info: { port: 80 } });
    await terminateChild(root, "a");
    expect(await restartChild(root, "a")).toMatchObject({ ok: true, info: { port: 80 } });
    const pool = startPool({ start: () => ({ logic: worker, info: "extra" }) });
    expect(await startChild(pool, {})).toMatchObject({ ok: true, info: "extra" });
  });
});

describe("a name that is taken by an actor outside", () => {
  it("fails the start with its holder, at the boot, by startChild and by restartChild", async () => {
    const outside = { id: "outside", start: worker, name: "taken" };
    const root = start([outside]);
    const holder = find(root, "taken");
    const wanted = { id: "b", start: worker, name: "taken" };
    expect(await startChild(root, wanted)).toEqual({ ok: false, error: { already_started: holder } });
    const inner = await startChild(root, { id: "inner", start: supervisor({ children: [wanted] }) });
    const reason = { failed_to_start_child: "b", reason: { already_started: holder } };
    expect(inner).toEqual({ ok: false, error: { start_failed: shutdown(reason) } });
  });
});

describe("autoShutdown of a dynamic supervisor", () => {
  it.each(["any_significant", "all_significant"] as const)(
    "is refused as by OTP 27, unless OTP 25 is asked for: %s",
    (mode) => {
      const template = { start: worker, restart: "transient", significant: true, autoShutdown: mode } as const;
      const reason = {
        supervisor_data: { bad_combination: [{ auto_shutdown: mode }, { strategy: "simple_one_for_one" }] },
      };
      expect(exitOf(startPool(template))).toMatchObject({ kind: "crash", error: { reason } });
      expect(exitOf(startPool({ ...template, otpRelease: 25 }))).toBeUndefined();
    },
  );
});

describe("what a temporary child was started with", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  /** Starts a child with a closure over an object, and says whether that object can be collected while the child lives. */
  async function isForgotten(begin: (held: object) => Promise<AnyActorRef>): Promise<boolean> {
    const held = await (async () => {
      const object = { big: new Array(1000).fill(0) };
      const actor = await begin(object);
      return { object: new WeakRef(object), actor };
    })();
    const isGone = (): boolean => held.object.deref() === undefined;
    for (let i = 0; i < 3 && !isGone(); i++) {
      await new Promise((resolve) => setImmediate(resolve)); // who has looked at it holds it until then
      collect();
    }
    expect(exitOf(held.actor)).toBeUndefined();
    return isGone();
  }

  it.each<Strategy>(["one_for_one", "one_for_all", "rest_for_one"])("is not kept: %s", async (strategy) => {
    const root = createActor(supervisor({ strategy, children: [] }), quiet).start();
    const child = (restart: "temporary" | "permanent") => (held: object) =>
      startChild(root, { id: restart, restart, start: () => (held ? { logic: worker } : "ignore") }).then(
        must,
      ) as Promise<AnyActorRef>;
    expect(await isForgotten(child("temporary"))).toBe(true);
    expect(await isForgotten(child("permanent"))).toBe(false); // the test sees what is kept
  });

  it("is not kept: dynamic", async () => {
    const startIn = (restart: string) => {
      const pool = startPool({ restart, start: () => ({ logic: worker }) });
      return (held: object) => startChild(pool, held).then(must) as Promise<AnyActorRef>;
    };
    expect(await isForgotten(startIn("temporary"))).toBe(true);
    expect(await isForgotten(startIn("transient"))).toBe(false);
  });
});
