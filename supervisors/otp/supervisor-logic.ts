import type { ActorLogic, ActorScope, AnyActorRef, AnyActorScope } from "xstate";
import { crash, type Exit } from "#src/kernel/exit";
import { closePost, makePost } from "./call.ts";
import { supervisorLogics } from "./check-spec.ts";
import { Core } from "./core.ts";
import { type FactListener, reporter } from "./facts.ts";
import type { Kind, Mail, SupervisorSnapshot } from "./kind.ts";
import { insideOf, objectLogic } from "./object-logic.ts";
import { attempt } from "./spec-error.ts";

/** The states of a supervisor, for those who draw. Its children are not in it: there may be a hundred thousand. */
const chart = {
  id: "supervisor",
  initial: "running",
  states: {
    running: {
      on: { "supervisor.suspend": "suspended", "actor.shutdown": "stopping", "supervisor.exhausted": "stopping" },
    },
    suspended: { on: { "supervisor.resume": "running" } },
    stopping: { on: { "children.gone": "exited" } },
    exited: { type: "final" },
  },
};

/**
 * Logic of a supervisor of either kind.
 *
 * @param check of its options, when the actor is made. It throws a `SpecError`
 */
export function supervisorLogic<A>(
  options: { readonly onFact?: ((fact: never) => void) | null },
  check: () => Kind<A>,
): ActorLogic<SupervisorSnapshot, Mail<A>, unknown> {
  const make = (scope: ActorScope<SupervisorSnapshot, Mail<A>>) => {
    const checked = attempt(check);
    const onFact = options?.onFact as FactListener | null | undefined;
    if (!checked.ok) return refused(scope, onFact, crash(checked.error));
    return new Core<A>(scope, checked.value, onFact);
  };
  const logic = { ...objectLogic(make), config: chart, trapsExit: true };
  supervisorLogics.add(logic);
  return logic;
}

/** A supervisor whose options are wrong ends before it begins. */
function refused(
  scope: Pick<AnyActorScope, "self" | "system" | "logger">,
  onFact: FactListener | null | undefined,
  output: Exit,
) {
  const { self } = scope;
  closePost(makePost(self, () => "failed"));
  reporter(scope, self, onFact)({ type: "supervisor.failed", id: self.id, exit: output });
  const context = { running: 0, restarting: 0, started: 0 };
  const snapshot: SupervisorSnapshot = { status: "done", output, error: undefined, value: "exited", context };
  return { snapshot, receive: () => {}, close: () => {} };
}

/** The inside of a supervisor. */
export function coreOf(supervisor: unknown): Core<unknown> | undefined {
  const inside = insideOf(supervisor as AnyActorRef);
  return inside instanceof Core ? inside : undefined;
}
