import type { AnyActorRef } from "xstate";
import type { Exit } from "#src/kernel/exit";
import { err, type Result } from "#src/kernel/result";
import { actorGiven, isActor, mustBeFunction } from "./arguments.ts";
import type { ChildSpec, ShownSpec } from "./child-spec.ts";
import type { SpecError } from "./spec-error.ts";
import type { ChildActor } from "./typed.ts";

/** One automatic restart of a child. */
export interface RestartEntry {
  /** When the child exited: milliseconds since 1970. */
  readonly at: number;
  /** How that incarnation ended. */
  readonly exit: Exit;
  /** Milliseconds that incarnation had lived. */
  readonly afterMs: number;
}

/** How many earlier lives of a child are remembered. */
export const HISTORY = 32;

/** A child as its supervisor sees it. */
export interface ChildInfo<A extends AnyActorRef = AnyActorRef> {
  /** Instances of a dynamic supervisor have none. */
  readonly id: string | undefined;
  readonly type: "worker" | "supervisor";
  /** `stopped`: the record has no process (OTP: undefined). `restarting`: the next automatic start is still to come. */
  readonly state: "alive" | "stopped" | "restarting";
  /** The present incarnation, while there is one. */
  readonly actor: A | undefined;
  /** Automatic restarts so far. */
  readonly restarts: number;
  /** The last of them, oldest first; at most 32. */
  readonly history: readonly RestartEntry[];
}

/** OTP's count_children: records, records with a live process, and records by declared type. */
export interface ChildCounts {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** Why a call was refused, in OTP's words. `max_children` is not in OTP's supervisor (it is in Elixir's). */
export type CallError =
  | "noproc"
  | "not_found"
  | "running"
  | "restarting"
  | "already_present"
  | "simple_one_for_one"
  | "max_children"
  | { readonly already_started: AnyActorRef }
  | { readonly start_failed: unknown }
  | { readonly bad_spec: SpecError };

/** A request to a supervisor. Children of a dynamic supervisor are named by their actor, others by their id. */
export type Request =
  | { readonly type: "startChild"; readonly child: unknown }
  | { readonly type: "terminateChild" | "restartChild" | "deleteChild"; readonly child: string | AnyActorRef }
  | { readonly type: "getChildSpec" | "whichChild"; readonly child: string | AnyActorRef }
  | { readonly type: "whichChildren" }
  | { readonly type: "countChildren" };

/** A started child, with what its start function handed over as `info`: OTP's `{ok, Pid, Info}`. */
export type Started =
  | { readonly ok: true; readonly value: AnyActorRef | undefined; readonly info?: unknown }
  | { readonly ok: false; readonly error: CallError };

/** OTP hands on who has the name that a new child wanted, and wraps every other reason. */
export const startError = (reason: unknown): CallError => {
  const { already_started: holder } = Object(reason) as { already_started?: unknown };
  return isActor(holder) ? { already_started: holder } : { start_failed: reason };
};

/** What each request is answered with. A start that was ignored answers `ok(undefined)`. */
export interface Answers {
  startChild: Started;
  restartChild: Started;
  terminateChild: Result<undefined, CallError>;
  deleteChild: Result<undefined, CallError>;
  getChildSpec: Result<ShownSpec, CallError>;
  whichChild: Result<ChildInfo, CallError>;
  whichChildren: Result<readonly ChildInfo[], CallError>;
  countChildren: Result<ChildCounts, CallError>;
}
export type Answer = Answers[Request["type"]];
export type Reply = (answer: Answer) => void;

/** A request in a supervisor's mailbox. */
export interface SupervisorCall {
  readonly type: "supervisor.call";
  readonly request: Request;
  readonly reply: Reply;
}

/** A supervisor's letter box, open from its start to its end. XState drops the mail of an ended actor without a word; we answer it. */
export interface Post {
  readonly pending: Set<Reply>;
  state: "unstarted" | "open" | "closed";
  /** Whether its own start is pending, has succeeded, or has failed. */
  readonly boot: () => "booting" | "up" | "failed";
}

const posts = new WeakMap<AnyActorRef, Post>();

/** Puts up the letter box of a supervisor that is being made. It opens when that starts. */
export function makePost(supervisor: AnyActorRef, boot: Post["boot"]): Post {
  const post: Post = { pending: new Set(), state: "unstarted", boot };
  posts.set(supervisor, post);
  return post;
}

/** Answers `noproc` to everyone who still waits. */
export function closePost(post: Post): void {
  post.state = "closed";
  for (const reply of post.pending) reply(err("noproc"));
}

/** The letter box of an actor, if it is a supervisor. */
export const postOf = (actor: AnyActorRef): Post | undefined => posts.get(actor);

/**
 * Asks a supervisor, and has `reply` called on its stack with the answer: exactly once, `noproc` if it is dead, not started, no supervisor, or dies
 * before it answers. The promises of `startChild` and the others settle later than that.
 */
export function request<R extends Request>(
  supervisor: AnyActorRef,
  request: R,
  reply: (answer: Answers[R["type"]]) => void,
): void {
  mustBeFunction(reply, "reply");
  const post = posts.get(supervisor);
  if (post?.state !== "open") {
    reply(err("noproc"));
    return;
  }
  const once: Reply = (answer) => {
    if (post.pending.delete(once)) reply(answer as Answers[R["type"]]);
  };
  post.pending.add(once);
  supervisor.send({ type: "supervisor.call", request, reply: once } satisfies SupervisorCall);
}

const ask = <T extends Request["type"]>(supervisor: AnyActorRef, type: T, child?: unknown): Promise<Answers[T]> =>
  new Promise((resolve) => request(supervisor, { type, child } as Request, resolve as Reply));

/** What a dynamic supervisor looks like to who starts children in it. */
export interface StartsChildren<A> {
  send: (event: { type: "child.start"; args: A }) => void;
}

/**
 * Starts one more child: of an ordinary supervisor by its spec, last in the start order; of a dynamic one by its arguments.
 *
 * @returns the actor; `ok(undefined)` if its start was ignored; `already_started`, `already_present`, `start_failed`, `bad_spec`, `noproc`
 */
export function startChild(supervisor: AnyActorRef, spec: ChildSpec): Promise<Answers["startChild"]>;
export function startChild<A>(supervisor: StartsChildren<A>, args: A): Promise<Answers["startChild"]>;
export function startChild(supervisor: unknown, child: unknown): Promise<Answers["startChild"]> {
  return ask(supervisor as AnyActorRef, "startChild", child);
}

/** Stops a child by its shutdown rule. Its record stays unless it is temporary. Resolves when it is gone. */
export const terminateChild = (supervisor: AnyActorRef, child: string | AnyActorRef) =>
  ask(supervisor, "terminateChild", child);

/** Starts a child again whose record has no process. */
export const restartChild = (supervisor: AnyActorRef, id: string) => ask(supervisor, "restartChild", id);

/** Forgets the record of a child that has no process. */
export const deleteChild = (supervisor: AnyActorRef, id: string) => ask(supervisor, "deleteChild", id);

/** The spec of a child, by its id or its actor, with all that was left open: OTP's `get_childspec`. */
export const getChildSpec = (supervisor: AnyActorRef, child: string | AnyActorRef) =>
  ask(supervisor, "getChildSpec", child);

/** One child, by its id or its actor: OTP 28's `which_child`. */
export const whichChild = <S extends AnyActorRef, const Id extends string | AnyActorRef>(supervisor: S, child: Id) =>
  ask(supervisor, "whichChild", child) as Promise<Result<ChildInfo<ChildActor<S, Id>>, CallError>>;

/** The children, last started first as in OTP. */
export const whichChildren = (supervisor: AnyActorRef) => ask(supervisor, "whichChildren");

/** How many children there are. */
export const countChildren = (supervisor: AnyActorRef) => ask(supervisor, "countChildren");

/** Lets a supervisor finish what it does and then keep its mail unread until `resume`: OTP's sys:suspend. `killed` still ends it. */
export const suspend = (supervisor: AnyActorRef): void => actorGiven(supervisor).send({ type: "supervisor.suspend" });

/** Continues where `suspend` stopped, in the order in which the mail came. */
export const resume = (supervisor: AnyActorRef): void => actorGiven(supervisor).send({ type: "supervisor.resume" });
