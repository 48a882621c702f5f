import { join } from "node:path";
import { defineExperiment, huggingFace, memoryStore, run } from "crucible-harness";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();

const revision = "e53f048856ff4f594e959d75785d2c2d37b678ee";
const questions = ["2 + 2?", "3 + 3?"];
const files: Readonly<Record<string, Buffer>> = {
  "main/test-00000-of-00002.parquet": Buffer.from(
    parquetWriteBuffer({ columnData: [{ name: "question", data: questions, type: "STRING" }] }),
  ),
  "main/test-00001-of-00002.parquet": Buffer.from(
    parquetWriteBuffer({ columnData: [{ name: "question", data: ["4 + 4?"], type: "STRING" }] }),
  ),
};

/** The hub's two kinds of answers, and what was asked. */
function hub(): { asked: string[]; fetch: typeof fetch } {
  const asked: string[] = [];
  const answer = (url: string): Response => {
    asked.push(url);
    if (url.endsWith(`/api/datasets/owner/name/revision/${revision}`))
      return Response.json({ sha: revision, siblings: Object.keys(files).map((rfilename) => ({ rfilename })) });
    const file = files[url.split(`/datasets/owner/name/resolve/${revision}/`)[1] ?? ""];
    return file ? new Response(new Uint8Array(file)) : new Response("Not Found", { status: 404 });
  };
  return { asked, fetch: (url) => Promise.resolve(answer(String(url))) };
}

const experimentOn = (dataset: ReturnType<typeof huggingFace>) =>
  defineExperiment({
    name: "hub",
    dataset,
    conditions: [{ name: "length", run: (row) => ({ length: String((row as { question: string }).question).length }) }],
    metrics: ["length"],
  });
const runOn = (dataset: ReturnType<typeof huggingFace>) =>
  run(experimentOn(dataset), { store: () => memoryStore(), formats: [] });

describe("a data set of the Hugging Face hub", () => {
  it("is fetched at its commit, all shards of the split", async () => {
    const { asked, fetch } = hub();
    const report = await runOn(huggingFace("owner/name", { revision, fetch }));
    expect(report.accounting).toMatchObject({ planned: 3, succeeded: 3 });
    expect(asked).toHaveLength(3);
    expect(asked.every((url) => url.startsWith("https://") && url.includes(revision))).toBe(true);
  });

  it("is there without a network once it was kept", async () => {
    const { asked, fetch } = hub();
    const options = { revision, cacheDir: join(folder, "kept") };
    await runOn(huggingFace("owner/name", { ...options, fetch }));
    const offline: typeof globalThis.fetch = () => Promise.reject(new TypeError("fetch failed"));
    const report = await runOn(huggingFace("owner/name", { ...options, fetch: offline }));
    expect(report.accounting).toMatchObject({ planned: 3, succeeded: 3 });
    expect(asked).toHaveLength(3);
  });

  it("is a mistake of the definition where the hub has it not, and none where the hub is down", async () => {
    const { fetch } = hub();
    await expect(runOn(huggingFace("owner/other", { revision, fetch }))).rejects.toThrow(
      /huggingFace\("owner\/other"\) must name what the hub has, got HTTP 404.*HF_TOKEN/,
    );
    const down: typeof globalThis.fetch = () => Promise.resolve(new Response("", { status: 503 }));
    await expect(runOn(huggingFace("owner/name", { revision, fetch: down }))).rejects.toMatchObject({
      failure: { kind: "temporarily_unavailable", status: 503 },
    });
  });
});
