import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** A recording of Erlang/OTP's supervisor. The format is described in FORMAT.md beside the recordings. */
export interface Scenario {
  id: string;
  title?: string;
  tags?: string[];
  tree: Child;
  steps: Step[];
  trace: TraceEvent[];
  final: Final;
}

export interface Child {
  id: string;
  restart?: string;
  shutdown?: number | string;
  type?: string;
  significant?: boolean;
  omit?: string[];
  start?: Outcome[];
  startThen?: Outcome;
  stop?: "obey" | "trap" | "slow" | "ignore" | "exit_normal" | "exit_crash" | "exit_shutdown_term";
  stopDelay?: number;
  sup?: { strategy?: string; intensity?: number; period?: number; auto_shutdown?: string };
  children?: Child[];
}

export type Outcome = "ok" | "ignore" | "error" | "crash" | "badret";
export type Reason = string | { shutdown: unknown };
export type Path = string[];

export interface ApiStep {
  op: "start_child" | "terminate_child" | "restart_child" | "delete_child" | "which_children" | "count_children";
  path: Path;
  id?: string;
  pidOf?: Path;
  spec?: Child;
  args?: [string];
}
export interface Injection {
  path: Path;
  ops: ApiStep[];
}
export type Step =
  | ApiStep
  | { op: "exit" | "signal"; path: Path; reason: Reason; inject?: Injection[] }
  | { op: "exit_many"; path: Path; targets: { id: string; reason: Reason }[]; inject?: Injection[] }
  | { op: "stop" }
  | { op: "wait"; ms: number }
  | { op: "align"; phase: number };

/** One line of a trace; the keys beside `step` and `ev` depend on `ev`. */
export interface TraceEvent {
  step: number;
  ev: string;
  path?: Path;
  n?: number;
  orphan?: boolean;
  unordered?: boolean;
  [key: string]: unknown;
}

export interface Final {
  root: "alive" | "dead";
  tree: unknown;
  orphans: unknown[];
}

/** Where the recordings are: CRUCIBLE_SHARED, or the folder beside the repository. */
export const recordingsFolder = resolve(
  process.env.CRUCIBLE_SHARED ?? resolve(import.meta.dirname, "../../../../shared"),
  "otp",
);

export const readRecording = (file: string): Scenario[] => JSON.parse(readFileSync(file, "utf8"));

export const hasRecordings = (): boolean => existsSync(resolve(recordingsFolder, "named.json"));
