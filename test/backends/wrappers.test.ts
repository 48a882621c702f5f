import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Backend, backendOf, type Message, type Reply } from "#src/backends/backend";
import { cached, replyFolder } from "#src/backends/cached";
import { ensemble } from "#src/backends/ensemble";
import { hedged } from "#src/backends/hedged";
import { recorded } from "#src/backends/recorded";
import { scripted } from "#src/backends/scripted";
import { failure } from "#src/kernel/failure";
import { manualClock } from "#src/testing/manual-clock";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();
let files = 0;
const newPath = (): string => join(folder, `${files++}`);

const ask = (content: string): readonly Message[] => [{ role: "user", content }];
const usage = { promptTokens: 5, completionTokens: 1, totalTokens: 6 };
const toolTalk = (id: string): readonly Message[] => [
  ...ask("2 + 2?"),
  { role: "assistant", content: "", toolCalls: [{ id, name: "adder", arguments: {} }] },
  { role: "tool", toolCallId: id, content: "4" },
];

describe("scripted", () => {
  it("says its lines in order, and fails when they are out", async () => {
    const backend = scripted([
      "a",
      { content: "b", finishReason: "length" },
      failure("timeout", "late"),
      new Error("oops"),
      () => "c",
    ]);
    expect((await backend.generate([])).content).toBe("a");
    expect((await backend.generate([])).finishReason).toBe("length");
    await expect(backend.generate([])).rejects.toMatchObject({ failure: { kind: "timeout" } });
    await expect(backend.generate([])).rejects.toThrow("oops");
    expect((await backend.generate([])).content).toBe("c");
    await expect(backend.generate([])).rejects.toThrow("the script has 5 replies and was asked for one more");
  });

  it("answers by what the last message contains", async () => {
    const backend = scripted({ "2 + 2": "4", France: "Paris" });
    expect((await backend.generate(ask("Capital of France?"))).content).toBe("Paris");
    await expect(backend.generate(ask("Why?"))).rejects.toThrow('no reply to "Why?"');
  });

  it("takes its time on the clock, and stops when told to", async () => {
    const clock = manualClock();
    const backend = scripted(() => "4", { delayMs: 100, clock });
    const first = backend.generate([]);
    const controller = new AbortController();
    const second = backend.generate([], {}, { signal: controller.signal });
    const stopped = expect(second).rejects.toThrow("stop");
    controller.abort(new Error("stop"));
    await stopped;
    expect(clock.pending).toBe(1);
    await clock.advance(100);
    expect((await first).content).toBe("4");
  });
});

describe("cached", () => {
  const counting = (): { backend: Backend; calls: () => number } => {
    let calls = 0;
    return { backend: scripted(() => ({ content: `${++calls}`, usage, cost: 1 })), calls: () => calls };
  };

  it.each([
    ["in memory", () => undefined],
    ["in a folder", () => replyFolder(newPath())],
  ])("answers an equal request %s, says so, and keeps its usage", async (_, store) => {
    const { backend, calls } = counting();
    const cache = cached(backend, store());
    const first = await cache.generate(ask("x"), { temperature: 0, tools: [] });
    expect(await cache.generate(ask("x"), { tools: [], temperature: 0 })).toEqual({ ...first, cached: true });
    expect(first.cached).toBeUndefined();
    expect(calls()).toBe(1);
  });

  it("asks again for another message, model, parameter, tool, repeat, branch or backend", async () => {
    const { backend, calls } = counting();
    const store = new Map();
    const cache = cached(backend, store);
    const tool = { name: "t", parameters: {} };
    for (const config of [{}, { model: "m" }, { temperature: 1 }, { tools: [tool] }, { repeat: 1 }, { branch: "0" }])
      await cache.generate(ask("x"), config);
    await cache.generate(ask("y"));
    await cached(backendOf("other", backend.generate), store).generate(ask("x"));
    expect(calls()).toBe(8);
  });

  it("tells the models of one server apart, whether the request names one or the backend does", async () => {
    const { backend, calls } = counting();
    const store = new Map();
    const [a, b] = ["a", "b"].map((model) => cached({ ...backend, model }, store));
    await a!.generate(ask("x"));
    await b!.generate(ask("x"));
    expect(calls()).toBe(2);
    expect((await b!.generate(ask("x"), { model: "a" })).cached).toBe(true);
  });

  it("does not mind the ids that providers draw for tool calls", async () => {
    const { backend, calls } = counting();
    const cache = cached(backend);
    await cache.generate(toolTalk("call_a"));
    await cache.generate(toolTalk("call_b"));
    expect(calls()).toBe(1);
  });

  it("keeps no failure and no filtered reply", async () => {
    const backend = scripted([failure("server_error", "down"), { content: "", finishReason: "content_filter" }, "4"]);
    const cache = cached(backend);
    await expect(cache.generate(ask("x"))).rejects.toThrow("down");
    expect((await cache.generate(ask("x"))).finishReason).toBe("content_filter");
    expect((await cache.generate(ask("x"))).content).toBe("4");
  });

  it("forgets what is too old", async () => {
    const clock = manualClock();
    const { backend } = counting();
    const cache = cached(backend, new Map(), { maxAgeMs: 1000, clock });
    await cache.generate(ask("x"));
    await clock.advance(999);
    expect((await cache.generate(ask("x"))).content).toBe("1");
    await clock.advance(1);
    expect((await cache.generate(ask("x"))).content).toBe("2");
  });

  it("forgets nothing where that is said, and refuses an invalid age", async () => {
    const clock = manualClock();
    const cache = cached(counting().backend, new Map(), { maxAgeMs: Number.POSITIVE_INFINITY, clock });
    await cache.generate(ask("x"));
    await clock.advance(1000 * 365 * 24 * 3_600_000);
    expect((await cache.generate(ask("x"))).content).toBe("1");
    for (const maxAgeMs of [0, -1, Number.NaN, "1" as never])
      expect(() => cached(counting().backend, new Map(), { maxAgeMs })).toThrow(
        "cached.maxAgeMs must be a positive number, or Infinity",
      );
  });

  it("asks again for a file that is broken", async () => {
    const path = newPath();
    const { backend } = counting();
    const keys: string[] = [];
    const store = replyFolder(path);
    const spied = { get: store.get, set: (key: string, entry: never) => store.set(keys[keys.push(key) - 1]!, entry) };
    await cached(backend, spied as never).generate(ask("x"));
    writeFileSync(join(path, `${keys[0]}.json`), '{"reply":{"con');
    expect((await cached(backend, replyFolder(path)).generate(ask("x"))).content).toBe("2");
  });

  it.each([
    ["null", () => "null"],
    ["a list", () => "[]"],
    ["cut short", (text: string) => text.slice(0, -20)],
    ["without a reply", () => '{"storedAtMs":0}'],
    ["another version's", (text: string) => text.replace('"content":', '"text":')],
    ["a number for an answer", (text: string) => text.replace(/"content":"\d+"/, '"content":7')],
    ["a negative cost", (text: string) => text.replace('"cost":1', '"cost":-1')],
    ["without a time", (text: string) => text.replace(/"storedAtMs":\d+/, '"storedAtMs":null')],
    ["of a time to come", (text: string) => text.replace(/"storedAtMs":\d+/, '"storedAtMs":9e15')],
    ["of another key", (text: string) => text.replace(/"key":"\w+"/, '"key":"0"')],
  ])("asks again where what is kept is not the reply of this request: %s", async (_, change) => {
    const path = newPath();
    const { backend } = counting();
    const cache = () => cached(backend, replyFolder(path));
    await cache().generate(ask("x"));
    const [name] = readdirSync(path);
    const file = join(path, name!);
    const text = readFileSync(file, "utf8");
    expect(change(text)).not.toBe(text);
    writeFileSync(file, change(text));
    expect((await cache().generate(ask("x"))).content).toBe("2");
    expect(await cache().generate(ask("x"))).toMatchObject({ content: "2", cached: true });
  });

  it("asks again for nothing where the clock was set back by an hour", async () => {
    const { backend, calls } = counting();
    const store = new Map();
    await cached(backend, store, { clock: manualClock(3_600_000) }).generate(ask("x"));
    await cached(backend, store, { clock: manualClock(0) }).generate(ask("x"));
    expect(calls()).toBe(1);
  });

  it("may be shared: many that keep the same at once leave one whole file, and nothing else", async () => {
    const path = newPath();
    const { backend } = counting();
    await Promise.all(Array.from({ length: 20 }, () => cached(backend, replyFolder(path)).generate(ask("x"))));
    expect(readdirSync(path)).toHaveLength(1);
    expect((await cached(backend, replyFolder(path)).generate(ask("x"))).cached).toBe(true);
  });

  it("loses no reply that was paid for where it cannot be kept", async () => {
    const { backend, calls } = counting();
    const full = { get: () => undefined, set: () => Promise.reject(new Error("no space left on device")) };
    expect((await cached(backend, full).generate(ask("x"))).content).toBe("1");
    expect(calls()).toBe(1);
  });
});

describe("recorded", () => {
  it("asks once and replays forever, without the backend", async () => {
    const path = newPath();
    const backend = scripted(["4", "vier"].map((content) => ({ content, usage })));
    const recording = recorded(path, { backend });
    const first = await recording.generate(ask("x"), { repeat: 0 });
    await recording.generate(ask("x"), { repeat: 1 });
    expect(await recording.generate(ask("x"), { repeat: 0 })).toEqual({ ...first, cached: true });
    const replay = recorded(path);
    expect(await replay.generate(ask("x"), { repeat: 0 })).toEqual({ ...first, cached: true });
    expect((await replay.generate(ask("x"), { repeat: 1 })).content).toBe("vier");
    expect(backend.requests).toHaveLength(2);
  });

  it("says what it does not know, and never asks in replay", async () => {
    const backend = scripted([]);
    await expect(recorded(newPath(), { backend, mode: "replay" }).generate(ask("x"))).rejects.toMatchObject({
      failure: { kind: "not_found", message: expect.stringContaining('no reply to "x"') },
    });
    expect(() => recorded(newPath(), { mode: "record" })).toThrow("recorded.backend must be given");
  });

  it("gives equal requests at the same time the same take", async () => {
    const path = newPath();
    const recording = recorded(path, { backend: scripted(["a", "b"]) });
    const both = await Promise.all([recording.generate(ask("x")), recording.generate(ask("x"))]);
    expect(new Set(both.map(({ content }) => content)).size).toBe(1);
    expect((await recorded(path).generate(ask("x"))).content).toBe(both[0]!.content);
  });

  it("records no failure", async () => {
    const recording = recorded(newPath(), { backend: scripted([failure("timeout", "late"), "4"]) });
    await expect(recording.generate(ask("x"))).rejects.toThrow("late");
    expect((await recording.generate(ask("x"))).content).toBe("4");
  });

  it("mends the line that a crash tore, and refuses other damage with its place", async () => {
    const path = newPath();
    await recorded(path, { backend: scripted(["4"]) }).generate(ask("x"));
    appendFileSync(path, '{"key":"abc","reply":{"cont');
    expect((await recorded(path).generate(ask("x"))).content).toBe("4");
    await recorded(path, { backend: scripted(["5"]) }).generate(ask("y"));
    expect(
      readFileSync(path, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).reply.content),
    ).toEqual(["4", "5"]);
    expect((await recorded(path).generate(ask("y"))).content).toBe("5");
    appendFileSync(path, "oops\n");
    await expect(recorded(path).generate(ask("y"))).rejects.toThrow(`${path}:3 must be a recorded reply`);
  });

  it("records again when told to: the last take counts", async () => {
    const path = newPath();
    await recorded(path, { backend: scripted(["old"]) }).generate(ask("x"));
    expect((await recorded(path, { backend: scripted(["new"]), mode: "record" }).generate(ask("x"))).content).toBe(
      "new",
    );
    expect((await recorded(path).generate(ask("x"))).content).toBe("new");
  });

  it("writes every line whole when many come at once", async () => {
    const path = newPath();
    const recording = recorded(path, { backend: scripted(() => "z".repeat(100_000)) });
    await Promise.all(Array.from({ length: 20 }, (_, i) => recording.generate(ask(`${i}`))));
    expect(
      readFileSync(path, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).reply.content.length),
    ).toEqual(Array(20).fill(100_000));
  });
});

/** A backend whose replies the test gives. */
function held(name = "held"): {
  backend: Backend;
  answer: (reply: Partial<Reply> | Error) => void;
  signals: AbortSignal[];
} {
  const waiting: { resolve: (reply: Reply) => void; reject: (error: unknown) => void }[] = [];
  const signals: AbortSignal[] = [];
  const generate: Backend["generate"] = (_, __, { signal } = {}) =>
    new Promise((resolve, reject) => {
      signals.push(signal!);
      signal!.addEventListener("abort", () => reject(signal!.reason));
      waiting.push({ resolve, reject });
    });
  const answer = (reply: Partial<Reply> | Error): void => {
    const next = waiting.shift()!;
    if (reply instanceof Error) next.reject(reply);
    else next.resolve({ content: "", finishReason: "stop", toolCalls: [], ...reply });
  };
  return { backend: { name, generate }, answer, signals };
}

describe("hedged", () => {
  it("asks once when the answer is quick, and pays once", async () => {
    const clock = manualClock();
    const { backend, answer, signals } = held();
    const asked = hedged(backend, { afterMs: 100, clock }).generate(ask("x"));
    answer({ content: "quick", cost: 1 });
    expect(await asked).toMatchObject({ content: "quick", cost: 1 });
    expect(signals).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("asks again when it is slow, takes the first answer, cancels the other and pays both", async () => {
    const clock = manualClock();
    const slow = held();
    const quick = held();
    const asked = hedged(slow.backend, { afterMs: 100, clock, backup: quick.backend }).generate(ask("x"));
    await clock.advance(99);
    expect(quick.signals).toHaveLength(0);
    await clock.advance(1);
    quick.answer({ content: "second", usage, cost: 1 });
    expect(await asked).toEqual({
      content: "second",
      finishReason: "stop",
      toolCalls: [],
      usage: { promptTokens: 10, completionTokens: 2, totalTokens: 12 },
      cost: 2,
      calls: 2,
    });
    expect(slow.signals[0]!.aborted).toBe(true);
  });

  it("lets the other decide when one fails late, and throws the first failure when both do", async () => {
    const clock = manualClock();
    const first = held();
    const second = held();
    const hedge = hedged(first.backend, { afterMs: 100, clock, backup: second.backend });
    const saved = hedge.generate(ask("x"));
    await clock.advance(100);
    first.answer(new Error("first"));
    second.answer({ content: "second" });
    expect((await saved).content).toBe("second");
    const lost = expect(hedge.generate(ask("x"))).rejects.toThrow("first");
    await clock.advance(100);
    second.answer(new Error("second"));
    first.answer(new Error("first"));
    await lost;
  });

  it("throws an early failure at once, and stops when told to", async () => {
    const clock = manualClock();
    const { backend, answer, signals } = held();
    const hedge = hedged(backend, { afterMs: 100, clock });
    const failed = expect(hedge.generate(ask("x"))).rejects.toThrow("early");
    answer(new Error("early"));
    await failed;
    const controller = new AbortController();
    const stopped = expect(hedge.generate(ask("x"), {}, { signal: controller.signal })).rejects.toThrow("stop");
    controller.abort(new Error("stop"));
    await stopped;
    expect(signals).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });
});

describe("ensemble", () => {
  const says = (content: string, more = {}): Backend => scripted([{ content, usage, cost: 1, ...more }]);
  const down = (): Backend => scripted([failure("server_error", "down")]);

  it("continues with the most common answer, and adds up what all cost", async () => {
    const reply = await ensemble([says("Rome"), says("It is so.\nANSWER: Paris"), says("paris.")]).generate(ask("x"));
    expect(reply).toMatchObject({ content: "It is so.\nANSWER: Paris", cost: 3, calls: 3, usage: { totalTokens: 18 } });
    expect((await ensemble([says("a"), says("b")]).generate(ask("x"))).content).toBe("a");
  });

  it("does not know the cost of the whole where it does not know that of a part", async () => {
    expect((await ensemble([says("a"), says("a", { cost: undefined })]).generate(ask("x"))).cost).toBeUndefined();
    expect((await ensemble([says("a"), says("a", { cached: true })]).generate(ask("x"))).cost).toBe(1);
    expect(await ensemble([says("a", { cached: true })]).generate(ask("x"))).toMatchObject({ cached: true, cost: 1 });
  });

  it("votes as told", async () => {
    const longest = (replies: readonly Reply[]) => replies.toSorted((a, b) => b.content.length - a.content.length)[0]!;
    expect((await ensemble([says("a"), says("abc"), says("ab")], { vote: longest }).generate(ask("x"))).content).toBe(
      "abc",
    );
  });

  it("does without those that fail, down to the minimum", async () => {
    expect((await ensemble([down(), says("b"), says("b")], { minimum: 2 }).generate(ask("x"))).content).toBe("b");
    await expect(ensemble([down(), says("b")]).generate(ask("x"))).rejects.toMatchObject({
      failure: { kind: "server_error" },
    });
  });

  it("cancels the rest once the minimum is out of reach", async () => {
    const { backend, signals } = held();
    await expect(ensemble([backend, down()]).generate(ask("x"))).rejects.toThrow("down");
    expect(signals[0]!.aborted).toBe(true);
  });

  it("refuses to be empty or to want more than there are", () => {
    expect(() => ensemble([])).toThrow("ensemble must have at least one backend");
    expect(() => ensemble([says("a")], { minimum: 2 })).toThrow("ensemble.minimum must be a whole number from 1 to 1");
  });
});
