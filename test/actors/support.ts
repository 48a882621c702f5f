import type { AnyStateMachine, InspectionEvent } from "xstate";
import type { FsmChart } from "#actors/fsm-chart";
import type { Fact, ReplyTo, RunCommand } from "#actors/messages";
import type { Outcome } from "#src/experiment/outcome";
import type { StopRequest } from "#src/experiment/session";
import { failure } from "#src/kernel/failure";

/** Which states and events of a chart its tests have reached. A state that is left as soon as it is entered shows nowhere. */
export function coverageOf(chart: AnyStateMachine | { readonly config: FsmChart }) {
  const reached = new Set<string>();
  const { states, on } = chart.config as FsmChart;
  const events = [on, ...Object.values(states).map((state) => state.on)].flatMap((heard) => Object.keys(heard ?? {}));
  const resting = Object.keys(states).filter((name) => !states[name]!.always?.some(({ guard }) => !guard));
  return {
    /** Give it to every actor of the chart. */
    inspect: (event: InspectionEvent): void => {
      if (event.type === "@xstate.event") reached.add(event.event.type);
      if (event.type === "@xstate.snapshot") reached.add(String((event.snapshot as { value?: unknown }).value));
    },
    missing: (): string[] => [...resting, ...events].filter((name) => !reached.has(name)),
  };
}

/** Somebody who waits for answers. */
export interface Mailbox<Event extends { type: string }> extends ReplyTo<Event> {
  readonly mail: Event[];
  /** Types of all mail in order. */
  types(): string[];
  stop(): void;
}

export function mailbox<Event extends { type: string }>(): Mailbox<Event> {
  const mail: Event[] = [];
  let status: "active" | "stopped" = "active";
  return {
    mail,
    types: () => mail.map(({ type }) => type),
    stop: () => {
      status = "stopped";
    },
    send: (event) => void mail.push(event),
    getSnapshot: () => ({ status, output: undefined, error: undefined }),
  };
}

/** What a service tells the run, in order. */
export function ears() {
  const facts: Fact[] = [];
  const stops: StopRequest[] = [];
  return {
    stops,
    facts: (fact: Fact) => void facts.push(fact),
    types: () => facts.map(({ type }) => type),
    run: { send: (command: RunCommand) => void (command.type === "run.stop" && stops.push(command.request)) },
    all: facts,
  };
}

/** A stored row by how its task ended. */
export function ended(ordinal: number, how: "ok" | "failed" | "throttled" | "skipped" | "unscored" = "ok"): Outcome {
  const statuses = {
    ok: "success",
    failed: "failed_permanent",
    throttled: "failed_retries_exhausted",
    skipped: "skipped",
    unscored: "unscored",
  } as const;
  const errors = { failed: failure("server_error", "500"), throttled: failure("rate_limited", "429") };
  return {
    ordinal,
    condition: "a",
    itemId: `q${ordinal}`,
    repeat: 0,
    finalStatus: statuses[how],
    metrics: {},
    ...(how === "failed" || how === "throttled" ? { error: errors[how] } : {}),
    attempts: 1,
    retryDelaysMs: [],
    errorHistory: [],
    elapsedMs: 1,
    startedAt: 0,
    worker: "inline",
  };
}
