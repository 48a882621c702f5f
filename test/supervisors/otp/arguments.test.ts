import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { ConfigError } from "#src/kernel/errors";
import * as supervision from "#supervisors/otp/index";
import { worker } from "./support.ts";

type Any = (...args: unknown[]) => unknown;
const { sys, BootError: _, SpecError: __, ...rest } = supervision;
/** Every public function, by name. */
const functions = Object.entries({
  ...rest,
  ...Object.fromEntries(Object.entries(sys).map(([name, fn]) => [`sys.${name}`, fn])),
}).flatMap(([name, fn]) => (typeof fn === "function" ? [[name, fn as Any] as const] : []));

const live = createActor(worker, { logger: () => {} }).start();
live.subscribe({ error: () => {} });
const wrong = [undefined, null, 1, "a", [], {}];

/** What a call throws or rejects with; a generator is asked for its first value. */
async function faultOf(call: () => unknown): Promise<unknown> {
  try {
    const returned = call() as { next?: () => unknown };
    const turn = new Promise((resolve) => setImmediate(resolve)); // some wait for the live actor
    await Promise.race([typeof returned?.next === "function" ? returned.next() : returned, turn]);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("any public function given a wrong argument", () => {
  it.each(functions)("answers as documented or says it in one sentence: %s", async (name, fn) => {
    const calls = [...wrong.map((value) => [value]), ...wrong.map((value) => [live, value, value])];
    for (const args of calls) {
      if (name === "stop" && args.length > 1 && args[1] === undefined) continue; // ends the actor
      const fault = await faultOf(() => fn(...args));
      if (fault === undefined) continue;
      expect(fault, `${name}(${args.map(String)})`).toBeInstanceOf(ConfigError);
      expect((fault as ConfigError).message).toMatch(/^[^\n]{1,160}$/);
    }
  });

  it.each<[string, () => unknown, string]>([
    ["suspend", () => supervision.suspend(undefined as never), "the first argument must be an actor"],
    ["observe", () => supervision.observe({} as never, () => {}), "the first argument must be an actor, got {}"],
    ["guard", () => supervision.guard(live, 5 as never), "the second argument must be a function, got 5"],
    [
      "exit",
      () => supervision.exit(live, "done" as never),
      'the reason must be normal, killed, shutdown(...) or crash(...), got "done"',
    ],
    [
      "printTree",
      () => supervision.printTree(undefined as never),
      "the first argument must be what `tree` answered of a live supervisor",
    ],
    [
      "registry",
      () => supervision.registry({ keys: "uniqe" as never }),
      'keys must be one of unique, duplicate, got "uniqe". Did you mean "unique"?',
    ],
    [
      "mapTasks",
      () => supervision.mapTasks(live, [1], (n) => n, { concurrency: 0 }).next(),
      "concurrency must be a whole number of tasks, 1 or more, got 0",
    ],
    [
      "mapTasks of no iterable",
      () => supervision.mapTasks(live, 5 as never, (n) => n).next(),
      "the second argument must be an iterable, got 5",
    ],
  ])("names the argument and the law: %s", async (_name, call, sentence) => {
    expect(await faultOf(call)).toMatchObject({ message: sentence });
  });
});
