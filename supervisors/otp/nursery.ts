import type { ActorLogic, ActorScope, AnyActorRef, Snapshot } from "xstate";
import { type Exit, killed, shutdown } from "#src/kernel/exit";
import { type Answer, closePost, openPost, type Post, postOf, type Reply } from "./call.ts";
import type { FactListener, Shutdown, StartResult, SupervisionFact } from "./child-spec.ts";
import { clockOf, type Delayed, type DelayQueue, delaysOf } from "./delay.ts";
import {
  type ExitRequest,
  endOrphans,
  exitOf,
  isAlive,
  markEnded,
  type ShutdownRequest,
  trapsExit,
  writeVerdict,
} from "./exit.ts";
import { type Launch, launch } from "./launch.ts";

/** What a supervisor has its nursery do. The machine decides; the nursery holds the actors, so that the machine stays pure. */
export type NurseryEvent =
  | {
      readonly type: "nursery.start";
      readonly id: string;
      readonly name: string | undefined;
      readonly start: () => StartResult;
      readonly restarts: number;
    }
  | { readonly type: "nursery.stop"; readonly actor: AnyActorRef; readonly shutdown: Shutdown }
  | { readonly type: "nursery.deliver"; readonly outbox: readonly Delivery[] }
  | ExitRequest;

/** What leaves a supervisor: an answer, a fact, a message to itself, at once or later. */
export type Delivery =
  | { readonly type: "answer"; readonly reply: Reply; readonly answer: Answer }
  | { readonly type: "fact"; readonly fact: SupervisionFact }
  | { readonly type: "retry"; readonly event: RetryReminder; readonly delayMs: number };

/** What a supervisor sends itself to try a restart again. `ticket`: which delay has elapsed; none for a retry at once. */
export interface RetryReminder {
  readonly type: "supervisor.retry";
  readonly id: string;
  readonly ticket: number | undefined;
}

/** What the nursery tells its owner. */
export type NurseryFact =
  | { readonly type: "start.settled"; readonly outcome: Settled }
  | { readonly type: "child.exited"; readonly actor: AnyActorRef; readonly exit: Exit };

/** A start that has come to its end. */
export type Settled = Exclude<Launch, { type: "pending" }>;

export interface NurseryInput {
  readonly owner: AnyActorRef;
  readonly boot: Post["boot"];
  readonly onFact: FactListener | undefined;
}

type Scope = ActorScope<NurserySnapshot, NurseryEvent>;
type NurserySnapshot = Snapshot<undefined> & { readonly context: { readonly nursery: Nursery } };

/**
 * Holds the actors of one supervisor: starts them, stops them, hears of their ends, and keeps time. An actor of its own, invoked by the
 * supervisor's machine, so that the machine has no effects, and so that it hears of `xstate.stop`, which machines do not.
 */
export const nurseryLogic: ActorLogic<NurserySnapshot, NurseryEvent, NurseryInput> = {
  getInitialSnapshot: (scope, input) => ({
    status: "active",
    output: undefined,
    error: undefined,
    context: { nursery: new Nursery(scope, input) },
  }),
  transition: (snapshot, event) => {
    const { nursery } = snapshot.context;
    if ((event.type as string) !== "xstate.stop") {
      nursery.receive(event);
      return snapshot;
    }
    nursery.close();
    return { ...snapshot, status: "stopped", output: undefined, error: undefined };
  },
  getPersistedSnapshot: (snapshot) => snapshot,
};

class Nursery {
  readonly #scope: Scope;
  readonly #owner: AnyActorRef;
  readonly #onFact: FactListener | undefined;
  readonly #queue: DelayQueue;
  readonly #children = new Set<AnyActorRef>(); // in start order
  readonly #retries = new Set<Delayed>();
  #starting: Starting | undefined;
  #stopping: { readonly actor: AnyActorRef; readonly deadline: Delayed } | undefined;

  constructor(scope: Scope, { owner, boot, onFact }: NurseryInput) {
    this.#scope = scope;
    this.#owner = owner;
    this.#onFact = onFact;
    this.#queue = delaysOf(clockOf(scope.system));
    const post = openPost(owner, boot);
    // Subscribed while the owner is being made, so before anyone above it: callers get their `noproc` before a restart begins.
    owner.subscribe({
      complete: () => closePost(post),
      error: (error) => {
        closePost(post);
        scope.logger(error); // no rule makes a supervisor fail, so this is ours to mend
        this.close(); // XState leaves the children of a machine that threw running
      },
    });
  }

  receive(event: NurseryEvent): void {
    switch (event.type) {
      case "nursery.start":
        this.#start(event);
        return;
      case "nursery.stop":
        this.#stop(event.actor, event.shutdown);
        return;
      case "nursery.deliver":
        for (const delivery of event.outbox) this.#deliver(delivery);
        return;
      case "actor.exit":
        if (this.#children.has(event.actor)) this.#end(event.actor, event.exit); // at once: a kill overtakes the owner's mail
        return;
    }
  }

  /** The owner is gone: what it left behind dies too, as processes linked to a killed supervisor do. */
  close(): void {
    if (this.#stopping) this.#queue.cancel(this.#stopping.deadline);
    for (const retry of this.#retries) this.#queue.cancel(retry);
    for (const child of [...this.#children].reverse()) {
      if (postOf(child))
        child.send({ type: "actor.shutdown", exit: killed } satisfies ShutdownRequest); // ends its own children in order
      else this.#end(child, killed);
    }
  }

  #start({ id, name, start, restarts }: Extract<NurseryEvent, { type: "nursery.start" }>): void {
    const starting: Starting = { id, restarts, actor: undefined, isPending: false };
    this.#starting = starting;
    const outcome = launch(start, { parent: this.#scope.self, id, name }, (actor) => {
      starting.actor = actor;
      this.#children.add(actor);
      const gone = () => this.#gone(actor);
      actor.subscribe({ complete: gone, error: gone });
    });
    if (outcome.type === "pending") starting.isPending = true;
    else this.#settle(starting, outcome);
  }

  #settle({ id, restarts }: Starting, outcome: Settled): void {
    this.#starting = undefined;
    if (outcome.type === "started") this.#tell({ type: "child.started", id, actor: outcome.actor, restarts });
    else if (outcome.type === "ignored") this.#tell({ type: "child.ignored", id });
    else this.#tell({ type: "child.failed", id, reason: outcome.reason });
    this.#report({ type: "start.settled", outcome });
    if (outcome.type === "started" && !isAlive(outcome.actor)) this.#reportExit(outcome.actor); // it ended on the way up
  }

  #gone(actor: AnyActorRef): void {
    markEnded(actor);
    endOrphans(actor);
    this.#children.delete(actor);
    if (this.#stopping?.actor === actor) {
      this.#queue.cancel(this.#stopping.deadline);
      this.#stopping = undefined;
    }
    const starting = this.#starting;
    if (starting?.actor !== actor) this.#reportExit(actor);
    else if (starting.isPending) this.#settle(starting, { type: "failed", reason: exitOf(actor) }); // else `launch` will see it
  }

  #stop(actor: AnyActorRef, how: Shutdown): void {
    if (!isAlive(actor)) {
      // its own report will find nobody: OTP swallows pending exits too
      this.#reportExit(actor);
      return;
    }
    if (how === "brutal_kill") {
      this.#end(actor, killed);
      return;
    }
    if (!postOf(actor) && !trapsExit(actor)) {
      this.#end(actor, shutdown());
      return;
    }
    if (how !== "infinity") {
      this.#stopping = { actor, deadline: this.#queue.schedule(how, () => this.#end(actor, killed)) };
    }
    actor.send({ type: "actor.shutdown", exit: shutdown() } satisfies ShutdownRequest);
  }

  #end(actor: AnyActorRef, exit: Exit): void {
    if (!isAlive(actor)) return;
    writeVerdict(actor, exit);
    this.#scope.stopChild(actor);
  }

  #deliver(delivery: Delivery): void {
    switch (delivery.type) {
      case "answer":
        guarded(this.#scope, () => delivery.reply(delivery.answer));
        return;
      case "fact":
        this.#tell(delivery.fact);
        return;
      case "retry":
        this.#retry(delivery.event, delivery.delayMs);
        return;
    }
  }

  #retry(event: RetryReminder, delayMs: number): void {
    if (delayMs <= 0) {
      this.#owner.send(event);
      return;
    }
    const retry = this.#queue.schedule(delayMs, () => {
      this.#retries.delete(retry);
      this.#owner.send(event);
    });
    this.#retries.add(retry);
  }

  #tell(fact: SupervisionFact): void {
    if (this.#onFact) guarded(this.#scope, () => this.#onFact?.(fact));
  }

  #reportExit(actor: AnyActorRef): void {
    this.#report({ type: "child.exited", actor, exit: exitOf(actor)! });
  }

  #report(fact: NurseryFact): void {
    if (isAlive(this.#owner)) this.#owner.send(fact);
  }
}

/** A start under way. */
interface Starting {
  readonly id: string;
  readonly restarts: number;
  actor: AnyActorRef | undefined;
  /** The start function has returned, and a failed boot below still takes time. */
  isPending: boolean;
}

/** Runs a stranger's callback on our stack. What it throws is logged and changes nothing. */
export function guarded(scope: { logger: (...args: unknown[]) => void }, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    scope.logger(error);
  }
}
