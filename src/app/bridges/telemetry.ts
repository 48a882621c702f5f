import { AsyncLocalStorage } from "node:async_hooks";
import type { Attributes, Context, Span, SpanOptions } from "@opentelemetry/api";
import type { FactSink } from "#actors/messages";
import type { Backend, GenerateConfig, Reply } from "#src/backends/backend";
import { identityOf } from "#src/backends/backend";
import type { Executor } from "#src/execute/executor";
import type { AttemptResult } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import type { Plan } from "#src/experiment/plan";
import type { Task } from "#src/experiment/task";
import { ConfigError } from "#src/kernel/errors";
import { toFailure } from "#src/kernel/failure";
import { aboutLineage } from "./about-lineage.ts";

/** Turns what a run does into spans and metrics of OpenTelemetry. */
export interface Telemetry {
  /** A span for every attempt, below its task; what the attempt does happens inside it. */
  executor(executor: Executor): Executor;
  /** A span for every model call, by the semantic conventions for generative AI. */
  backend(backend: Backend): Backend;
  /** Called with every committed row: its task's span ends. */
  stored(outcomes: readonly Outcome[]): void;
  /** Called with every fact: turning points become events of the run's span, and the end of the run ends it. */
  readonly fact: FactSink;
}

interface TelemetryScope {
  readonly experimentId: string;
  readonly name: string;
  readonly version: string;
  readonly plan: Plan;
  readonly currency: string;
}

type Api = typeof import("@opentelemetry/api");

/** Facts that become events of the run's span. */
const turningPoints =
  /^(run\.(paused|continued|stopping)|circuit\.|budget\.|limits\.|service\.|child\.|concurrency\.|hook\.)/;

/**
 * Opens the spans of a run. Everything goes through `@opentelemetry/api`: without an SDK in the process nothing is kept.
 *
 * @throws ConfigError when the package is not installed
 */
export const openTelemetry = async (scope: TelemetryScope): Promise<Telemetry> => telemetryOf(await loadApi(), scope);

/** @throws ConfigError when the package is not installed */
export async function loadApi(): Promise<Api> {
  try {
    return await import("@opentelemetry/api");
  } catch {
    const law = "needs the package @opentelemetry/api, which is not installed";
    throw new ConfigError("telemetry", law, undefined, "npm install @opentelemetry/api, and an SDK that exports");
  }
}

function telemetryOf(api: Api, { experimentId, name, version, plan, currency }: TelemetryScope): Telemetry {
  const tracer = api.trace.getTracer("crucible-harness", version);
  const meter = api.metrics.getMeter("crucible-harness", version);
  const tasksEnded = meter.createCounter("crucible.task.ended", { unit: "{task}", description: "ended tasks" });
  const retries = meter.createCounter("crucible.task.retried", {
    unit: "{attempt}",
    description: "attempts that are made again",
  });
  const active = meter.createUpDownCounter("crucible.attempt.active", {
    unit: "{attempt}",
    description: "attempts under way",
  });
  const attemptTime = meter.createHistogram("crucible.attempt.duration", {
    unit: "s",
    description: "time of an attempt",
  });
  const cost = meter.createCounter("crucible.cost", { unit: currency, description: "amount spent on ended tasks" });
  const callTime = meter.createHistogram("gen_ai.client.operation.duration", {
    unit: "s",
    description: "time of a model call",
  });
  const tokens = meter.createHistogram("gen_ai.client.token.usage", {
    unit: "{token}",
    description: "tokens of a model call",
  });

  const outside = api.context.active();
  const common = { "crucible.experiment.id": experimentId };
  const [tasksInAll, tasksEach] = plan.isOpen ? [undefined, Number.POSITIVE_INFINITY] : [plan.size, plan.perCondition];
  const run = tracer.startSpan(
    "crucible.run",
    { attributes: { ...common, "crucible.experiment.name": name, "crucible.run.tasks": tasksInAll } },
    outside,
  );
  const inRun = api.trace.setSpan(outside, run);
  // without an SDK, or where its sampler leaves the run out, nothing below the run is kept either: the run's own span stands for all
  const isKept = run.isRecording();
  const startSpan = (spanName: string, options: SpanOptions, parent: Context): Span =>
    isKept ? tracer.startSpan(spanName, options, parent) : run;
  const below = (span: Span, context: Context): Context => (isKept ? api.trace.setSpan(context, span) : inRun);
  // the SDK may have no context manager: ours carries the attempt to its model calls all the same
  const storage = isKept ? new AsyncLocalStorage<Context>() : undefined; // costs every promise of the process, on Node 20
  const inside = <T>(context: Context, work: () => T): T => (storage ? storage.run(context, work) : work());
  const conditions = new Map<string, { span: Span; context: Context; left: number }>();
  const tasks = new Map<number, { span: Span; context: Context }>();

  const conditionOf = (condition: string) => {
    const known = conditions.get(condition);
    if (known) return known;
    const attributes = { ...common, "crucible.condition": condition };
    const span = startSpan("crucible.condition", { attributes }, inRun);
    const opened = { span, context: below(span, inRun), left: tasksEach };
    conditions.set(condition, opened);
    return opened;
  };
  const taskOf = (task: Task) => {
    const known = tasks.get(task.ordinal);
    if (known) return known;
    const { context } = conditionOf(task.condition);
    const span = startSpan("crucible.task", { attributes: { ...common, ...aboutTask(task) } }, context);
    const opened = { span, context: below(span, context) };
    tasks.set(task.ordinal, opened);
    return opened;
  };
  const fail = (span: Span, kind: string, message: string): void => {
    span.setAttribute("error.type", kind);
    span.setStatus({ code: api.SpanStatusCode.ERROR, message });
  };
  const endAttempt = (span: Span, { result, cost: amount }: AttemptResult): void => {
    if (!result.ok) fail(span, result.error.kind, result.error.message);
    if (amount !== undefined) span.setAttribute("crucible.cost", amount);
    span.end();
  };
  const measure = ({ result, elapsedMs }: AttemptResult, about: Attributes): void => {
    active.add(-1, about);
    attemptTime.record(elapsedMs / 1000, result.ok ? about : { ...about, "error.type": result.error.kind });
  };

  return {
    executor: (executor) => ({
      name: executor.name,
      open: async () => executor.open?.(),
      stored: (outcomes) => executor.stored?.(outcomes),
      intake: (state) => executor.intake?.(state),
      close: async () => executor.close?.(),
      run(task, attempt, late) {
        const about = { "crucible.condition": task.condition };
        active.add(1, about);
        if (!isKept) {
          const running = api.context.with(inRun, () => executor.run(task, attempt, late));
          void running.result.then((ended) => measure(ended, about));
          return running;
        }
        const { context } = taskOf(task);
        const span = tracer.startSpan(
          "crucible.attempt",
          {
            attributes: {
              ...common,
              ...aboutTask(task),
              "crucible.attempt": attempt,
              ...(task.answer ? { "crucible.stage": "scoring" } : {}),
            },
          },
          context,
        );
        const own = below(span, context);
        const running = inside(own, () => api.context.with(own, () => executor.run(task, attempt, late)));
        const result = running.result.then((ended) => {
          endAttempt(span, ended);
          measure(ended, about);
          return ended;
        });
        return { result, cancel: () => running.cancel() };
      },
    }),
    backend: (backend) => ({
      ...identityOf(backend),
      async generate(messages, config = {}, context = {}) {
        const asked = aboutCall(backend, config);
        const parent = storage?.getStore() ?? inRun; // a call on behalf of a worker thread has no attempt here
        const model = asked["gen_ai.request.model"];
        const span = startSpan(
          model === undefined ? "chat" : `chat ${model}`,
          { kind: api.SpanKind.CLIENT, attributes: { ...asked, ...askedFor(config) } },
          parent,
        );
        const began = performance.now();
        const took = (more: Attributes): void =>
          callTime.record((performance.now() - began) / 1000, { ...asked, ...more });
        try {
          const reply = await inside(below(span, parent), () => backend.generate(messages, config, context));
          span.setAttributes(aboutReply(reply));
          if (reply.usage) {
            tokens.record(reply.usage.promptTokens, { ...asked, "gen_ai.token.type": "input" });
            tokens.record(reply.usage.completionTokens, { ...asked, "gen_ai.token.type": "output" });
          }
          took(reply.model === undefined ? {} : { "gen_ai.response.model": reply.model });
          return reply;
        } catch (thrown) {
          const { kind, message } = toFailure(thrown, Date.now());
          fail(span, kind, message);
          took({ "error.type": kind });
          throw thrown;
        } finally {
          span.end();
        }
      },
    }),
    stored(outcomes) {
      for (const { ordinal, condition, finalStatus, attempts, cost: amount, error, lineage } of outcomes) {
        const about = { "crucible.condition": condition, "crucible.task.status": finalStatus };
        tasksEnded.add(1, about);
        if (amount) cost.add(amount, { "crucible.condition": condition });
        const task = tasks.get(ordinal);
        if (task) {
          task.span.setAttributes({
            "crucible.task.status": finalStatus,
            "crucible.task.attempts": attempts,
            ...aboutLineage(lineage),
          });
          if (error) fail(task.span, error.kind, error.message);
          task.span.end();
          tasks.delete(ordinal);
        }
        if (!isKept) continue;
        const own = conditionOf(condition);
        own.left -= 1;
        if (own.left === 0) own.span.end();
      }
    },
    fact: (fact) => {
      if (fact.type === "task.retried") retries.add(1, { "error.type": fact.error.kind });
      if (turningPoints.test(fact.type)) run.addEvent(fact.type, plain(fact));
      if (fact.type !== "run.ended") return;
      for (const { span } of tasks.values()) span.end(); // in flight at an abort: they run again on resume
      for (const { span, left } of conditions.values()) if (left > 0) span.end();
      run.setAttribute("crucible.run.status", fact.status);
      if (fact.status === "aborted") run.setStatus({ code: api.SpanStatusCode.ERROR, message: "aborted" });
      run.end();
    },
  };
}

const aboutTask = ({ condition, item, repeat }: Task): Attributes => ({
  "crucible.condition": condition,
  "crucible.item.id": item.id,
  "crucible.repeat": repeat,
});

/** What metrics of a call are split by. */
function aboutCall(backend: Backend, { model = backend.model }: GenerateConfig): Attributes {
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": backend.name.split(" ", 1)[0]!,
    ...(model === undefined ? {} : { "gen_ai.request.model": model }),
  };
}

function askedFor({
  temperature,
  maxTokens,
  topP,
  stop,
  seed,
  frequencyPenalty,
  presencePenalty,
}: GenerateConfig): Attributes {
  return withoutUndefined({
    "gen_ai.request.temperature": temperature,
    "gen_ai.request.max_tokens": maxTokens,
    "gen_ai.request.top_p": topP,
    "gen_ai.request.stop_sequences": stop && [...stop],
    "gen_ai.request.seed": seed,
    "gen_ai.request.frequency_penalty": frequencyPenalty,
    "gen_ai.request.presence_penalty": presencePenalty,
  });
}

function aboutReply({ finishReason, model, usage, cost, cached }: Reply): Attributes {
  return withoutUndefined({
    "gen_ai.response.finish_reasons": [finishReason],
    "gen_ai.response.model": model,
    "gen_ai.usage.input_tokens": usage?.promptTokens,
    "gen_ai.usage.output_tokens": usage?.completionTokens,
    "crucible.cost": cost,
    "crucible.cached": cached,
  });
}

const withoutUndefined = (attributes: Record<string, Attributes[string] | undefined>): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

/** What an event may carry: words and numbers. */
const plain = ({ type: _, ...fact }: { readonly type: string }): Attributes =>
  Object.fromEntries(
    Object.entries(fact).map(([name, value]) => [
      `crucible.${name}`,
      typeof value === "object" ? JSON.stringify(value) : (value as string | number),
    ]),
  );
