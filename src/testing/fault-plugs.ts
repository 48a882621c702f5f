import { InjectedFault } from "#src/app/fault-actors";
import type { FaultScope } from "#src/app/fault-injection";
import type { Backend } from "#src/backends/backend";
import type { Executor } from "#src/execute/executor";
import { wrapExecutor } from "#src/execute/wrap-executor";
import type { AttemptResult, RunningAttempt } from "#src/experiment/execute";
import { nameOf } from "#src/experiment/task";
import { bothCalls } from "#src/faults/damage-reply";
import type { Clock } from "#src/kernel/clock";
import { type Failure, FailureError, failure, toFailure } from "#src/kernel/failure";
import { err } from "#src/kernel/result";
import type { RunStore } from "#src/store/store";
import { wrapStore } from "#src/store/wrap-store";
import { type LiveRule, lastsMs, type PlugRule, struckBy } from "./fault-schedule.ts";

type Rules = readonly LiveRule<PlugRule>[];

/** What a rejection says, as a server would. */
const refusal = ({ status, retryAfterMs }: PlugRule): Failure => ({
  ...toFailure({ status, message: `injected ${status}` }, 0),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

const LOST = failure("connection_refused", "the answer was lost (injected)", { code: "ECONNRESET" });

/** An executor whose attempts meet faults. Chance depends on task and attempt alone, so a resumed run meets the same ones. */
export function faultyExecutor(inner: Executor, rules: Rules, { clock, timeoutMs }: FaultScope): Executor {
  const ended = (failed: Failure, startedAt: number): AttemptResult => ({
    result: err(failed),
    startedAt,
    elapsedMs: Math.max(0, clock.now() - startedAt),
    begun: false, // no call was made
    worker: inner.name,
  });
  return wrapExecutor(inner, (task, attempt, late) => {
    const rule = struckBy(rules, `${nameOf(task)}#${attempt}`);
    const start = (): RunningAttempt => inner.run(task, attempt, late);
    const startedAt = clock.now();
    switch (rule?.fault) {
      case undefined:
        return start();
      case "crash":
        throw new InjectedFault(`injected into the executor at ${task.condition}/${task.item.id}`);
      case "reject":
        return { result: Promise.resolve(ended(refusal(rule), startedAt)), cancel: () => {} };
      case "drop": {
        const { result, cancel } = start();
        return { result: result.then((attempted) => ({ ...attempted, result: err(LOST) })), cancel };
      }
      case "duplicate": {
        const [first, second] = [start(), start()];
        return {
          result: first.result.finally(() => second.cancel()), // else it would work on in a slot that is free again
          cancel: () => {
            first.cancel();
            second.cancel();
          },
        };
      }
      case "delay":
        return delayed(clock, lastsMs(rule), start, (failed) => ended(failed, startedAt));
      case "hang": {
        const tooLong = (): AttemptResult =>
          ended(failure("timeout", `took longer than ${timeoutMs} ms (injected)`), startedAt);
        const timedOut = (): RunningAttempt => ({ result: Promise.resolve(tooLong()), cancel: () => {} });
        return delayed(clock, Math.min(timeoutMs, lastsMs(rule)), timedOut, (failed) => ended(failed, startedAt));
      }
    }
  });
}

/** An attempt that begins later, and can be cancelled before. */
function delayed(
  clock: Clock,
  delayMs: number,
  start: () => RunningAttempt,
  ended: (failed: Failure) => AttemptResult,
): RunningAttempt {
  let running: RunningAttempt | undefined;
  let cancelled: () => void = () => {};
  const result = new Promise<AttemptResult>((resolve) => {
    const timer = clock.setTimeout(() => {
      running = start();
      void running.result.then(resolve);
    }, delayMs);
    cancelled = () => {
      clock.clearTimeout(timer);
      resolve(ended(failure("cancelled", "the run was stopped")));
    };
  });
  return { result, cancel: () => (running ? running.cancel() : cancelled()) };
}

const wait = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = clock.setTimeout(resolve, delayMs);
    signal?.addEventListener(
      "abort",
      () => {
        clock.clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });

/** A store whose commits meet faults: refused, late, reported twice, or done without an answer. */
export function faultyStore(inner: RunStore, rules: Rules, { clock }: FaultScope): RunStore {
  return wrapStore(inner, {
    append(outcomes) {
      const rule = struckBy(rules);
      switch (rule?.fault) {
        case undefined:
          return inner.append(outcomes);
        case "crash":
          throw new InjectedFault("injected into the store before the commit");
        case "reject":
          return Promise.reject(new InjectedFault("injected into the store: the commit was refused"));
        case "drop":
          return Promise.resolve(inner.append(outcomes)).then(() => {
            throw new InjectedFault("injected into the store: committed, and the answer was lost");
          });
        case "duplicate":
          return Promise.resolve(inner.append(outcomes)).then(async (added) => {
            await inner.append(outcomes);
            return added;
          });
        case "delay":
        case "hang":
          return wait(clock, lastsMs(rule)).then(() => inner.append(outcomes));
      }
    },
  });
}

/** A backend whose calls meet faults: refused, late, paid and lost, paid twice, or never answered. */
export function faultyBackend(inner: Backend, rules: Rules, { clock }: FaultScope): Backend {
  return {
    name: inner.name,
    async generate(messages, config, context) {
      const rule = struckBy(rules);
      const call = () => inner.generate(messages, config, context);
      switch (rule?.fault) {
        case undefined:
          return call();
        case "crash":
          throw new InjectedFault("injected into the backend");
        case "reject":
          throw FailureError.of(refusal(rule));
        case "drop":
          await call();
          throw FailureError.of(LOST);
        case "duplicate": {
          const [first, second] = await Promise.all([call(), call()]);
          return bothCalls(first, second);
        }
        case "delay":
        case "hang":
          await wait(clock, lastsMs(rule), context?.signal ?? undefined);
          return call();
      }
    },
  };
}
