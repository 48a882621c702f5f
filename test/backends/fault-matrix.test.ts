import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { defineExperiment, memoryStore, type RunHandle, type RunReport, start } from "crucible-harness";
import { aiSdk, type Backend, openaiCompatible } from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { generate } from "crucible-harness/solver";
import { type FaultServer, faultServer, type ServerFault } from "crucible-harness/testing";
import { afterEach, describe, expect, it } from "vitest";

let server: FaultServer | undefined;
afterEach(() => server?.close());

const clients: Readonly<Record<string, (baseURL: string) => Backend>> = {
  openaiCompatible: (baseURL) => openaiCompatible({ baseURL, model: "m" }),
  aiSdk: (baseURL) => aiSdk(createOpenAICompatible({ name: "local", baseURL })("m")),
};

/** One question to a server whose first answer is the fault, and whose others are right. */
async function asked(client: (baseURL: string) => Backend, fault: ServerFault, timeoutMs = 20_000): Promise<RunHandle> {
  server = await faultServer({ script: [fault], reply: () => "4" });
  const experiment = defineExperiment({
    name: "one question",
    dataset: [{ id: "q", input: "What is 2 + 2?", target: "4" }],
    conditions: [{ name: "model", solver: generate(), scorers: [match()], backend: client(server.baseURL) }],
    metrics: ["accuracy"],
    config: { timeoutMs, errorHandling: { initialDelayMs: 1, jitter: false, maxRetries: 5 } },
  });
  return start(experiment, { store: () => memoryStore(), formats: [] });
}

const told = ({ results }: RunReport) => {
  const [{ finalStatus, attempts, errorHistory, retryDelaysMs, metrics }] = results as [RunReport["results"][number]];
  return { finalStatus, attempts, kinds: errorHistory.map(({ error }) => error.kind), retryDelaysMs, metrics };
};

type Case = readonly [what: string, fault: ServerFault, kind: string, atLeastMs: number];
/** What a run makes of it: the kind of failure, and the least it waits before it asks again. */
const mended: readonly Case[] = [
  ["429, Retry-After in seconds", { type: "rate_limited", retryAfter: "seconds", afterMs: 40 }, "rate_limited", 40],
  ["429, Retry-After as a date", { type: "rate_limited", retryAfter: "date", afterMs: 1000 }, "rate_limited", 1],
  ["429, retry-after-ms", { type: "rate_limited", retryAfter: "ms", afterMs: 40 }, "rate_limited", 40],
  ["429 without Retry-After", { type: "rate_limited", retryAfter: "none" }, "rate_limited", 1],
  ["408", { type: "status", status: 408 }, "timeout", 1],
  ["409", { type: "status", status: 409 }, "conflict", 1],
  ["500", { type: "status", status: 500 }, "server_error", 1],
  ["503", { type: "status", status: 503 }, "temporarily_unavailable", 1],
  ["a reset connection", { type: "reset" }, "temporarily_unavailable", 1],
  ["half a body", { type: "half_body" }, "temporarily_unavailable", 1],
];
const hopeless: readonly (readonly [what: string, fault: ServerFault, kind: string])[] = [
  ["400", { type: "status", status: 400 }, "bad_request"],
  ["401", { type: "status", status: 401 }, "authentication_failed"],
  ["403", { type: "status", status: 403 }, "authentication_failed"],
  ["404", { type: "status", status: 404 }, "not_found"],
  ["422", { type: "status", status: 422 }, "bad_request"],
  ["malformed JSON", { type: "malformed_json" }, "malformed_response"],
  ["an answer without choices", { type: "no_choices" }, "malformed_response"],
];
const endless: readonly ServerFault["type"][] = ["never", "slow_headers", "slow_body"];

describe.each(Object.entries(clients))("a run through %s", (_, client) => {
  it.each(mended)("asks again after %s", async (_what, fault, kind, atLeastMs) => {
    const report = told(await (await asked(client, fault)).done);
    expect(report).toMatchObject({ finalStatus: "success", attempts: 2, kinds: [kind], metrics: { accuracy: 1 } });
    expect(report.retryDelaysMs[0]).toBeGreaterThanOrEqual(atLeastMs);
    expect(server!.requests).toHaveLength(2);
  });

  it.each(hopeless)("does not ask again after %s", async (_what, fault, kind) => {
    const report = told(await (await asked(client, fault)).done);
    expect(report).toMatchObject({ finalStatus: "failed_permanent", attempts: 1, kinds: [kind] });
    expect(server!.requests).toHaveLength(1);
  });

  it.each(endless)("gives up on %s after timeoutMs, through the signal, and asks again", async (type) => {
    const { finalStatus, kinds } = told(await (await asked(client, { type } as ServerFault, 1000)).done);
    expect({ finalStatus, first: kinds[0] }).toEqual({ finalStatus: "success", first: "timeout" });
  });

  it.each(["slow_headers", "slow_body"] as const)("waits for %s within timeoutMs, and asks once", async (type) => {
    const report = told(await (await asked(client, { type, delayMs: 50 })).done);
    expect(report).toMatchObject({ finalStatus: "success", attempts: 1, kinds: [] });
    expect(server!.requests).toHaveLength(1);
  });

  it("waits as long as a Retry-After says, beyond maxDelayMs; told to stop meanwhile, it stops at once", async () => {
    const handle = await asked(client, { type: "rate_limited", retryAfter: "seconds", afterMs: 600_000 });
    for await (const fact of handle.facts) {
      if (fact.type !== "task.retried") continue;
      expect(fact.delayMs).toBe(600_000);
      handle.drain();
    }
    expect(await handle.done).toMatchObject({ status: "interrupted", accounting: { pending: 1 } });
  });
});
