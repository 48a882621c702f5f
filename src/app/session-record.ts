import type { FactSink } from "#actors/messages";
import { hasBudget, type LimitChanges } from "#src/experiment/limits";
import type { Intervention, RunSession } from "#src/experiment/manifest";
import { withoutSecrets } from "#src/kernel/redact";
import type { RunStore } from "#src/store/store";
import type { RunScope } from "#supervisors/run-scope";
import { reservationsOf } from "./wire.ts";

/** The record of one session while it is active: what was done to the run by hand, as soon as it is done, and what is under way. */
export class SessionRecord {
  readonly #store: RunStore;
  readonly #facts: FactSink;
  readonly #number: number;
  #session: RunSession;
  /** Settles when the store has all of it. */
  written: Promise<unknown> = Promise.resolve();
  readonly done: Intervention[] = [];

  /** @param number of the session, which is in the store already */
  constructor(store: RunStore, facts: FactSink, number: number, session: RunSession) {
    this.#store = store;
    this.#facts = facts;
    this.#number = number;
    this.#session = session;
  }

  /** @returns a promise that settles when the store has it; the end of the session writes it once more */
  note(intervention: Intervention): Promise<unknown> {
    const { what, by, reason, changes } = intervention;
    const about = { by, ...(reason === undefined ? {} : { reason }) };
    this.done.push(withoutSecrets(intervention));
    if (what === "limits") this.#facts({ type: "limits.changed", changes: changes ?? {}, ...about });
    else this.#facts({ type: what === "pause" ? "run.paused" : "run.continued", ...about });
    return this.#write();
  }

  /** Keeps which tasks are under way, for the session after this one. */
  noteUnderWay(underWay: readonly number[]): void {
    this.#session = { ...this.#session, underWay };
    void this.#write();
  }

  #write(): Promise<unknown> {
    const session = this.done.length > 0 ? { ...this.#session, interventions: [...this.done] } : this.#session;
    this.written = this.written.then(() => this.#store.putSession(this.#number, session)).catch(() => {});
    return this.written;
  }
}

/** Applies changed limits: workers that wait are notified, and restarted services begin with them. */
export function applyLimits(scope: RunScope, changes: LimitChanges): void {
  for (const [name, { to }] of Object.entries(changes)) Object.assign(scope.limits, { [name]: to ?? undefined });
  const { maxParallel, maxTotal, maxPerCondition } = scope.limits;
  if (hasBudget(scope.limits)) scope.money.reservationOf ??= reservationsOf(scope.experiment, scope.tally);
  scope.service("budget")?.send({ type: "budget.change", limits: { maxTotal, maxPerCondition } });
  const rateLimit = changes.rateLimit ? { rateLimit: changes.rateLimit.to } : {};
  scope.service("limiter")?.send({ type: "limits.change", maxParallel, ...rateLimit });
  for (const feeder of [...scope.pools.values()]) feeder.feed();
}
