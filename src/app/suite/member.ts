import type { Fact } from "#actors/messages";
import type { Experiment } from "#src/experiment/define";
import { ConfigError } from "#src/kernel/errors";
import { toFailure } from "#src/kernel/failure";
import { redact } from "#src/kernel/redact";
import type { Share } from "#src/policy/share";
import type { MemberEnding, SuiteMember } from "#supervisors/suite-member";
import { start } from "../run.ts";
import type { RunHandle } from "../run-handle.ts";
import type { RunOptions } from "../run-options.ts";
import type { RunReport } from "../run-report.ts";

/** How an experiment of a suite is doing, or how it ended: as a run, or without one. */
export type SuiteExperimentStatus = "waiting" | "running" | RunReport["status"] | "refused" | "crashed" | "not_started";

/** What observers see of an experiment of a suite. */
export type MemberFact =
  | { readonly type: "experiment.started"; readonly experiment: string; readonly experimentId: string }
  | {
      readonly type: "experiment.ended";
      readonly experiment: string;
      readonly experimentId: string;
      readonly status: SuiteExperimentStatus;
      readonly reason?: string;
    }
  /** A fact of its run. */
  | { readonly type: "experiment.fact"; readonly experiment: string; readonly fact: Fact };

export interface MemberParts {
  readonly experiment: Experiment;
  readonly experimentId: string;
  readonly file: string | undefined;
  readonly options: RunOptions;
  readonly share: Share;
  readonly facts: (fact: MemberFact) => void;
}

/** An experiment of a suite as a child of its supervisor: starts its run, hands on what is asked of it, keeps how it ended. */
export class Member implements SuiteMember {
  readonly name: string;
  readonly parts: MemberParts;
  handle: RunHandle | undefined;
  report: RunReport | undefined;
  status: SuiteExperimentStatus = "waiting";
  reason: string | undefined;
  /** What ended it without a report. */
  error: unknown;

  constructor(parts: MemberParts) {
    this.parts = parts;
    this.name = parts.experiment.name;
  }

  async run(): Promise<MemberEnding> {
    const { experiment, experimentId, file, options, share, facts } = this.parts;
    this.status = "running";
    facts({ type: "experiment.started", experiment: this.name, experimentId });
    let [isOpen, isSpent] = [false, false];
    try {
      const given = { ...options, id: experimentId, share, ...(file === undefined ? {} : { file }) };
      this.handle = start(experiment, given);
      const heard = this.#hear(this.handle, (fact) => {
        if (fact.type === "circuit.opened") isOpen = true;
        if (fact.type === "circuit.closed") isOpen = false;
        if (fact.type === "budget.exhausted" && fact.suite) isSpent = true;
      });
      this.report = await this.handle.done.finally(() => heard);
      this.#end(this.report.status, this.report.reason);
    } catch (error) {
      this.error = error;
      const { message } = error instanceof Error ? error : toFailure(error, 0);
      this.#end(error instanceof ConfigError ? "refused" : "crashed", redact(message));
    } finally {
      share.leave();
    }
    return { hasOpened: isOpen && this.report?.status === "aborted", isSpent };
  }

  succeeded(): number {
    return this.handle?.status().accounting.succeeded ?? 0;
  }

  pause(): void {
    this.handle?.pause("the suite is paused");
  }

  resume(): void {
    this.handle?.resume("the suite is resumed");
  }

  drain(reason: string): void {
    this.handle?.drain(reason);
  }

  abort(reason: string): void {
    this.handle?.abort(reason);
  }

  /** It was not reached. */
  leaveOut(reason: string): void {
    if (this.status === "waiting") this.#end("not_started", reason);
  }

  /** A bug ended it, not its run. */
  crash(error: unknown): void {
    this.error = error;
    this.#end("crashed", redact(error instanceof Error ? error.message : String(error)));
  }

  #end(status: SuiteExperimentStatus, reason: string | undefined): void {
    this.status = status;
    this.reason = reason;
    const { experimentId, facts } = this.parts;
    const why = reason === undefined ? {} : { reason };
    facts({ type: "experiment.ended", experiment: this.name, experimentId, status, ...why });
  }

  async #hear(handle: RunHandle, listen: (fact: Fact) => void): Promise<void> {
    for await (const fact of handle.facts) {
      listen(fact);
      this.parts.facts({ type: "experiment.fact", experiment: this.name, fact });
    }
  }
}
