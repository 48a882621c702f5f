import type { AnyActorRef } from "xstate";
import { lastingHarm } from "#src/execute/builtins";
import { refuseFrozenBuiltins } from "#src/execute/frozen";
import { holdStrays } from "#src/execute/strays";
import { type LimitChanges, type LimitsChange, limitChanges } from "#src/experiment/limits";
import type { Intervention } from "#src/experiment/manifest";
import type { StopRequest } from "#src/experiment/session";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { toFailure } from "#src/kernel/failure";
import type { Ready, RunEnding, RunInput } from "#supervisors/run";
import { beginSession, type OpenSession } from "./begin-session.ts";
import { endSession, reportSession } from "./end-session.ts";
import type { ArmedFaults } from "./fault-injection.ts";
import type { FactStream } from "./observe/facts.ts";
import { countIncidents } from "./observe/incidents.ts";
import { type Observed, observe } from "./observe/observe.ts";
import { operatorName } from "./observe/operator.ts";
import type { RunStatusNow } from "./observe/status.ts";
import type { Beginning } from "./prepare.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunReport } from "./run-report.ts";
import { applyLimits } from "./session-record.ts";
import { removeStore } from "./stores.ts";

/** What a run does before and after its tasks: the steps that its machine takes, and how far they have come. */
export class RunSteps implements Omit<RunInput, "facts"> {
  readonly #handle: Observed;
  readonly #begin: () => Promise<Beginning>;
  readonly #options: RunOptions;
  readonly #facts: FactStream;
  readonly #incidents: ReturnType<typeof countIncidents>;
  #endObservation: () => void = () => {};
  #releaseStrays: () => void = () => {};
  #faults: ArmedFaults | undefined;
  beginning: Beginning | undefined;
  session: OpenSession | undefined;

  constructor(handle: Observed, begin: () => Promise<Beginning>, options: RunOptions, facts: FactStream) {
    this.#handle = handle;
    this.#begin = begin;
    this.#options = options;
    this.#facts = facts;
    this.#incidents = countIncidents(facts);
  }

  readonly prepare = async (run: AnyActorRef, stop: () => StopRequest | undefined): Promise<Ready> => {
    refuseFrozenBuiltins();
    const begun = await this.#begin();
    const { experiment, clock, settings } = begun.prepared;
    const options = this.#options;
    const faults = options.faults?.arm({ clock, timeoutMs: experiment.config.timeoutMs });
    this.#faults = faults;
    const beginning = faults ? { ...begun, store: faults.store(begun.store) } : begun; // before anything is read from it
    this.beginning = beginning;
    this.#endObservation = observe(this.#handle, beginning, options, this.#facts.listen);
    if (options.signal?.aborted) this.#handle.drain("the signal was aborted");
    if (settings.dryRun) return {};
    this.#releaseStrays = holdStrays();
    try {
      this.session = await beginSession({ ...beginning, options, faults, facts: this.#facts, run, stop });
    } catch (error) {
      await this.#close();
      if (error instanceof ConfigError) await removeStore(beginning, options);
      throw this.#named(error);
    }
    const { live, decided } = this.session;
    return live ? { scope: live.scope } : { stop: decided };
  };

  readonly conclude = async (ending: () => RunEnding): Promise<RunReport> => {
    try {
      if (!this.session) return await (await import("./dry-run.ts")).dryRun(this.#handle.id, this.beginning!);
      for (const message of this.#faults?.idle?.() ?? []) this.#facts.publish({ type: "executor.notice", message });
      const ended = await endSession(this.session, ending, this.#incidents());
      this.#facts.publish({ type: "run.ended", status: ended.session.status });
      const isFirst = this.beginning!.sessions.length === 0; // one that continues has not the whole tree
      const aimless = isFirst ? this.#faults?.aimless?.() : undefined;
      return await reportSession(this.session, ended, this.#facts.publish, aimless);
    } catch (error) {
      throw this.#named(this.#explained(error));
    } finally {
      await this.#close();
    }
  };

  readonly note = (what: Intervention["what"], by?: string, reason?: string): void =>
    void this.#note({ what }, by, reason);

  async adjust(
    state: RunStatusNow["state"],
    change: LimitsChange,
    reason?: string,
    by?: string,
  ): Promise<LimitChanges> {
    const live = state === "running" || state === "paused" ? this.session?.live : undefined;
    if (!live) throw new ConfigError("the run", "must be running for its limits to change", state);
    const changes = limitChanges(live.scope.limits, change);
    if (Object.keys(changes).length === 0) return changes;
    applyLimits(live.scope, changes);
    await this.#note({ what: "limits", changes }, by, reason);
    return changes;
  }

  /** Lets go of what the run holds of this process, as if the process were gone: nothing is ended, written or closed. */
  abandon(): void {
    this.#endObservation();
    this.#releaseStrays();
  }

  #note(
    done: Pick<Intervention, "what" | "changes">,
    by = operatorName(),
    reason?: string,
  ): Promise<unknown> | undefined {
    const at = this.beginning!.prepared.clock.now();
    return this.session?.live?.record.note({ ...done, at, by, ...(reason === undefined ? {} : { reason }) });
  }

  async #close(): Promise<void> {
    this.#endObservation();
    try {
      await this.beginning?.store.close();
    } finally {
      this.#releaseStrays();
    }
  }

  /** What came of built-in functions that are no longer what they were, as a sentence: such an error is the task's, not ours. */
  #explained(error: unknown): unknown {
    const harm = error instanceof StoreError || error instanceof ConfigError ? undefined : lastingHarm();
    if (harm === undefined) return error;
    const id = this.#handle.id;
    const sentence = `${harm}: the reports cannot be made in this process (${toFailure(error, 0).message}). All rows are stored, and crucible report ${id} makes them`;
    return new StoreError(this.beginning!.store.location, harm, { experimentId: id, sentence });
  }

  /** A store that refuses, with how to continue. */
  #named(error: unknown): unknown {
    return error instanceof StoreError ? error.endOf(this.#handle.id) : error;
  }
}
