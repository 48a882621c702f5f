import { join } from "node:path";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { afterAll, describe, it } from "vitest";
import { aiSdk } from "#src/backends/ai-sdk";
import { type Backend, backendOf } from "#src/backends/backend";
import { cached, replyFolder } from "#src/backends/cached";
import { ensemble } from "#src/backends/ensemble";
import { hedged } from "#src/backends/hedged";
import { openaiCompatible } from "#src/backends/openai-compatible";
import { priced, priceTable } from "#src/backends/prices";
import { recorded } from "#src/backends/recorded";
import { scripted } from "#src/backends/scripted";
import { failure } from "#src/kernel/failure";
import { type BackendUnderTest, backendContract } from "#src/testing/backend-contract";
import { type FaultServerOptions, faultServer } from "#src/testing/fault-server";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();
const servers: { close(): Promise<void> }[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

const reply = (): string => "4";
const toolCall = {
  tool_calls: [{ id: "c1", type: "function", function: { name: "adder", arguments: '{"a":2,"b":2}' } }],
};

/** A backend against a real server on loopback. */
function onServer(make: (baseURL: string) => Backend): BackendUnderTest {
  const serving = (options: FaultServerOptions) => async () => {
    const server = await faultServer(options);
    servers.push(server);
    return make(server.baseURL);
  };
  return {
    answering: serving({ reply }),
    calling: serving({ reply: () => toolCall }),
    hanging: serving({ rates: { never: 1 } }),
    failing: serving({ rates: { status: 1 } }),
  };
}

const call = { content: "", toolCalls: [{ id: "c1", name: "adder", arguments: { a: 2, b: 2 } }] };
const hang: Backend["generate"] = (_, __, { signal } = {}) =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

/** A wrapper around backends that keep the contract. */
const around = (wrap: (backend: Backend) => Backend): BackendUnderTest => ({
  answering: () => wrap(scripted(reply)),
  calling: () => wrap(scripted(() => call)),
  hanging: () => wrap(backendOf("hanging", hang)),
  failing: () => wrap(scripted(() => failure("server_error", "down"))),
});

let cassettes = 0;
const backends: Readonly<Record<string, BackendUnderTest>> = {
  scripted: around((backend) => backend),
  backendOf: around((backend) => backendOf("own", (...request) => backend.generate(...request))),
  openaiCompatible: onServer((baseURL) => openaiCompatible({ baseURL, model: "m" })),
  "aiSdk with @ai-sdk/openai-compatible": onServer((baseURL) =>
    aiSdk(createOpenAICompatible({ name: "local", baseURL })("m")),
  ),
  "cached in memory": around((backend) => cached(backend)),
  "cached in a folder": around((backend) => cached(backend, replyFolder(join(folder, `cache-${cassettes++}`)))),
  "recorded, first time": around((backend) => recorded(join(folder, `${cassettes++}.jsonl`), { backend })),
  hedged: around((backend) => hedged(backend, { afterMs: 60_000 })),
  "ensemble of three": around((backend) => ensemble([backend, backend, backend])),
  priced: around((backend) => priced(backend, priceTable({ m: { input: 1, output: 2 } }), { model: "m" })),
};

for (const [name, backend] of Object.entries(backends)) {
  describe(name, () => {
    for (const law of backendContract(backend)) it(law.name, law.check);
  });
}
