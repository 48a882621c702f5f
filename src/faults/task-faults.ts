import { type Backend, identityOf, type Reply } from "#src/backends/backend";
import type { Clock } from "#src/kernel/clock";
import { type Failure, FailureError, failure, toFailure } from "#src/kernel/failure";
import { type Random, stream } from "#src/kernel/random";
import { type Score, type Scorer, toScore, unscored } from "#src/scoring/scorer";
import type { Tool } from "#src/solver/state";
import { toolFailed } from "#src/solver/tool";
import { damagedFields } from "./damage.ts";
import { bothCalls, damagedReply, damagedResult, isSame, turnedScore } from "./damage-reply.ts";
import {
  aimOf,
  isAimedAt,
  isOfItem,
  type LevelFault,
  type LevelRule,
  type OwnFaults,
  type TargetKind,
  toldOf,
} from "./level.ts";
import { type LiveRule, liveRule } from "./rule.ts";

/** What a task met of one rule at one target, over its attempts. */
export interface FaultMet {
  /** Place of the rule in its level, from 0. */
  readonly rule: number;
  /** `tool:search`. */
  readonly on: string;
  /** Calls that the rule was aimed at, and those of them that it struck. */
  readonly calls: number;
  readonly struck: number;
}

/** What two attempts of a task met together; nothing where neither has a record. */
export function addMet(
  a: readonly FaultMet[] | undefined,
  b: readonly FaultMet[] | undefined,
): readonly FaultMet[] | undefined {
  if (!a || !b) return a ?? b;
  const sums = new Map<string, FaultMet>();
  for (const one of [...a, ...b]) {
    const key = `${one.rule} ${one.on}`;
    const before = sums.get(key);
    const sum = before && { ...one, calls: before.calls + one.calls, struck: before.struck + one.struck };
    sums.set(key, sum ?? one);
  }
  return [...sums.values()];
}

/** The attempt that faults are drawn for. */
export interface FaultedAttempt {
  readonly faults: OwnFaults;
  readonly seed: number;
  readonly itemId: string;
  readonly repeat: number;
  readonly attempt: number;
  readonly clock: Clock;
}

/** A rule that struck a call, and the chance of what it does. */
interface Struck {
  readonly rule: LevelRule & { readonly fault: Exclude<LevelFault, "crash"> };
  readonly random: Random;
  /** Takes the strike back: there was nothing to damage. @param isAimed whether the rule was aimed at something in it */
  missed(isAimed: boolean): void;
}

/** Attempts in which a storm refuses every call. */
const STORMY_ATTEMPTS = 2;
const SOON_MS = 100;

/** What a server says with a status, for a model to read. */
const statusWords: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/**
 * The faults of one attempt at a task. They are drawn from the run's seed, the level, the item, the repeat, the attempt and the number of the call, never from the
 * condition or from the order of tasks: an item meets the same faults in each condition, and again when the run is resumed.
 */
export class TaskFaults {
  readonly #attempt: FaultedAttempt;
  readonly #rules: readonly LiveRule<LevelRule>[];
  readonly #met = new Map<string, { rule: number; on: string; calls: number; struck: number }>();

  constructor(attempt: FaultedAttempt) {
    const { faults, seed, itemId, repeat } = attempt;
    this.#attempt = attempt;
    const ofItem = [seed, faults.level, itemId, repeat].join("\u0000");
    this.#rules = faults.rules.map((rule, i) =>
      liveRule(rule, i, isOfItem(rule) ? ofItem : `${ofItem}\u0000${attempt.attempt}`),
    );
  }

  /** What was met so far; nothing where no rule was aimed at anything. */
  met(): readonly FaultMet[] | undefined {
    return this.#met.size === 0 ? undefined : [...this.#met.values()].map((one) => ({ ...one }));
  }

  /** The row as the condition sees it: some fields are damaged. The row itself is not changed. @param isCounted whether it was not seen before */
  row(row: unknown, isCounted: boolean): unknown {
    return this.#rules.reduce((damaged, live, number) => this.#damagedRow(damaged, live, number, isCounted), row);
  }

  #damagedRow(row: unknown, live: LiveRule<LevelRule>, number: number, isCounted: boolean): unknown {
    const { rule } = live;
    const { kind, pattern } = aimOf(rule.target);
    if (kind !== "rows") return row;
    const { fault } = rule;
    const names = new Set<string>();
    const damage = fault === "duplicate" ? { fault } : { ...rule, fault: fault as "drop" | "corrupt" | "truncate" };
    const damaged = damagedFields(row, damage, [pattern], this.#random(number, "row"), (name) => names.add(name));
    const strikes = live.strikes("item") && (names.size === 0 || !isSame(damaged, row));
    if (isCounted) for (const name of names) this.#note(number, `rows:${name}`, strikes);
    return strikes ? damaged : row;
  }

  /** A backend whose calls meet faults. @param paid called with a reply that was paid for and is lost */
  backend(inner: Backend, paid: (reply: Reply) => void): Backend {
    if (!this.#isAimedAt("backend", inner.name)) return inner;
    return {
      ...identityOf(inner),
      generate: async (messages, config, context) => {
        const struck = this.#strike("backend", inner.name);
        const call = (): Promise<Reply> => inner.generate(messages, config, context);
        if (!struck) return call();
        const { rule, random } = struck;
        switch (rule.fault) {
          case "delay":
            await this.#wait(rule, context?.signal);
            return call();
          case "drop":
            paid(await call());
            throw FailureError.of(this.#lost());
          case "duplicate":
            return bothCalls(await call(), await call());
          case "truncate":
          case "corrupt": {
            const reply = await call();
            const { damaged, isAimed } = damagedReply(reply, { ...rule, fault: rule.fault }, random);
            if (isSame(damaged, reply)) struck.missed(isAimed);
            return damaged;
          }
          default:
            await this.#refuse(rule, "the model", context?.signal);
            return call();
        }
      },
    };
  }

  /** A tool whose calls meet faults, told as a tool tells what goes wrong. One that hands in the answer is met only where it is named. */
  tool(inner: Tool): Tool {
    const isMet = this.#rules.some(
      ({ rule }) => isAimedAt(rule, "tool", inner.name) && (!inner.ends || aimOf(rule.target).pattern === inner.name),
    );
    if (!isMet) return inner;
    return {
      ...inner,
      run: async (call, context) => {
        const struck = this.#strike("tool", inner.name, inner.ends);
        if (!struck) return inner.run(call, context);
        const { rule, random } = struck;
        switch (rule.fault) {
          case "timeout":
            await this.#wait(rule, context.signal);
            return toolFailed(`timed out after ${rule.forMs ?? SOON_MS} ms`);
          case "error":
            return toolFailed(said(rule.status ?? 503));
          case "storm":
            return toolFailed(said(429));
          case "delay":
            await this.#wait(rule, context.signal);
            return inner.run(call, context);
          case "duplicate": {
            const first = await inner.run(call, context);
            await inner.run(call, context);
            return first;
          }
          default: {
            const result = await inner.run(call, context);
            const { damaged, isAimed } = damagedResult(result, { ...rule, fault: rule.fault }, random);
            if (damaged.content === result.content) struck.missed(isAimed);
            return damaged;
          }
        }
      },
    };
  }

  /** A scorer that meets faults. @param signal of the attempt */
  scorer(name: string, inner: Scorer, signal: () => AbortSignal): Scorer {
    if (!this.#isAimedAt("scorer", name)) return inner;
    return async (state, target, generate) => {
      const struck = this.#strike("scorer", name);
      const score = async (): Promise<Score> => toScore(await inner(state, target, generate));
      if (!struck) return score();
      const { rule } = struck;
      switch (rule.fault) {
        case "delay":
          await this.#wait(rule, signal());
          return score();
        case "drop":
          return unscored(`the score was lost${this.#told()}`);
        case "corrupt":
          return turnedScore(await score(), rule.with, this.#told());
        default:
          await this.#refuse(rule, `the scorer ${name}`, signal());
          return score();
      }
    };
  }

  #isAimedAt(kind: TargetKind, name: string): boolean {
    return this.#rules.some(({ rule }) => isAimedAt(rule, kind, name));
  }

  /** Counts a call, and gives the first rule that strikes it; all rules that are aimed at it count it. */
  #strike(kind: TargetKind, name: string, isNamed = false): Struck | undefined {
    let first: Struck | undefined;
    for (const [number, live] of this.#rules.entries()) {
      const { rule } = live;
      if (!isAimedAt(rule, kind, name) || (isNamed && aimOf(rule.target).pattern !== name)) continue;
      const isLate =
        this.#attempt.attempt > (rule.attempts ?? (rule.fault === "storm" ? STORMY_ATTEMPTS : this.#attempt.attempt));
      const strikes = live.strikes(isOfItem(rule) ? "item" : undefined) && !isLate && !first;
      this.#note(number, `${kind}:${name}`, strikes);
      if (strikes)
        first = {
          rule: rule as Struck["rule"],
          random: this.#random(number, live.counts().seen),
          missed: (isAimed) => this.#forget(number, `${kind}:${name}`, isAimed),
        };
    }
    return first;
  }

  #note(rule: number, on: string, strikes: boolean): void {
    const key = `${rule} ${on}`;
    const one = this.#met.get(key) ?? { rule, on, calls: 0, struck: 0 };
    one.calls += 1;
    if (strikes) one.struck += 1;
    this.#met.set(key, one);
  }

  #forget(rule: number, on: string, isAimed: boolean): void {
    const key = `${rule} ${on}`;
    const one = this.#met.get(key)!;
    one.struck -= 1;
    if (!isAimed) one.calls -= 1;
    if (one.calls === 0) this.#met.delete(key);
  }

  #random(rule: number, call: number | string): Random {
    const { seed, faults, itemId, repeat } = this.#attempt;
    return stream(seed, "damage", faults.level, rule, itemId, repeat, call);
  }

  #wait({ forMs = SOON_MS }: LevelRule, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#attempt;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        clock.clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = clock.setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, forMs);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  readonly #told = (): string => toldOf(this.#attempt.faults.level);

  readonly #lost = (): Failure =>
    failure("connection_refused", `the answer was lost${this.#told()}`, { code: "ECONNRESET" });

  /** A timeout, an error or a storm. @throws FailureError always */
  async #refuse(rule: LevelRule, who: string, signal?: AbortSignal): Promise<never> {
    if (rule.fault === "timeout") {
      await this.#wait(rule, signal);
      throw new FailureError("timeout", `${who} did not answer within ${rule.forMs ?? SOON_MS} ms${this.#told()}`);
    }
    const status = rule.fault === "storm" ? 429 : (rule.status ?? 503);
    const { retryAfterMs } = rule;
    throw FailureError.of({
      ...toFailure({ status, message: `${said(status)} from ${who}${this.#told()}` }, 0),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

/** Whether a failure came of a fault of a level, and not of the world: it says so at its end. */
export const isOfLevel = ({ message }: Failure): boolean => /\(fault of level [^\n]*\)$/.test(message);

const said = (status: number): string => [status, statusWords[status]].filter(Boolean).join(" ");
