import type { Backend, CallContext, GenerateConfig, GenerateResult, Reply } from "#src/backends/backend";
import type { Random } from "#src/kernel/random";
import type { TaskState, Tool } from "./state.ts";

/** What is called in the course of a task. */
export type CallKind = "model" | "tool" | "scorer";

/** What a solver may ask of its surroundings, where it runs inside an experiment. */
export interface SolverContext {
  /** Aborted at the timeout and when the run is stopped. */
  readonly signal?: AbortSignal | undefined;
  /** Seeded uniform numbers in [0, 1), the same for this task in every run. */
  readonly random?: Random | undefined;
  /** Called when a call begins to wait for its turn, and when it proceeds. */
  readonly onWait?: CallContext["onWait"];
  /** Who lets calls through that are limited. */
  readonly admission?: CallContext["admission"];
  /** What is put around a tool before the model calls it. */
  readonly aroundTool?: ((tool: Tool) => Tool) | undefined;
  /** Called when a call begins. @returns to be called once when it has ended, with whether it failed */
  readonly onCall?: ((kind: CallKind, name: string) => (failed?: boolean) => void) | undefined;
  /** Whether the first scorer gives the state's answer full marks, where there are scorers. */
  readonly accepts?: ((state: TaskState) => Promise<boolean>) | undefined;
}

/** Calls a model with the messages of a state. Any function of this shape will do; the context rides on it where there is one. */
export interface Generate {
  (state: TaskState, config: GenerateConfig): GenerateResult | Promise<GenerateResult>;
  readonly context?: SolverContext;
}

/** One step of work on a sample: takes a state and gives the next. It rejects where the world says no, which stops the chain. */
export type Solver = (state: TaskState, generate: Generate) => Promise<TaskState> | TaskState;

/** @example await namedSolver(state, generateWith(scripted(["4"]))) */
export function generateWith(
  backend: Backend,
  context: SolverContext & { readonly onReply?: (reply: Reply) => void } = {},
): Generate {
  const call = async (state: TaskState, config: GenerateConfig): Promise<Reply> => {
    const { signal, onWait, admission } = context;
    const ended = context.onCall?.("model", config.model ?? backend.model ?? backend.name);
    try {
      const reply = await backend.generate(state.messages, config, { signal, onWait, admission });
      ended?.();
      context.onReply?.(reply);
      return reply;
    } finally {
      ended?.(true); // it threw, where it has not ended
    }
  };
  return Object.assign(call, { context });
}
