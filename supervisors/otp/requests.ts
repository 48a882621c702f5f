import type { AnyActorRef } from "xstate";
import { err, ok } from "#src/kernel/result";
import type { Answer, CallError, ChildCounts, ChildInfo, SupervisorCall } from "./call.ts";
import { checkSpec, SPEC_KEYS } from "./check-spec.ts";
import { type ChildSpec, shownSpec } from "./child-spec.ts";
import { isAlive } from "./exit.ts";
import { conclude } from "./plan.ts";
import {
  answer,
  type ChildRecord,
  change,
  childOf,
  drop,
  type Job,
  type Plan,
  post,
  recordOf,
} from "./plan-records.ts";
import { attempt } from "./spec-error.ts";
import { unknownKeys } from "./warnings.ts";

/** Takes a request out of the mailbox: answers it at once, or begins the job that will. */
export function take(plan: Plan, { request, reply }: SupervisorCall): Plan {
  const say = (said: Answer): Plan => answer(plan, reply, said);
  const refuse = (why: CallError): Plan => say(err(why));
  switch (request.type) {
    case "whichChildren":
      return say(ok(plan.children.map(infoOf).reverse()));
    case "countChildren":
      return say(ok(countsOf(plan.children)));
    case "getChildSpec": {
      const child = findAny(plan, request.child);
      return child ? say(ok(shownSpec(child.spec))) : refuse("not_found");
    }
    case "whichChild": {
      const child = findAny(plan, request.child);
      return child ? say(ok(infoOf(child))) : refuse("not_found");
    }
    case "startChild":
      return startNew(plan, request.child as ChildSpec, reply);
    case "terminateChild": {
      const child = find(plan, request.child);
      if (!child) return refuse("not_found");
      const job: Job = {
        stop: child.state === "alive" ? [child.id] : [],
        start: [],
        goal: { type: "answer", reply, answer: ok(undefined) },
      };
      return conclude({
        ...change(plan, child.id, child.state === "alive" ? {} : { state: "stopped", waiting: undefined }),
        job,
      });
    }
    case "restartChild": {
      const child = find(plan, request.child);
      if (child?.state !== "stopped") return refuse(notStopped(child));
      return { ...plan, job: { stop: [], start: [child.id], goal: { type: "start", reply, isNew: false } } };
    }
    case "deleteChild": {
      const child = find(plan, request.child);
      return child?.state === "stopped"
        ? answer(drop(plan, child.id), reply, ok(undefined))
        : refuse(notStopped(child));
    }
  }
}

function startNew(plan: Plan, spec: ChildSpec, reply: SupervisorCall["reply"]): Plan {
  const checked = attempt(() => checkSpec(spec, plan.flags.autoShutdown));
  if (!checked.ok) return answer(plan, reply, err({ bad_spec: checked.error }));
  const known = childOf(plan, spec.id);
  if (known) return answer(plan, reply, err(known.actor ? { already_started: known.actor } : "already_present"));
  const job: Job = { stop: [], start: [spec.id], goal: { type: "start", reply, isNew: true } };
  const grown: Plan = { ...plan, children: [...plan.children, recordOf(checked.value)], job };
  return unknownKeys(spec, SPEC_KEYS).reduce((at: Plan, warning) => post(at, { type: "warning", warning }), grown);
}

const notStopped = (child: ChildRecord | undefined): CallError =>
  !child ? "not_found" : child.state === "alive" ? "running" : "restarting";

/** Here a child is named by its id alone, as in OTP. */
const find = (plan: Plan, id: string | AnyActorRef): ChildRecord | undefined =>
  typeof id === "string" ? childOf(plan, id) : undefined;

/** To look at, an actor will do, as in OTP. */
const findAny = (plan: Plan, child: string | AnyActorRef): ChildRecord | undefined =>
  find(plan, child) ?? plan.children.find(({ actor }) => actor !== undefined && actor === child);

const infoOf = ({ id, spec, state, actor, restarts, history }: ChildRecord): ChildInfo => ({
  id,
  type: spec.type,
  state,
  actor,
  restarts,
  history,
});

/** A child that is dead already, and whose exit is still in the mailbox, is not active. */
export const countsOf = (children: readonly ChildRecord[]): ChildCounts => {
  const supervisors = children.filter(({ spec }) => spec.type === "supervisor").length;
  const active = children.filter(({ actor }) => actor && isAlive(actor)).length;
  return { specs: children.length, active, supervisors, workers: children.length - supervisors };
};
