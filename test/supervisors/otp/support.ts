import { type AnyActorRef, setup } from "xstate";
import { crash, type Exit, normal, type SupervisionFact } from "#supervisors/otp/index";

/** A worker that ends as it is told to. */
export const worker = setup({
  types: {
    input: {} as unknown,
    events: {} as { type: "crash" } | { type: "finish"; exit?: Exit },
    output: {} as Exit,
  },
  actions: {
    fail: () => {
      throw new Error("boom");
    },
  },
}).createMachine({
  id: "worker",
  initial: "working",
  output: ({ event }) => (event as unknown as { output: Exit }).output,
  states: {
    working: { on: { crash: { actions: "fail" }, finish: "finished" } },
    finished: { type: "final", output: ({ event }) => (event.type === "finish" && event.exit) || normal },
  },
});

/** A worker that hears that it should stop, and does not. */
export const deafWorker = setup({ actions: { stayHere: () => {} } }).createMachine({
  id: "deafWorker",
  on: { "actor.shutdown": { actions: "stayHere" } },
});

/** A worker that needs `closingMs` to stop. */
export const slowWorker = (closingMs: number) =>
  setup({ delays: { closingMs } }).createMachine({
    id: "slowWorker",
    initial: "working",
    states: {
      working: { on: { "actor.shutdown": "closing" } },
      closing: { after: { closingMs: "closed" } },
      closed: { type: "final" },
    },
  });

/** Collects what a supervisor tells, as short lines such as `a exited crash, again in 100`. */
export function listener(): { onFact: (fact: SupervisionFact) => void; lines: string[] } {
  const lines: string[] = [];
  const onFact = (fact: SupervisionFact): void => {
    const verb = fact.type.split(".")[1]!;
    if (fact.type !== "child.exited") lines.push(`${fact.id} ${verb}`);
    else lines.push(`${fact.id} ${verb} ${fact.exit.kind}${fact.willRestart ? `, again in ${fact.delayMs}` : ""}`);
  };
  return { onFact, lines };
}

/** The value of an answer, or a failed test. */
export function must<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

export const find = (actor: AnyActorRef, name: string): AnyActorRef => {
  const found = actor.system.get(name) as AnyActorRef | undefined;
  if (!found) throw new Error(`nobody is called ${name}`);
  return found;
};

export const boom = crash(new Error("boom"));
