import { readFileSync } from "node:fs";
import { metrics, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { defineExperiment, type Fact } from "crucible-harness";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { backendOf } from "#src/backends/backend";
import { exact } from "#src/scoring/exact";
import { generate } from "#src/solver/generate";
import { begin, finish, lastingStore, scripted, sleep, world } from "../laws/harness.ts";
import "#src/app/bridges/telemetry"; // loaded late by a run; loading takes real time, in which a clock turned by hand runs away

const exporter = new InMemorySpanExporter();
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 30 });
const meters = new MeterProvider({ readers: [reader] });

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  metrics.setGlobalMeterProvider(meters);
});
beforeEach(() => exporter.reset());
afterAll(async () => {
  trace.disable();
  metrics.disable();
  await meters.shutdown();
});

const named = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);
const parentOf = (span: ReadableSpan): string | undefined =>
  exporter.getFinishedSpans().find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId)?.name;

/** Sums and counts of every metric, over its attributes. */
async function measured(): Promise<Record<string, number>> {
  metricExporter.reset();
  await meters.forceFlush();
  const last = metricExporter.getMetrics().at(-1)!;
  return Object.fromEntries(
    last.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.reduce((sum, { value }) => sum + (typeof value === "number" ? value : value.count), 0),
      ]),
  );
}

describe("the telemetry of a run", () => {
  it("has a span for the run, each condition, each task and each attempt, one inside the other", async () => {
    const here = world();
    const experiment = scripted(
      here,
      (_, id, __, attempt) => (id === "i1" && attempt === 1 ? "503" : id === "i2" ? "400" : "ok"),
      {
        config: { errorHandling: { maxFailureRate: 0.9 } },
      },
    );
    const report = await finish(here, begin(here, experiment, lastingStore(), { telemetry: true }));
    expect(report.accounting).toMatchObject({ succeeded: 6, failed: 2 });
    const spans = ["crucible.run", "crucible.condition", "crucible.task", "crucible.attempt"].map(named);
    expect(spans.map((all) => all.length)).toEqual([1, 2, 8, 10]);
    expect(spans.map((all) => [...new Set(all.map(parentOf))])).toEqual([
      [undefined],
      ["crucible.run"],
      ["crucible.condition"],
      ["crucible.task"],
    ]);
    expect(spans[0]![0]!.attributes).toEqual({
      "crucible.experiment.id": report.experimentId,
      "crucible.experiment.name": "law",
      "crucible.run.tasks": 8,
      "crucible.run.status": "completed",
    });
    const failed = spans[2]!.filter(({ attributes }) => attributes["crucible.task.status"] === "failed_permanent");
    expect(
      failed.map(({ attributes, status }) => [attributes["crucible.item.id"], attributes["error.type"], status.code]),
    ).toEqual([
      ["i2", "bad_request", 2],
      ["i2", "bad_request", 2],
    ]);
    const second = spans[3]!.filter(({ attributes }) => attributes["crucible.attempt"] === 2);
    expect(second.map(({ attributes }) => attributes["crucible.item.id"])).toEqual(["i1", "i1"]);
    expect(await measured()).toMatchObject({
      "crucible.task.ended": 8,
      "crucible.task.retried": 2,
      "crucible.attempt.duration": 10,
      "crucible.attempt.active": 0,
      "crucible.cost": 3,
    });
  });

  it("has a span for every model call inside its attempt, named and counted by the conventions, without what was said", async () => {
    const here = world();
    const experiment = defineExperiment({
      name: "calls",
      dataset: [
        { id: "a", input: "a secret question", target: "4" },
        { id: "b", input: "fail", target: "4" },
      ],
      conditions: [
        {
          name: "c",
          solver: generate({ model: "small", temperature: 0.5, maxTokens: 9 }),
          scorers: [exact()],
          backend: backendOf("acme http://127.0.0.1:1/v1", async (messages) => {
            await sleep(here.clock, 5);
            if (messages[0]!.content === "fail") throw Object.assign(new Error("no"), { status: 400 });
            return {
              content: "a secret answer",
              model: "small-2",
              usage: { promptTokens: 3, completionTokens: 1, totalTokens: 4 },
            };
          }),
        },
      ],
      metrics: ["exact"],
      config: { errorHandling: { maxFailureRate: 0.9 } },
    });
    await finish(here, begin(here, experiment, lastingStore(), { telemetry: true }));
    const calls = named("chat small").sort((a, b) => a.status.code - b.status.code);
    expect(calls.map(parentOf)).toEqual(["crucible.attempt", "crucible.attempt"]);
    expect(calls[0]!.kind).toBe(2);
    expect(calls[0]!.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "acme",
      "gen_ai.request.model": "small",
      "gen_ai.request.temperature": 0.5,
      "gen_ai.request.max_tokens": 9,
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.response.model": "small-2",
      "gen_ai.usage.input_tokens": 3,
      "gen_ai.usage.output_tokens": 1,
    });
    expect(calls[1]).toMatchObject({ status: { code: 2 }, attributes: { "error.type": "bad_request" } });
    expect(
      JSON.stringify(exporter.getFinishedSpans().map(({ attributes, events }) => [attributes, events])),
    ).not.toContain("secret");
    expect(await measured()).toMatchObject({ "gen_ai.client.operation.duration": 2, "gen_ai.client.token.usage": 2 });
  });

  it("ends every span of a run that is aborted, and says what turned it", async () => {
    const here = world();
    const handle = begin(
      here,
      scripted(here, () => "hang", { items: 5 }),
      lastingStore(),
      { telemetry: true },
    );
    await finish(here, handle, (step) => {
      if (step === 20) handle.pause("lunch");
      if (step === 30) handle.abort("enough");
    });
    const [run] = named("crucible.run");
    expect(run!.attributes["crucible.run.status"]).toBe("aborted");
    expect(run!.events.map(({ name }) => name)).toEqual(["run.paused", "run.stopping"]);
    expect(named("crucible.condition")).toHaveLength(2);
    expect(named("crucible.task").length).toBe(named("crucible.attempt").length);
  });

  it("is carried by the span of each task", async () => {
    const here = world();
    const lineage = ({ itemId }: { itemId: string }) => ({ traceId: "t", workId: "w", stepId: itemId });
    const experiment = scripted(here, () => "ok", { items: 2, conditions: 1, lineage });
    await finish(here, begin(here, experiment, lastingStore(), { telemetry: true }));
    const ids = named("crucible.task").map(({ attributes }) =>
      Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith("crucible.lineage."))),
    );
    const byItem = ids.sort((a, b) => String(Object.values(a)).localeCompare(String(Object.values(b))));
    expect(byItem).toEqual(
      ["i0", "i1"].map((id) => ({
        "crucible.lineage.trace_id": "t",
        "crucible.lineage.work_id": "w",
        "crucible.lineage.step_id": id,
      })),
    );
  });

  it("is carried by every fact about a task, and what is no lineage is told and left out", async () => {
    const here = world();
    const given: Record<string, unknown> = { i0: { traceId: "t", planId: "p" }, i1: { traceId: 5 } };
    const lineage = ({ itemId }: { itemId: string }) => {
      if (itemId === "i2") throw new Error("no trace is open");
      return given[itemId] as { traceId: string };
    };
    const script = (_: string, item: string, __: number, attempt: number) =>
      item === "i0" && attempt === 1 ? "503" : "ok";
    const handle = begin(here, scripted(here, script, { items: 3, conditions: 1, lineage }));
    const facts: Fact[] = [];
    const reading = (async () => {
      for await (const fact of handle.facts) facts.push(fact);
    })();
    const report = await finish(here, handle);
    await reading;
    const ofTasks = facts.filter((fact) => fact.type.startsWith("task.") && "lineage" in fact);
    expect(ofTasks.map(({ type }) => type)).toEqual(["task.started", "task.retried", "task.started", "task.settled"]);
    for (const fact of ofTasks) expect(fact).toMatchObject({ lineage: given.i0 });
    expect(report.results.map(({ lineage: own }) => own).filter(Boolean)).toEqual([given.i0]);
    const told = new Set(facts.flatMap((fact) => (fact.type === "hook.failed" ? [`${fact.hook}: ${fact.error}`] : [])));
    expect([...told].sort()).toEqual([
      "lineage: no trace is open",
      "lineage: what lineage() returns.traceId must be a string, got 5",
    ]);
  });

  it("has every name that the table of the original's events has", () => {
    const table = /### From the original's events[\s\S]*?\n\n(?=[A-Z][^\n]* conventions)/.exec(
      readFileSync("docs/observing.md", "utf8"),
    )![0];
    const facts = new Set(
      [...readFileSync("actors/messages.ts", "utf8").matchAll(/"([a-z]+\.[a-zA-Z]+)"/g)].map(([, name]) => name),
    );
    const exported =
      readFileSync("src/app/bridges/telemetry.ts", "utf8") + readFileSync("src/app/bridges/about-lineage.ts", "utf8");
    const rows = table.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.length).toBeGreaterThan(9);
    for (const row of rows) {
      const [, , fact, span] = row.split("|").map((cell) => [...cell.matchAll(/`([\w.]+)`/g)].map(([, name]) => name!));
      expect(fact!.filter((name) => name.includes(".") && !facts.has(name))).toEqual([]);
      const parts = span!.map((name) => name.split(".").at(-1)!);
      expect(parts.filter((name) => !exported.includes(name))).toEqual([]);
    }
  });

  it("is not made unless it is wanted", async () => {
    const here = world();
    await finish(
      here,
      begin(
        here,
        scripted(here, () => "ok"),
      ),
    );
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it("counts, and keeps no span below a run that the sampler leaves out", async () => {
    trace.disable();
    const spanProcessors = [new SimpleSpanProcessor(exporter)];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors }));
    const before = await measured();
    const here = world();
    const experiment = scripted(here, (_, id) => (id === "i1" ? "400" : "ok"), {
      config: { errorHandling: { maxFailureRate: 0.9 } },
    });
    await finish(here, begin(here, experiment, lastingStore(), { telemetry: true }));
    const after = await measured();
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(after["crucible.task.ended"]! - before["crucible.task.ended"]!).toBe(8);
    expect(after["crucible.attempt.duration"]! - before["crucible.attempt.duration"]!).toBe(8);
    expect(after["crucible.attempt.active"]).toBe(0);
  });
});
