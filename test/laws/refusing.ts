import { createActor } from "xstate";
import { limiterLogic } from "#actors/limiter";
import type { ReplyTo, WorkerEvent } from "#actors/messages";
import { failure } from "#src/kernel/failure";
import { type Random, stream } from "#src/kernel/random";
import { decideRetry, retryOptions } from "#src/policy/retry";
import { manualClock } from "#src/testing/manual-clock";

/** A server: what it does with a call that begins now, among those that it is serving. */
export type Server = (nowMs: number, serving: number, random: Random) => "serve" | "refuse";

export const byChance =
  (share: number): Server =>
  (_, __, random) =>
    random() < share ? "refuse" : "serve";

/** Serves so many at a time. */
export const withCapacity =
  (most: number): Server =>
  (_, serving) =>
    serving < most ? "serve" : "refuse";

export const awayBetween =
  (fromMs: number, toMs: number, otherwise: Server = () => "serve"): Server =>
  (nowMs, ...rest) =>
    nowMs >= fromMs && nowMs < toMs ? "refuse" : otherwise(nowMs, ...rest);

/** A bucket of `burst` tokens that is filled again by `perSecond`. */
export function tokenBucket(perSecond: number, burst: number): Server {
  let tokens = burst;
  let atMs = 0;
  return (nowMs) => {
    tokens = Math.min(burst, tokens + ((nowMs - atMs) / 1000) * perSecond);
    atMs = nowMs;
    if (tokens < 1) return "refuse";
    tokens -= 1;
    return "serve";
  };
}

export interface Refused {
  readonly tasks: number;
  readonly maxParallel?: number;
  readonly seed?: number;
  /** How long a refusal takes; a served call takes 50 to 500 ms. */
  readonly refusalMs?: number;
}

/**
 * Tasks of 50 to 500 ms through the limiter of a run and the retry policy's defaults, on virtual time, against a server that refuses: as a
 * run feeds them, with `maxParallel` workers that wait or run, besides those that back off.
 *
 * @returns what came of it; `allowed` (the mean over time), `perSecond` and `refused` (a share) over the first nine tenths of
 * the tasks; `backMs` is when four fifths of the slots were there again
 */
export async function against(server: Server, { tasks, maxParallel = 500, seed = 1, refusalMs = 10 }: Refused) {
  const clock = manualClock();
  const random = stream(seed, "server");
  const retry = retryOptions.parse({});
  const seen = { served: 0, dead: 0, refusals: 0, backMs: 0, facts: 0 };
  let told = maxParallel;
  const most = { ms: 0, served: 0, refusals: 0, slotMs: 0 };
  let serving = 0;
  let live = 0;
  let begun = 0;
  const limiter = createActor(limiterLogic, {
    clock,
    input: {
      maxParallel,
      rateLimit: undefined,
      clock,
      facts: (fact) => {
        seen.facts += 1;
        if (fact.type !== "concurrency.changed") return;
        if (told < 0.8 * maxParallel && fact.allowed >= 0.8 * maxParallel) seen.backMs = clock.now();
        told = fact.allowed;
      },
      trialStarted: () => {},
    },
  }).start();
  const allowed = (): number => limiter.getSnapshot().context.limits.concurrency.allowed;

  const settle = (ordinal: number, throttled: boolean): void => {
    if (seen.served + seen.dead < 0.9 * tasks) {
      most.slotMs += allowed() * (clock.now() - most.ms);
      most.ms = clock.now();
      most.served = seen.served;
      most.refusals = seen.refusals;
    }
    limiter.send({ type: "call.settle", ordinal, throttled });
  };
  const ask = (ordinal: number, attempt: number): void => {
    live += 1;
    const worker: ReplyTo<WorkerEvent> = {
      send: () => call(ordinal, attempt),
      getSnapshot: () => ({ status: "active", output: undefined, error: undefined }),
    };
    limiter.send({ type: "call.admit", ordinal, worker });
  };
  const feed = (): void => {
    while (live < maxParallel && begun < tasks) ask(begun++, 1);
  };
  const call = (ordinal: number, attempt: number): void => {
    if (server(clock.now(), serving, random) === "serve") {
      serving += 1;
      clock.setTimeout(
        () => {
          serving -= 1;
          live -= 1;
          seen.served += 1;
          settle(ordinal, false);
          feed();
        },
        50 + 450 * random(),
      );
    } else
      clock.setTimeout(() => {
        live -= 1;
        seen.refusals += 1;
        const decision = decideRetry(failure("rate_limited", "429"), attempt, retry, random);
        if (decision.type === "retry") clock.setTimeout(() => ask(ordinal, attempt + 1), decision.delayMs);
        else seen.dead += 1;
        settle(ordinal, true);
        feed();
      }, refusalMs);
  };
  feed();
  await clock.drain();
  const { ms, served, refusals, slotMs } = most;
  return { ...seen, allowed: slotMs / ms, perSecond: (1000 * served) / ms, refused: refusals / (refusals + served) };
}
