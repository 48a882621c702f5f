import type { AnyActorRef } from "xstate";
import { err, ok } from "#src/kernel/result";
import { isActor } from "./arguments.ts";
import type { Answer, Reply, Request, SupervisorCall } from "./call.ts";
import { type ChildSpec, shownSpec } from "./child-spec.ts";
import type { Child } from "./children.ts";
import { isAlive } from "./exit.ts";
import { Job } from "./job.ts";
import type { Work } from "./work.ts";

/** Answers a request at once, or begins the job that will. */
export function answer<A>(work: Work<A>, call: SupervisorCall, say: Reply): void {
  const { request } = call;
  if (request.type === "startChild" && work.kind.template) work.startNew(request.child as A, say, call);
  else {
    const said = answerTo(work, request, say);
    if (said) say(said);
  }
}

function answerTo<A>(work: Work<A>, request: Request, say: Reply): Answer | undefined {
  const { children } = work;
  switch (request.type) {
    case "whichChildren":
      return ok(children.all().map(children.info).reverse());
    case "countChildren":
      return ok(children.counts());
    case "startChild":
      return work.startSpec(request.child as ChildSpec, say);
    case "getChildSpec":
    case "whichChild": {
      const child = childOf(work, request.child) ?? living(work, request.child); // to look at, an actor will do, as in OTP
      if (!child) return err("not_found");
      return ok(request.type === "whichChild" ? children.info(child) : shownSpec(child.spec));
    }
    default:
      return change(work, request, say);
  }
}

type Change = Extract<Request, { type: "terminateChild" | "restartChild" | "deleteChild" }>;

function change<A>(work: Work<A>, { type, child: named }: Change, say: Reply): Answer | undefined {
  const { template } = work.kind;
  if (template && !(type === "terminateChild" && isActor(named))) return err("simple_one_for_one");
  const child = childOf(work, named);
  if (!child) return template && !isAlive(named as AnyActorRef) ? ok(undefined) : err("not_found");
  if (type === "terminateChild") {
    if (child.state === "alive") {
      work.begin(new Job([[child]], [], () => say(ok(undefined))));
      return undefined;
    }
    work.bury(child);
  } else if (child.state !== "stopped") return err(child.state === "alive" ? "running" : "restarting");
  else if (type === "restartChild") {
    work.startOne(child, say, false);
    return undefined;
  } else work.forget(child);
  return ok(undefined);
}

/** Children of a dynamic supervisor are known by their actors, others by their ids. */
const childOf = <A>({ children, kind }: Work<A>, named: unknown): Child<A> | undefined =>
  kind.template ? (isActor(named) ? children.of(named) : undefined) : children.get(named as string);

const living = <A>({ children }: Work<A>, named: unknown): Child<A> | undefined => {
  const child = isActor(named) ? children.of(named) : undefined;
  return child?.state === "alive" ? child : undefined;
};
