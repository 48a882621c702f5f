import type { Amendment, PlanLock } from "./decided.ts";
import type { ExperimentDescription } from "./describe.ts";
import type { StoredFlags } from "./flags.ts";
import type { Growth } from "./growth.ts";
import type { LimitChanges } from "./limits.ts";
import type { OptionChange } from "./option-changes.ts";
import type { Accounting } from "./outcome.ts";
import type { ScorerDigests, ScoringRecord } from "./scoring-record.ts";

/** What ran, and where: everything that a reader needs to trust the numbers or to run it again. Plain JSON, stored with the rows. */
export interface Manifest {
  readonly format: "crucible-manifest/1";
  readonly experimentId: string;
  readonly experiment: ExperimentDescription;
  /** Absolute path of the experiment file, when it was run from one. */
  readonly file?: string;
  /** Values given with `-T key=value`; of a secret one, `[redacted]`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Parameters that are secrets, and the environment variable that each is read from when the run is resumed; absent where none is. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly dataset: {
    /** Path, registered name, or kind of the source. */
    readonly source: string;
    /** Of a stream those that were read so far, and their digest. */
    readonly items: number;
    /** Digest of ids and contents, in the order of the source. */
    readonly digest: string;
    /** Present where rows were read while tasks were run, in the order of the source. */
    readonly stream?: {
      /** Whether all were read that there are, or were asked for: no more tasks will be planned. */
      readonly ended: boolean;
    };
  };
  readonly plan: {
    readonly tasks: number;
    readonly hash: string;
  };
  readonly seed: number;
  /** The price table that calls were priced by, where the run was given one. */
  readonly prices?: {
    readonly version: string;
    readonly currency: string;
    /** Digest of the amounts, where they are a table of our own. */
    readonly digest?: string;
  };
  readonly createdAt: string;
  readonly environment: {
    readonly crucible: string;
    readonly node: string;
    readonly platform: string;
    readonly cpus: number;
    readonly memoryGb: number;
    /** Commit of the experiment file's repository, and whether the tree had changes; absent outside git. */
    readonly git?: { readonly commit: string; readonly dirty: boolean };
    /** What models that run on this machine had to run on; absent in runs that are older than this entry. */
    readonly hardware?: HardwareProfile;
  };
  /** What was decided before the first task; absent in runs that are older than this entry. */
  readonly decided?: PlanLock;
  /** Options that were changed when the run was resumed, oldest first. */
  readonly amendments?: readonly Amendment[];
  /** Settings that `beforeExperiment` changed, with both values; `experiment` is as it was defined. Absent where it changed none. */
  readonly changedByHook?: readonly OptionChange[];
  /** What was asked when it was started or last resumed, beside its file; absent in runs that are older than this entry. */
  readonly flags?: StoredFlags;
  /** The code of its file; absent where it was not run from one, or where it could not be read. */
  readonly code?: CodeIdentity;
  /** Times that the run was made larger, oldest first; `experiment`, `dataset` and `plan` are those of today. */
  readonly growth?: readonly Growth[];
  /** Digest of the code of each scorer by condition; absent in runs that are older than this entry, whose rows do not say what else solvers left. */
  readonly scorers?: ScorerDigests;
  /** Present where these are other scores of answers that a run has stored. */
  readonly scoring?: ScoringRecord;
  /** Set when faults were injected: such a run proves nothing about models. */
  readonly faults?: string;
}

/** For the accounting of a run: whether more of its tasks may be planned. */
export const openOf = ({ dataset }: Pick<Manifest, "dataset">): Pick<Accounting, "open"> =>
  dataset.stream?.ended === false ? { open: true } : {};

/** What an experiment file does beside the functions whose text is compared. */
export interface CodeIdentity {
  /** Of the file and all that it imports by path, without comments, with the versions of the packages that it imports. */
  readonly digest: string;
  /** Environment variables that it reads as it is loaded, without secrets; `null` for one that was not set. */
  readonly variables?: Readonly<Record<string, string | null>>;
}

/** One graphics card. */
export interface Gpu {
  readonly name: string;
  readonly memoryGb: number;
  readonly driver?: string;
}

/** The machine that models run on, and what it suggests. */
export interface HardwareProfile {
  readonly class: "edge_minimal" | "edge_standard" | "server_standard" | "server_large" | "cpu_only";
  /** Tasks that may well run at the same time. */
  readonly suggestedConcurrency: number;
  /** What a timeout that suits a `server_standard` is multiplied by. */
  readonly timeoutFactor: number;
  readonly gpus: readonly Gpu[];
  readonly cpu: { readonly model: string; readonly cores: number };
  readonly memoryGb: number;
}

/** How a run ended. `running` in a store whose process is gone means it was killed. */
export type RunStatus = "running" | "completed" | "stopped_early" | "aborted" | "interrupted" | "budget_exhausted";

/** What a run cost in time: sessions are the spans between a start or resume and its end. */
export interface RunSession {
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly status: RunStatus;
  /** Why it ended so, in a sentence. */
  readonly reason?: string;
  /** Whether the circuit breaker ended it: the next session begins half-open. */
  readonly cause?: "breaker" | "store" | "quota" | "misspelt" | "stray" | "source";
  /** Places in the plan of the tasks that were under way when this session was aborted; a fifth of a second before, where it was killed. */
  readonly underWay?: readonly number[];
  /** Tasks that were in flight when the session before was cut off, and ran again in this one. */
  readonly rerun?: number;
  /** What had been promised to those attempts: it counts as spent, since their outcome is unknown. */
  readonly rerunCost?: number;
  /** Amount spent by the end of this session, over all sessions, that is in no row: attempts that were cut off, or charged late. */
  readonly lostCost?: number;
  /** What went wrong inside the tree and was mended: services restarted after a crash, times that the circuit opened. Absent where nothing was. */
  readonly incidents?: { readonly restarts: number; readonly circuitOpened: number };
  /** What was changed by hand while it was active, oldest first. */
  readonly interventions?: readonly Intervention[];
}

/** A change made by a user to an active run. */
export interface Intervention {
  readonly what: "limits" | "pause" | "continue";
  /** Milliseconds since 1970. */
  readonly at: number;
  /** User of the system, and the process: `ada, process 4711`. */
  readonly by: string;
  readonly reason?: string;
  readonly changes?: LimitChanges;
}
