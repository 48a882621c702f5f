import type { ActorScope, AnyActorRef, EventObject } from "xstate";
import { type Exit, shutdown } from "#src/kernel/exit";
import { err, ok } from "#src/kernel/result";
import { currentTurn } from "#src/kernel/turns";
import { guardInspection } from "#src/xstate-internals";
import {
  closePost,
  makePost,
  openPost,
  type Post,
  postOf,
  type Reply,
  type Started,
  type SupervisorCall,
} from "./call.ts";
import type { Shutdown } from "./child-spec.ts";
import { clockOf, delaysOf } from "./delay.ts";
import { type ExitRequest, endOrphans, exitOf, holdChildren, isActor, isAlive } from "./exit.ts";
import { guarded, reporter } from "./facts.ts";
import type { Instance } from "./instances.ts";
import type { Relayed, Settled } from "./launch.ts";
import { ChildLifecycle, type PoolTemplate } from "./lives.ts";
import { ownWarnings } from "./own-spec.ts";
import { awaits, type PoolEvent, type PoolJob } from "./pool-job.ts";
import { answerFrom, type DynamicSupervisorSnapshot, runningWith } from "./pool-view.ts";
import { Boot } from "./readiness.ts";
import { Stopper } from "./shutdown.ts";
import { afterTurn } from "./yielding.ts";

type Scope<A> = ActorScope<DynamicSupervisorSnapshot, PoolEvent<A>>;

/**
 * The inside of a dynamic supervisor: reads its mail, one message at a time, to its end. Mutable: a copy per event would cost too much.
 */
export class Pool<A> {
  /** What the actor shows. The object changes with the state of the supervisor; its context always says how things are now. */
  snapshot: DynamicSupervisorSnapshot;
  readonly #scope: Scope<A>;
  readonly #template: PoolTemplate<A>;
  readonly #stopper: Stopper;
  readonly #lives: ChildLifecycle<A>;
  readonly #post: Post;
  readonly #inbox: PoolEvent<A>[] = []; // what came while busy or suspended, oldest first
  #job: PoolJob<A> | undefined;
  /** Starts that wait until there is room, oldest first. */
  readonly #waiting: { readonly args: A; readonly say: Reply }[] = [];

  constructor(scope: Scope<A>, template: PoolTemplate<A>) {
    const clock = clockOf(scope.system);
    this.#scope = scope;
    this.#template = template;
    this.#stopper = new Stopper({
      stopChild: scope.stopChild,
      queue: delaysOf(clock),
      stopped: (child) => this.#wasStopped(child),
    });
    holdChildren(scope.self);
    this.#lives = new ChildLifecycle(template, {
      self: scope.self,
      clock,
      turn: currentTurn,
      yield: (fn) => this.#yield(fn),
      begin: (instance, settle) => this.#begin(instance, settle),
      stopAll: (exit) => this.#stopAll(exit),
      tell: reporter(scope, scope.self, template.onFact),
      look: ownWarnings(scope, template.onFact),
    });
    guardInspection(scope.system, scope.logger);
    const post = makePost(scope.self, () => "up");
    this.#post = post;
    // Subscribed while this actor is being made, so before anyone above it: callers get their `noproc` before a restart begins.
    scope.self.subscribe({
      complete: () => closePost(post),
      error: () => {
        closePost(post);
        this.#die();
      },
    });
    this.snapshot = runningWith(this.#lives);
  }

  /** The supervisor starts: it may be called from now on. */
  open = (): void => openPost(this.#post);

  // ---------------------------------------------------------------- mail

  receive(event: PoolEvent<A>): DynamicSupervisorSnapshot {
    const isBusy = this.#job || (this.#isSuspended ? event.type !== "supervisor.resume" : this.#inbox.length > 0);
    if (event.type.startsWith("xstate.")) this.#fromXState(event as unknown as Relayed);
    else if (event.type === "actor.exit") this.#exitFromOutside(event);
    else if (event.type === "child.gone" && awaits(this.#job, event.actor)) this.#gone(event.actor);
    else if (isBusy) this.#inbox.push(event);
    else this.#handle(event);
    if (this.#waiting.length > 0) this.#admit();
    return this.snapshot;
  }

  #handle(event: PoolEvent<A>): void {
    switch (event.type) {
      case "child.gone":
        this.#gone(event.actor);
        break;
      case "child.start":
        this.#startFor(event.args, () => {});
        break;
      case "child.retry":
        this.#lives.retry(event);
        break;
      case "supervisor.call":
        this.#answer(event);
        break;
      case "actor.shutdown":
        this.#stopAll(event.exit ?? shutdown()); // a stranger may leave it out
        break;
      case "supervisor.suspend":
        this.snapshot = { ...this.snapshot, value: "suspended" };
        break;
      case "supervisor.resume":
        this.snapshot = { ...this.snapshot, value: "running" };
        this.#readInbox();
        break;
    }
  }

  /** Handles what came meanwhile, until something keeps us busy again. */
  #readInbox(): void {
    while (!this.#job && this.snapshot.status === "active") {
      const at = this.#isSuspended ? this.#inbox.findIndex(({ type }) => type === "supervisor.resume") : 0;
      const [next] = at < 0 ? [] : this.#inbox.splice(at, 1);
      if (!next) return;
      this.#handle(next);
    }
  }

  get #isSuspended(): boolean {
    return this.snapshot.value === "suspended";
  }

  #fromXState(event: Relayed): void {
    if (event.type === "xstate.stop") {
      this.#die();
      return;
    }
    const instance = this.#lives.children.get(event.actorId);
    if (!instance?.actor || isAlive(instance.actor)) return; // its next incarnation is up already
    endOrphans(instance.actor);
    this.#stopper.gone(instance.actor);
    if (instance.state === "alive" || awaits(this.#job, instance.actor))
      this.receive({ type: "child.gone", actor: instance.actor });
  }

  /** A kill overtakes the mail. */
  #exitFromOutside({ actor, exit }: ExitRequest): void {
    if (this.#lives.children.of(actor)) this.#stopper.end(actor, exit);
  }

  #answer({ request, reply }: SupervisorCall): void {
    const say: Reply = (answer) => guarded(this.#scope.logger, () => reply(answer));
    if (request.type === "startChild") this.#startFor(request.child as A, say);
    else if (request.type === "terminateChild" && isActor(request.child)) this.#terminate(request.child, say);
    else say(answerFrom(this.#lives, this.#template.spec.type, request));
  }

  broadcast(event: EventObject): void {
    for (const actor of this.#lives.children.actors()) actor.send(event);
  }

  // ---------------------------------------------------------------- starting

  /** Starts a child now, whatever else waits. */
  spawn(args: A): Started {
    if (this.snapshot.status !== "active" || this.#job?.type === "exit") return err("noproc");
    const instance = this.#lives.addChild(args);
    if (!instance) return err("max_children");
    const outcome = this.#lives.launch(instance);
    if (outcome.type !== "pending") return this.#lives.begun(instance, outcome);
    const isBooting = postOf(outcome.actor)?.boot() !== "failed"; // who spawns does not wait for it to be ready
    if (isBooting) return this.#lives.begun(instance, { ...outcome, type: "started" });
    this.#lives.forget(instance); // it cannot boot; what it had started is still stopping
    return err({ start_failed: "boot_failed" });
  }

  #startFor(args: A, say: Reply): void {
    const instance = this.#lives.addChild(args);
    if (!instance && this.#template.whenFull === "wait") this.#waiting.push({ args, say });
    else if (!instance) say(err("max_children"));
    else this.#begin(instance, (outcome) => say(this.#lives.begun(instance, outcome)));
  }

  /** Starts those that wait, as long as there is room. */
  #admit(): void {
    const isOpen = () => !this.#job && !this.#isSuspended && this.snapshot.status === "active";
    while (isOpen() && this.#lives.children.size < this.#template.maxChildren) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#startFor(next.args, next.say);
    }
  }

  /** Starts an instance; where it takes time to be up, or to fail, nothing else is done until then. */
  #begin(instance: Instance<A>, settle: (outcome: Settled) => void): void {
    const outcome = this.#lives.launch(instance);
    if (outcome.type !== "pending") {
      settle(outcome);
      return;
    }
    const end = (actor: AnyActorRef, exit: Exit): void => this.#stopper.end(actor, exit);
    const up = (): void => this.#continue(() => settle({ ...outcome, type: "started" }));
    this.#job = { type: "start", instance, settle, boot: new Boot(outcome.actor, this.#template.spec, end, up) };
  }

  /** Does nothing else until the event loop has had its turn, and then `fn`: as if it had taken so long. */
  #yield(fn: () => void): void {
    const forget = afterTurn(clockOf(this.#scope.system), () => this.#continue(fn));
    this.#job = { type: "yield", forget };
  }

  // ---------------------------------------------------------------- ends

  #wasStopped(actor: AnyActorRef): void {
    this.#stopper.gone(actor);
    if (this.snapshot.status === "active") this.#scope.self.send({ type: "child.gone", actor });
  }

  /** A child is gone: one we wait for, or one that exited by itself. */
  #gone(actor: AnyActorRef): void {
    const instance = this.#lives.children.of(actor);
    if (!instance || instance.state === "restarting") return; // forgotten meanwhile, or an earlier incarnation
    const job = this.#job;
    switch (job?.type) {
      case undefined:
        if (instance.state === "starting") return; // killed on its way up: its starter will see
        this.#lives.exited(instance, actor, exitOf(actor)!);
        break;
      case "exit":
        this.#lives.forget(instance);
        job.left.delete(actor);
        if (job.left.size === 0) this.#exit(job.exit);
        break;
      case "terminate":
        this.#lives.forget(instance);
        this.#continue(job.done);
        break;
      case "start":
        this.#continue(() => job.settle(job.boot.ended()));
        break;
      case "yield":
        break; // never: it awaits no child
    }
  }

  #continue(conclude: () => void): void {
    this.#job = undefined;
    conclude();
    this.#readInbox();
    if (this.#waiting.length > 0) this.#admit();
  }

  #terminate(actor: AnyActorRef, say: Reply): void {
    const instance = this.#lives.children.of(actor);
    if (!instance && isAlive(actor)) say(err("not_found"));
    else if (!instance || instance.state === "restarting" || !isAlive(actor)) {
      if (instance) this.#lives.forget(instance);
      say(ok(undefined));
    } else {
      this.#job = { type: "terminate", instance, done: () => say(ok(undefined)) };
      this.#stopper.stop([actor], this.#lives.specOf(instance).shutdown);
    }
  }

  /** Stops all children at once and then exits. */
  #stopAll(exit: Exit): void {
    const left = new Map<AnyActorRef, Shutdown>();
    for (const instance of this.#lives.children.all()) {
      const { actor, state } = instance;
      if (state === "restarting" || !actor || !isAlive(actor)) this.#lives.forget(instance);
      else left.set(actor, this.#lives.specOf(instance).shutdown);
    }
    this.#job = { type: "exit", left: new Set(left.keys()), exit };
    if (left.size === 0) this.#exit(exit);
    else {
      this.snapshot = { ...this.snapshot, value: "stopping" };
      this.#stopper.stopEach(left);
    }
  }

  #exit(exit: Exit): void {
    this.snapshot = { ...this.snapshot, status: "done", output: exit, error: undefined, value: "exited" };
  }

  /** This supervisor ends without a say, and what it leaves behind follows. */
  #die(): void {
    if (this.#job?.type === "yield") this.#job.forget();
    if (this.#job?.type === "start") this.#job.boot.ended();
    this.snapshot = { ...this.snapshot, status: "stopped", output: undefined, error: undefined };
    const left = this.#lives.children.actors().reverse();
    for (const instance of this.#lives.children.all()) this.#lives.forget(instance);
    this.#stopper.abandon(left);
  }
}
