import { addUsage, type Usage } from "#src/backends/backend";
import { ConfigError } from "#src/kernel/errors";

/** A limit that ended the work on a sample. What had been answered by then is scored. */
export interface LimitReached {
  readonly type: "message" | "token" | "cost" | "turn";
  readonly limit: number;
  /** What was counted against it. */
  readonly value: number;
}

/** What calls used and cost. */
export interface Spent {
  readonly usage?: Usage | undefined;
  readonly cost?: number | undefined;
}

/** Limits on the sum of all calls. */
export interface SpendLimits {
  readonly tokenLimit: number | undefined;
  readonly costLimit: number | undefined;
}

/**
 * What all branches of a sample spent together, and whose turn it is where limits may end the work: the one thing about a state that changes.
 *
 * A call is made where the calls under way, each counted as the most expensive so far, leave room for it. So branches end at the same call as if they
 * came one after the other; as long as no call has ended, the first goes alone.
 */
export class SpendLedger implements Spent {
  usage: Usage | undefined;
  cost: number | undefined;
  #mostExpensive: { tokens: number; cost: number } | undefined;
  #underWay = 0;
  #waiting: (() => void)[] = [];

  constructor({ usage, cost }: Spent) {
    this.usage = usage;
    this.cost = cost;
  }

  add({ usage, cost }: Spent): void {
    const { tokens, cost: highestCost } = this.#mostExpensive ?? { tokens: 0, cost: 0 };
    this.#mostExpensive = {
      tokens: Math.max(tokens, usage?.totalTokens ?? 0),
      cost: Math.max(highestCost, cost ?? 0),
    };
    this.usage = addUsage(this.usage, usage);
    if (cost !== undefined) this.cost = (this.cost ?? 0) + cost;
  }

  /** Waits until a call may be made. Each `enter` is followed by a `leave`, however the call ends. */
  async enter(limits: SpendLimits): Promise<void> {
    while (!this.#hasRoom(limits)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#underWay += 1;
  }

  leave(): void {
    this.#underWay -= 1;
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }

  #hasRoom({ tokenLimit, costLimit }: SpendLimits): boolean {
    if (this.#underWay === 0) return true;
    if (!this.#mostExpensive) return false;
    const tokens = (this.usage?.totalTokens ?? 0) + this.#underWay * this.#mostExpensive.tokens;
    const cost = (this.cost ?? 0) + this.#underWay * this.#mostExpensive.cost;
    return !(tokenLimit !== undefined && tokens > tokenLimit) && !(costLimit !== undefined && cost > costLimit);
  }
}

/** The limit that was passed, if any. At a limit is not above it. */
export function limitPassed({ usage, cost }: Spent, { tokenLimit, costLimit }: SpendLimits): LimitReached | undefined {
  if (tokenLimit !== undefined && usage !== undefined && usage.totalTokens > tokenLimit)
    return { type: "token", limit: tokenLimit, value: usage.totalTokens };
  if (costLimit !== undefined && cost !== undefined && cost > costLimit)
    return { type: "cost", limit: costLimit, value: cost };
  return undefined;
}

/** @throws ConfigError for a limit below 0, and for a part of a message */
export function checkLimits({
  messageLimit,
  tokenLimit,
  costLimit,
}: SpendLimits & { readonly messageLimit: number | undefined }): void {
  if (messageLimit !== undefined) checkCount("messageLimit", messageLimit);
  if (tokenLimit !== undefined) checkCount("tokenLimit", tokenLimit);
  if (costLimit !== undefined && !(costLimit >= 0 && Number.isFinite(costLimit)))
    throw new ConfigError("costLimit", "must be an amount of at least 0", costLimit);
}

function checkCount(name: string, limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 0) throw new ConfigError(name, "must be an integer of at least 0", limit);
}
