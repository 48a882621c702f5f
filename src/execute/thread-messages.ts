import type { MessagePort } from "node:worker_threads";
import type { GenerateConfig, Limit, Message, Permit, Reply } from "#src/backends/backend";
import type { AttemptResult } from "#src/experiment/execute";
import type { Task } from "#src/experiment/task";
import type { Failure } from "#src/kernel/failure";
import type { EffectiveOptions } from "./remote-options.ts";

/** What every thread of a pool receives when it starts. */
export interface ThreadData {
  /** The bundle that exports the experiment. */
  readonly path: string;
  /** The experiment file, for messages. */
  readonly file: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly options: EffectiveOptions;
  /** Conditions whose model calls are made where the run is. */
  readonly served: readonly string[];
}

/** Why a thread cannot do the run's tasks: the parts of a ConfigError, whose class does not travel. */
export interface LoadRefusal {
  readonly path: string;
  readonly law: string;
  readonly value?: unknown;
}

/** Attempts that a thread does one after another, and its line to the run meanwhile. */
export interface BatchInput {
  readonly attempts: readonly { readonly task: Task; readonly attempt: number }[];
  readonly port: MessagePort;
  /** Shared: see `CURRENT`, `WAITING`, `SKIP`. */
  readonly progress: Int32Array;
}

/** Where in `progress` stands which attempt is under way; -1 before the first. */
export const CURRENT = 0;
/** How many calls of it wait for their turn: such time is not its own. */
export const WAITING = 1;
/** From here on, for each attempt: whether it is no longer wanted. */
export const SKIP = 2;

/** What a thread asks and is answered. */
export type Question =
  | {
      readonly type: "generate";
      readonly index: number;
      readonly messages: readonly Message[];
      readonly config: GenerateConfig;
    }
  | { readonly type: "enter"; readonly limit: Limit; readonly tokens: number };

export type ThreadMessage =
  | { readonly type: "ended"; readonly index: number; readonly result: AttemptResult }
  | { readonly type: "log"; readonly index: number; readonly message: string }
  /** An uncaught error: of an attempt that has ended, in a sentence, or of no attempt at all. */
  | { readonly type: "stray"; readonly message: string; readonly isLate: boolean }
  /** Charged by an attempt that has ended. */
  | { readonly type: "late"; readonly index: number; readonly amount: number }
  | { readonly type: "ask"; readonly id: number; readonly question: Question }
  /** The answer is no longer wanted. */
  | { readonly type: "forget"; readonly id: number }
  | { readonly type: "settle"; readonly id: number; readonly result: Parameters<Permit["settle"]>[0] };

export type HostMessage =
  | { readonly type: "cancel"; readonly index: number }
  | { readonly type: "waiting"; readonly id: number; readonly waiting: boolean }
  | { readonly type: "answer"; readonly id: number; readonly reply?: Reply }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure };
