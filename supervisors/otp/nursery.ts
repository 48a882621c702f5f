import type { ActorLogic, ActorScope, AnyActorRef, Snapshot } from "xstate";
import type { Exit } from "#src/kernel/exit";
import { guardInspection } from "#src/xstate-internals";
import { closePost, makePost, openPost, type Post } from "./call.ts";
import type { Shutdown, StartResult } from "./child-spec.ts";
import { clockOf, delaysOf } from "./delay.ts";
import { type ExitRequest, endOrphans, exitOf, holdChildren, isAlive } from "./exit.ts";
import { type FactListener, reporter } from "./facts.ts";
import type { Readiness } from "./is-up.ts";
import { launch, type Relayed, type Settled } from "./launch.ts";
import { objectLogic } from "./object-logic.ts";
import { Boot } from "./readiness.ts";
import { Stopper } from "./shutdown.ts";
import { resultWarnings } from "./warnings.ts";

/** What a supervisor has its nursery do. The machine decides; the nursery holds the actors, so that the machine stays pure. */
export type NurseryEvent =
  | {
      readonly type: "nursery.start";
      readonly id: string;
      readonly name: string | undefined;
      readonly start: () => StartResult;
      readonly readiness: Readiness;
      readonly restarts: number;
    }
  | { readonly type: "nursery.stop"; readonly actor: AnyActorRef; readonly shutdown: Shutdown }
  | ExitRequest;

/** What the nursery tells its owner. */
export type NurseryFact =
  | { readonly type: "start.settled"; readonly outcome: Settled }
  | { readonly type: "child.exited"; readonly actor: AnyActorRef; readonly exit: Exit };

export interface NurseryInput {
  readonly owner: AnyActorRef;
  readonly boot: Post["boot"];
  readonly onFact: FactListener | null | undefined;
}

type Scope = ActorScope<Snapshot<undefined>, NurseryEvent>;

class Nursery {
  readonly #scope: Scope;
  readonly #owner: AnyActorRef;
  readonly #tell: ReturnType<typeof reporter>;
  readonly #look: ReturnType<typeof resultWarnings>;
  readonly #stopper: Stopper;
  readonly #post: Post;
  readonly #children = new Map<string, AnyActorRef>(); // by id, in start order
  /** A child that is not up yet, or a supervisor that failed to boot, and still stops those of its children that need time. */
  #pending: { readonly id: string; readonly restarts: number; readonly boot: Boot } | undefined;

  constructor(scope: Scope, { owner, boot, onFact }: NurseryInput) {
    this.#scope = scope;
    this.#owner = owner;
    this.#tell = reporter(scope, owner, onFact);
    this.#look = resultWarnings(scope, onFact);
    holdChildren(scope.self);
    this.#stopper = new Stopper({
      stopChild: scope.stopChild,
      queue: delaysOf(clockOf(scope.system)),
      stopped: (child) => this.#gone(child),
    });
    guardInspection(scope.system, scope.logger);
    const post = makePost(owner, boot);
    this.#post = post;
    // Subscribed while the owner is being made, so before anyone above it: callers get their `noproc` before a restart begins.
    owner.subscribe({
      complete: () => closePost(post),
      error: (error) => {
        closePost(post);
        scope.logger(error); // a function in its options threw, or we did
        this.close(); // at once, so that their names are free when the one above starts the owner again
        endOrphans(owner); // this nursery and the messenger
      },
    });
  }

  /** The owner starts: it may be called from now on. */
  open(): void {
    openPost(this.#post);
  }

  receive(event: NurseryEvent | Relayed): void {
    switch (event.type) {
      case "nursery.start":
        this.#start(event);
        break;
      case "nursery.stop":
        if (isAlive(event.actor)) this.#stopper.stop([event.actor], event.shutdown);
        else this.#reportExit(event.actor); // the report still on its way is ignored: OTP swallows pending exits too
        break;
      case "actor.exit": // at once: a kill overtakes the owner's mail
        if (this.#children.get(event.actor.id) === event.actor) this.#stopper.end(event.actor, event.exit);
        break;
      default: // XState says that a child is done or in error
        this.#hearOfEnd(event.actorId);
    }
  }

  #hearOfEnd(id: string): void {
    const actor = this.#children.get(id);
    if (!actor || isAlive(actor)) return; // a start that failed
    endOrphans(actor);
    this.#gone(actor);
  }

  /** The owner is gone: what it left behind dies too, as processes linked to a killed supervisor do. */
  close(): void {
    this.#pending?.boot.ended();
    this.#stopper.abandon([...this.#children.values()].reverse());
  }

  #start({ id, name, start, readiness, restarts }: Extract<NurseryEvent, { type: "nursery.start" }>): void {
    const place = { parent: this.#scope.self, id, name };
    const hold = (actor: AnyActorRef): void => {
      this.#children.delete(id); // to be the last in order
      this.#children.set(id, actor);
    };
    const outcome = launch(start, place, (result) => this.#look(result, `${id}: start()`), hold, readiness.ready);
    if (outcome.type !== "pending") {
      this.#settle(id, restarts, outcome);
      return;
    }
    const end = (actor: AnyActorRef, exit: Exit): void => this.#stopper.end(actor, exit);
    const boot = new Boot(outcome.actor, readiness, end, () => {
      this.#pending = undefined;
      this.#settle(id, restarts, { ...outcome, type: "started" });
    });
    this.#pending = { id, restarts, boot };
  }

  #settle(id: string, restarts: number, outcome: Settled): void {
    if (outcome.type === "started") this.#tell({ type: "child.started", id, actor: outcome.actor, restarts });
    else if (outcome.type === "ignored") this.#tell({ type: "child.ignored", id });
    else {
      this.#children.delete(id);
      const isOneOfMany = this.#post.boot() === "booting"; // then the line that says why the supervisor did not boot says it
      this.#tell({ type: "child.failed", id, reason: outcome.reason }, !isOneOfMany);
    }
    this.#report({ type: "start.settled", outcome });
  }

  #gone(actor: AnyActorRef): void {
    this.#stopper.gone(actor);
    if (this.#children.get(actor.id) === actor) this.#children.delete(actor.id);
    const pending = this.#pending;
    if (pending?.boot.actor !== actor) this.#reportExit(actor);
    else {
      this.#pending = undefined;
      this.#settle(pending.id, pending.restarts, pending.boot.ended());
    }
  }

  #reportExit(actor: AnyActorRef): void {
    this.#report({ type: "child.exited", actor, exit: exitOf(actor)! });
  }

  #report(fact: NurseryFact): void {
    if (isAlive(this.#owner)) this.#owner.send(fact);
  }
}

/**
 * Holds the actors of one supervisor: starts them, stops them, and observes their exits. An actor of its own, invoked by the
 * supervisor's machine, so that the machine has no effects, and so that it receives `xstate.stop`, which machines do not.
 */
export const nurseryLogic: ActorLogic<Snapshot<undefined>, NurseryEvent, NurseryInput> = objectLogic(
  (scope: Scope, input: NurseryInput) => new Nursery(scope, input),
).logic;
