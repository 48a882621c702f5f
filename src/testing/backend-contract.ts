import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import type { Backend, Message } from "#src/backends/backend";
import { FailureError } from "#src/kernel/failure";

/** What a backend needs to show that it keeps the contract. */
export interface BackendUnderTest {
  /** A backend that answers every question with the text "4". */
  answering(): Promise<Backend> | Backend;
  /** One that calls the tool `adder` with `{ a: 2, b: 2 }`. */
  calling?(): Promise<Backend> | Backend;
  /** One that never answers. */
  hanging?(): Promise<Backend> | Backend;
  /** One whose service is away. */
  failing?(): Promise<Backend> | Backend;
}

/** A law and its check, for any test runner. */
export interface Law {
  readonly name: string;
  check(): Promise<void>;
}

const question: readonly Message[] = [{ role: "user", content: "What is 2 + 2?" }];
const adder = {
  name: "adder",
  description: "Adds",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
};

/**
 * The laws of a Backend.
 *
 * @example describe("mine", () => backendContract({ answering: () => mine() }).forEach(({ name, check }) => it(name, check)));
 */
export function backendContract({ answering, calling, hanging, failing }: BackendUnderTest): Law[] {
  const laws: Law[] = [
    {
      name: "answers with text, a reason to stop, and no tool calls",
      check: async () => {
        const reply = await (await answering()).generate(question, { temperature: 0, maxTokens: 20 });
        equal(reply.content, "4");
        equal(reply.finishReason, "stop");
        deepEqual(reply.toolCalls, []);
      },
    },
    {
      name: "needs no config and changes neither messages nor config",
      check: async () => {
        const messages = Object.freeze(question.map((message) => Object.freeze({ ...message })));
        const config = Object.freeze({ stop: Object.freeze(["\n"]), tools: Object.freeze([adder]) });
        const backend = await answering();
        equal((await backend.generate(messages)).content, "4");
        equal((await backend.generate(messages, config)).content, "4");
      },
    },
    {
      name: "counts tokens without counting any twice",
      check: async () => {
        const { usage } = await (await answering()).generate(question);
        if (!usage) return; // not knowing is allowed
        for (const tokens of Object.values(usage)) ok(Number.isInteger(tokens) && tokens >= 0);
        equal(usage.totalTokens, usage.promptTokens + usage.completionTokens);
        ok((usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0) <= usage.promptTokens);
        ok((usage.reasoningTokens ?? 0) <= usage.completionTokens);
      },
    },
    {
      name: "has a name, and replies that survive JSON",
      check: async () => {
        const backend = await answering();
        notEqual(backend.name, "");
        const reply = await backend.generate(question);
        deepEqual(JSON.parse(JSON.stringify(reply)), reply);
      },
    },
    {
      name: "rejects a request whose signal was aborted before",
      check: async () => {
        const backend = await answering();
        await rejects(backend.generate(question, {}, { signal: AbortSignal.abort() }));
      },
    },
  ];
  if (calling) {
    laws.push({
      name: "gives tool calls with parsed arguments",
      check: async () => {
        const reply = await (await calling()).generate(question, { tools: [adder], toolChoice: "auto" });
        equal(reply.finishReason, "tool_calls");
        equal(reply.toolCalls.length, 1);
        const [call] = reply.toolCalls;
        notEqual(call?.id, "");
        deepEqual([call?.name, call?.arguments, call?.parseError], ["adder", { a: 2, b: 2 }, undefined]);
      },
    });
  }
  if (hanging) {
    laws.push({
      name: "stops waiting when it is aborted",
      check: async () => {
        const controller = new AbortController();
        const asked = (await hanging()).generate(question, {}, { signal: controller.signal });
        const stopped = rejects(asked);
        setImmediate(() => controller.abort());
        await stopped;
      },
    });
  }
  if (failing) {
    laws.push({
      name: "fails with a classified failure",
      check: async () => {
        const backend = await failing();
        await rejects(
          backend.generate(question),
          (error) => error instanceof FailureError && error.failure.kind !== "unknown",
        );
      },
    });
  }
  return laws;
}
