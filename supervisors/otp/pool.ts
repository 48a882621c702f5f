import type { ActorScope, AnyActorRef, EventObject, Snapshot } from "xstate";
import type { Clock } from "#src/kernel/clock";
import { type Exit, shutdown } from "#src/kernel/exit";
import { err, ok, type Result } from "#src/kernel/result";
import { countRestart, type Stamps, verdictOn, withinBudget } from "#src/policy/restart";
import { endsSupervisor, type Member } from "#src/policy/strategy";
import { type CallError, closePost, openPost, type Reply, type SupervisorCall } from "./call.ts";
import type { CheckedFlags, CheckedSpec, Incarnation, StartResult, SupervisionFact } from "./child-spec.ts";
import { clockOf, type DelayQueue, delaysOf } from "./delay.ts";
import { type ExitRequest, endOrphans, exitOf, isAlive, type ShutdownRequest } from "./exit.ts";
import { guardInspection } from "./inspection.ts";
import { type Instance, Instances, incarnationOf, remembered } from "./instances.ts";
import { type Launch, launch, type Relayed, type Settled } from "./launch.ts";
import { guarded } from "./messenger.ts";
import { Stopper } from "./shutdown.ts";

/** Checked options of a dynamic supervisor. */
export interface PoolTemplate<A> {
  readonly flags: CheckedFlags;
  readonly spec: CheckedSpec;
  readonly start: (args: A, incarnation: Incarnation) => StartResult;
  readonly nameOf: ((args: A) => string) | undefined;
  readonly maxChildren: number;
  readonly onFact: ((fact: PoolFact<A>) => void) | undefined;
}

/** A fact about a child, with the arguments it was started with. */
export type PoolFact<A> =
  | (Exclude<SupervisionFact, { type: "supervisor.exhausted" }> & { readonly args: A })
  | Extract<SupervisionFact, { type: "supervisor.exhausted" }>;

export type DynamicSupervisorSnapshot = Snapshot<Exit> & { readonly value: string; readonly context: PoolView };

/** What a dynamic supervisor shows in its snapshot. Live: it always says how things are now. */
export interface PoolView {
  /** Children with a process. */
  readonly running: number;
  /** Children that wait for their next start. */
  readonly restarting: number;
  /** Starts so far, restarts included. */
  readonly started: number;
}

export type PoolEvent<A> =
  | SupervisorCall
  | ShutdownRequest
  | ExitRequest
  | { readonly type: "child.start"; readonly args: A }
  | { readonly type: "supervisor.suspend" | "supervisor.resume" }
  | { readonly type: "child.retry"; readonly key: string; readonly ticket: number; readonly isCounted: boolean }
  | { readonly type: "child.gone"; readonly actor: AnyActorRef };

type Scope<A> = ActorScope<DynamicSupervisorSnapshot, PoolEvent<A>>;

/** What keeps a dynamic supervisor from its mail: a child that takes time to stop, or whose boot takes time to fail, or its own end. */
type Job<A> =
  | { readonly type: "terminate"; readonly instance: Instance<A>; readonly done: () => void }
  | { readonly type: "start"; readonly instance: Instance<A>; readonly settle: (outcome: Settled) => void }
  | { readonly type: "exit"; readonly left: Set<AnyActorRef>; readonly exit: Exit };

/** The inside of a dynamic supervisor. Mutable on purpose: a copy per event would cost as much as there are children. */
export class Pool<A> {
  /** What the actor shows. The object changes with the state of the supervisor; its context always says how things are now. */
  snapshot: DynamicSupervisorSnapshot;
  readonly #scope: Scope<A>;
  readonly #template: PoolTemplate<A>;
  readonly #clock: Clock;
  readonly #queue: DelayQueue;
  readonly #stopper: Stopper;
  readonly #children = new Instances<A>();
  #inbox: PoolEvent<A>[] = []; // what came while busy or suspended, oldest first
  #job: Job<A> | undefined;
  #isSuspended = false;
  #stamps: Stamps = [];
  #started = 0;
  #tickets = 0;

  constructor(scope: Scope<A>, template: PoolTemplate<A>) {
    this.#scope = scope;
    this.#template = template;
    this.#clock = clockOf(scope.system);
    this.#queue = delaysOf(this.#clock);
    const stopped = (child: AnyActorRef) => this.#wasStopped(child);
    this.#stopper = new Stopper({ stopChild: scope.stopChild, queue: this.#queue, stopped });
    guardInspection(scope.system, scope.logger);
    const post = openPost(scope.self, () => "up");
    // Subscribed while this actor is being made, so before anyone above it: callers get their `noproc` before a restart begins.
    scope.self.subscribe({
      complete: () => closePost(post),
      error: () => {
        closePost(post);
        this.#die();
      },
    });
    this.snapshot = { status: "active", output: undefined, error: undefined, value: "running", context: this.#view() };
  }

  #view(): PoolView {
    const running = () => this.#children.size - this.#children.restarting;
    const restarting = () => this.#children.restarting;
    const started = () => this.#started;
    return {
      get running() {
        return running();
      },
      get restarting() {
        return restarting();
      },
      get started() {
        return started();
      },
    };
  }

  // ---------------------------------------------------------------- mail

  receive(event: PoolEvent<A>): DynamicSupervisorSnapshot {
    if (event.type.startsWith("xstate.")) this.#fromXState(event as unknown as Relayed);
    else if (event.type === "actor.exit") this.#exitFromOutside(event);
    else if (event.type === "child.gone" && this.#awaits(event.actor)) this.#gone(event.actor);
    else if (this.#job || (this.#isSuspended && event.type !== "supervisor.resume")) this.#inbox.push(event);
    else this.#handle(event);
    return this.snapshot;
  }

  #handle(event: PoolEvent<A>): void {
    switch (event.type) {
      case "child.gone":
        this.#gone(event.actor);
        break;
      case "child.start":
        this.spawn(event.args);
        break;
      case "child.retry":
        this.#retry(event);
        break;
      case "supervisor.call":
        this.#answer(event);
        break;
      case "actor.shutdown":
        this.#stopAll(event.exit ?? shutdown()); // a stranger may leave it out
        break;
      case "supervisor.suspend":
        this.#isSuspended = true;
        this.snapshot = { ...this.snapshot, value: "suspended" };
        break;
      case "supervisor.resume":
        this.#isSuspended = false;
        this.snapshot = { ...this.snapshot, value: "running" };
        this.#readInbox();
        break;
    }
  }

  /** Handles what came meanwhile, until something keeps us busy again. */
  #readInbox(): void {
    const mail = this.#inbox;
    let at = 0;
    while (at < mail.length && !this.#job && !this.#isSuspended) this.#handle(mail[at++]!);
    if (this.#inbox === mail) this.#inbox = mail.slice(at);
  }

  #fromXState(event: Relayed): void {
    if (event.type === "xstate.stop") {
      this.#die();
      return;
    }
    const instance = this.#children.get(event.actorId);
    if (!instance?.actor || isAlive(instance.actor)) return; // its next incarnation is up already
    endOrphans(instance.actor);
    this.#stopper.gone(instance.actor);
    if (instance.state === "alive" || this.#awaits(instance.actor))
      this.receive({ type: "child.gone", actor: instance.actor });
  }

  /** A kill overtakes the mail. */
  #exitFromOutside({ actor, exit }: ExitRequest): void {
    if (this.#children.of(actor)) this.#stopper.end(actor, exit);
  }

  #answer({ request, reply }: SupervisorCall): void {
    const say: Reply = (answer) => guarded(this.#scope, () => reply(answer));
    const { type } = this.#template.spec;
    switch (request.type) {
      case "startChild":
        this.#startFor(request.child as A, say);
        break;
      case "terminateChild":
        if (typeof request.child === "string") say(err("simple_one_for_one"));
        else this.#terminate(request.child, say);
        break;
      case "restartChild":
      case "deleteChild":
        say(err("simple_one_for_one"));
        break;
      case "whichChildren":
        say(ok(this.#children.infos(type)));
        break;
      case "countChildren":
        say(ok(this.#children.counts(type)));
        break;
    }
  }

  broadcast(event: EventObject): void {
    for (const actor of this.#children.actors()) actor.send(event);
  }

  // ---------------------------------------------------------------- starting

  /** Starts a child now, whatever else waits. */
  spawn(args: A): Result<AnyActorRef | undefined, CallError> {
    if (this.snapshot.status !== "active" || this.#job?.type === "exit") return err("noproc");
    if (this.#isFull()) return err("max_children");
    const instance = this.#children.add(args, this.#template.nameOf?.(args));
    const outcome = this.#launch(instance);
    if (outcome.type !== "pending") return this.#begun(instance, outcome);
    this.#children.forget(instance); // it cannot boot; what it had started is still stopping
    return err({ start_failed: "boot_failed" });
  }

  #startFor(args: A, say: Reply): void {
    if (this.#isFull()) {
      say(err("max_children"));
      return;
    }
    const instance = this.#children.add(args, this.#template.nameOf?.(args));
    this.#await(instance, (outcome) => say(this.#begun(instance, outcome)));
  }

  #isFull(): boolean {
    return this.#children.size >= this.#template.maxChildren;
  }

  #launch(instance: Instance<A>): Launch {
    this.#children.mark(instance, "starting");
    const place = { parent: this.#scope.self, id: instance.key, name: undefined };
    return launch(
      () => this.#template.start(instance.args, incarnationOf(instance)),
      place,
      (actor) => {
        instance.actor = actor;
      },
    );
  }

  /** Starts an instance; where its boot takes time to fail, nothing else is done until it has. */
  #await(instance: Instance<A>, settle: (outcome: Settled) => void): void {
    const outcome = this.#launch(instance);
    if (outcome.type === "pending") this.#job = { type: "start", instance, settle };
    else settle(outcome);
  }

  /** What follows from a first start. */
  #begun(instance: Instance<A>, outcome: Settled): Result<AnyActorRef | undefined, CallError> {
    const { id, args } = instance;
    if (outcome.type === "started") {
      this.#isUp(instance, outcome.actor);
      return ok(outcome.actor);
    }
    this.#children.forget(instance);
    if (outcome.type === "ignored") {
      this.#tell({ type: "child.ignored", id, args });
      return ok(undefined);
    }
    this.#tell({ type: "child.failed", id, args, reason: outcome.reason });
    return err({ start_failed: outcome.reason });
  }

  #isUp(instance: Instance<A>, actor: AnyActorRef): void {
    this.#children.mark(instance, "alive");
    instance.startedMs = this.#clock.monotonic();
    this.#started++;
    this.#tell({ type: "child.started", id: instance.id, actor, restarts: instance.restarts, args: instance.args });
    if (!isAlive(actor)) this.#scope.self.send({ type: "child.gone", actor }); // it ended on the way up
  }

  // ---------------------------------------------------------------- exits and restarts

  #awaits(actor: AnyActorRef): boolean {
    return this.#job?.type === "exit" ? this.#job.left.has(actor) : this.#job?.instance.actor === actor;
  }

  #wasStopped(actor: AnyActorRef): void {
    this.#stopper.gone(actor);
    if (this.snapshot.status === "active") this.#scope.self.send({ type: "child.gone", actor });
  }

  /** A child is gone: one we wait for, or one that exited by itself. */
  #gone(actor: AnyActorRef): void {
    const instance = this.#children.of(actor);
    if (!instance || instance.state === "restarting") return; // forgotten meanwhile, or an earlier incarnation
    const job = this.#job;
    switch (job?.type) {
      case undefined:
        this.#exited(instance, actor, exitOf(actor)!);
        break;
      case "exit":
        this.#children.forget(instance);
        job.left.delete(actor);
        if (job.left.size === 0) this.#exit(job.exit);
        break;
      case "terminate":
        this.#children.forget(instance);
        this.#goOn(job.done);
        break;
      case "start":
        this.#goOn(() => job.settle({ type: "failed", reason: exitOf(actor) }));
        break;
    }
  }

  #goOn(conclude: () => void): void {
    this.#job = undefined;
    conclude();
    this.#readInbox();
  }

  #exited(instance: Instance<A>, actor: AnyActorRef, exit: Exit): void {
    const { restart, restartBudget } = this.#template.spec;
    const willRestart = verdictOn(restart, exit) === "restart" && withinBudget(instance.restarts, restartBudget);
    const delayMs = willRestart ? this.#delayOf(instance, exit) : 0;
    if (willRestart) this.#remember(instance, exit);
    else this.#children.forget(instance);
    this.#tell({ type: "child.exited", id: instance.id, actor, exit, willRestart, delayMs, args: instance.args });
    if (willRestart) this.#restart(instance, delayMs);
    else this.#mayEnd();
  }

  #remember(instance: Instance<A>, exit: Exit): void {
    const livedMs = this.#clock.monotonic() - instance.startedMs;
    instance.history = remembered(instance.history, this.#clock.now(), exit, livedMs);
    instance.restarts++;
    this.#children.mark(instance, "restarting");
  }

  /** The end of a significant child, or of the last of them, may be the end of the supervisor. */
  #mayEnd(): void {
    const { flags, spec } = this.#template;
    const others = this.#children.size > 0 ? [SIGNIFICANT] : [];
    if (endsSupervisor(flags.autoShutdown, spec, others)) this.#stopAll(shutdown());
  }

  #delayOf(instance: Instance<A>, exit: Exit): number {
    return this.#template.spec.delayMs?.(exit, incarnationOf(instance)) ?? 0;
  }

  /** Counts a restart, and makes it, or puts it off, or gives up. */
  #restart(instance: Instance<A>, delayMs: number): void {
    const { stamps, tolerated } = countRestart(this.#stamps, this.#clock.monotonic(), this.#template.flags);
    this.#stamps = stamps;
    if (!tolerated) {
      this.#children.forget(instance);
      this.#tell({ type: "supervisor.exhausted", id: this.#scope.id });
      this.#stopAll(shutdown());
    } else if (delayMs > 0) this.#putOff(instance, delayMs, true);
    else this.#startAgain(instance);
  }

  #startAgain(instance: Instance<A>): void {
    const before = instance.actor;
    this.#await(instance, (outcome) => this.#restarted(instance, outcome, before));
  }

  /** What follows from an automatic restart. */
  #restarted(instance: Instance<A>, outcome: Settled, before: AnyActorRef | undefined): void {
    const { id, args } = instance;
    switch (outcome.type) {
      case "started":
        this.#isUp(instance, outcome.actor);
        break;
      case "ignored":
        this.#children.forget(instance); // OTP 25 keeps it, and crashes when it stops (erlang/otp#8215)
        this.#tell({ type: "child.ignored", id, args });
        this.#mayEnd();
        break;
      case "failed":
        instance.actor = before; // the name by which it can be terminated
        this.#children.mark(instance, "restarting");
        this.#tell({ type: "child.failed", id, args, reason: outcome.reason });
        this.#putOff(instance, this.#delayOf(instance, instance.history.at(-1)!.exit), false);
        break;
    }
  }

  /** Has the supervisor remind itself: behind the mail it has, or after a delay. */
  #putOff(instance: Instance<A>, delayMs: number, isCounted: boolean): void {
    const ticket = ++this.#tickets;
    instance.ticket = ticket;
    const remind = () => this.#scope.self.send({ type: "child.retry", key: instance.key, ticket, isCounted });
    if (delayMs > 0) instance.delayed = this.#queue.schedule(delayMs, remind);
    else remind();
  }

  #retry({ key, ticket, isCounted }: Extract<PoolEvent<A>, { type: "child.retry" }>): void {
    const instance = this.#children.get(key);
    if (instance?.state !== "restarting" || instance.ticket !== ticket) return;
    instance.delayed = undefined;
    if (isCounted) this.#startAgain(instance);
    else if (withinBudget(instance.restarts, this.#template.spec.restartBudget)) {
      instance.restarts++;
      this.#restart(instance, 0);
    } else {
      this.#children.forget(instance);
      this.#tell({ type: "child.abandoned", id: instance.id, args: instance.args });
      this.#mayEnd();
    }
  }

  // ---------------------------------------------------------------- stopping

  #terminate(actor: AnyActorRef, say: Reply): void {
    const instance = this.#children.of(actor);
    if (!instance && isAlive(actor)) say(err("not_found"));
    else if (!instance || instance.state === "restarting" || !isAlive(actor)) {
      if (instance) this.#forget(instance);
      say(ok(undefined));
    } else {
      this.#job = { type: "terminate", instance, done: () => say(ok(undefined)) };
      this.#stopper.stop([actor], this.#template.spec.shutdown);
    }
  }

  /** Stops all children at once and then exits. */
  #stopAll(exit: Exit): void {
    const left = new Set<AnyActorRef>();
    for (const instance of this.#children.all()) {
      if (instance.state === "alive" && instance.actor && isAlive(instance.actor)) left.add(instance.actor);
      else this.#forget(instance);
    }
    this.#job = { type: "exit", left, exit };
    if (left.size === 0) this.#exit(exit);
    else {
      this.snapshot = { ...this.snapshot, value: "stopping" };
      this.#stopper.stop([...left], this.#template.spec.shutdown);
    }
  }

  #exit(exit: Exit): void {
    this.#inbox = [];
    this.snapshot = { status: "done", output: exit, error: undefined, value: "exited", context: this.snapshot.context };
  }

  /** This supervisor ends without a say, and what it leaves behind follows. */
  #die(): void {
    this.snapshot = { ...this.snapshot, status: "stopped", output: undefined, error: undefined };
    const left = this.#children.actors().reverse();
    for (const instance of this.#children.all()) this.#forget(instance);
    this.#stopper.abandon(left);
  }

  #forget(instance: Instance<A>): void {
    if (instance.delayed) this.#queue.cancel(instance.delayed);
    this.#children.forget(instance);
  }

  #tell(fact: PoolFact<A>): void {
    const { onFact } = this.#template;
    if (onFact) guarded(this.#scope, () => onFact(fact));
  }
}

/** All children of a dynamic supervisor are alike: while one is left, a significant one is. */
const SIGNIFICANT: Member = { id: "", restart: "temporary", significant: true, state: "alive" };
