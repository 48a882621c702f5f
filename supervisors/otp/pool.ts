import type { ActorScope, AnyActorRef, Snapshot } from "xstate";
import { type Exit, killed, shutdown } from "#src/kernel/exit";
import { err, ok, type Result } from "#src/kernel/result";
import { countRestart, type Stamps, verdictOn, withinBudget } from "#src/policy/restart";
import type { CallError, ChildInfo, RestartEntry, SupervisorCall } from "./call.ts";
import { closePost, openPost, postOf } from "./call.ts";
import type { CheckedFlags, CheckedSpec, Incarnation, StartResult, SupervisionFact } from "./child-spec.ts";
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
import { guarded } from "./nursery.ts";
import { HISTORY } from "./plan.ts";

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

/** One child through all its incarnations. */
interface Instance<A> {
  /** Unique among the living; the XState id of all its incarnations. */
  readonly key: string;
  readonly id: string;
  readonly args: A;
  actor: AnyActorRef | undefined;
  state: "starting" | "alive" | "restarting";
  startedMs: number;
  restarts: number;
  history: RestartEntry[];
  delayed: Delayed | undefined;
  ticket: number;
}

export type PoolEvent<A> =
  | SupervisorCall
  | ShutdownRequest
  | ExitRequest
  | { readonly type: "child.start"; readonly args: A }
  | { readonly type: "supervisor.suspend" | "supervisor.resume" }
  | { readonly type: "child.retry"; readonly key: string; readonly ticket: number; readonly isCounted: boolean }
  | { readonly type: "child.gone"; readonly key: string; readonly actor: AnyActorRef };

/** What XState sends to the parent of an actor that ended. */
interface Relayed {
  readonly type: string;
  readonly actorId: string;
}

type Scope<A> = ActorScope<DynamicSupervisorSnapshot, PoolEvent<A>>;

/** What keeps a dynamic supervisor from its mail: a child that takes time to stop or whose boot takes time to fail, or its own end. */
type Job<A> =
  | { readonly type: "terminate"; readonly instance: Instance<A>; readonly done: () => void }
  | { readonly type: "start"; readonly instance: Instance<A>; readonly settle: (outcome: Launch) => void }
  | { readonly type: "exit"; readonly left: Map<string, Instance<A>>; readonly exit: Exit };

/** The inside of a dynamic supervisor. Mutable on purpose: a copy per event would cost as much as there are children. */
export class Pool<A> {
  snapshot: DynamicSupervisorSnapshot;
  readonly #scope: Scope<A>;
  readonly #template: PoolTemplate<A>;
  readonly #queue: DelayQueue;
  readonly #children = new Map<string, Instance<A>>();
  #inbox: PoolEvent<A>[] = []; // what came while busy or suspended, oldest first
  #job: Job<A> | undefined;
  #deadline: Delayed | undefined;
  #isSuspended = false;
  #stamps: Stamps = [];
  #restarting = 0;
  #started = 0;
  #keys = 0;
  #tickets = 0;

  constructor(scope: Scope<A>, template: PoolTemplate<A>) {
    this.#scope = scope;
    this.#template = template;
    this.#queue = delaysOf(clockOf(scope.system));
    const post = openPost(scope.self, () => "up");
    scope.self.subscribe({ complete: () => closePost(post), error: () => closePost(post) }); // before anyone above: see the nursery
    this.snapshot = { status: "active", output: undefined, error: undefined, value: "running", context: this.#view() };
  }

  receive(event: PoolEvent<A>): DynamicSupervisorSnapshot {
    if (event.type.startsWith("xstate.")) this.#fromXState(event as unknown as Relayed);
    else if (event.type === "actor.exit")
      this.#children.get(event.actor.id)?.actor === event.actor && this.#end(event.actor, event.exit); // at once: a kill overtakes the mail
    else if (event.type === "child.gone" && this.#awaits(event.key)) this.#gone(event.key, event.actor);
    else if (this.#job || (this.#isSuspended && event.type !== "supervisor.resume")) this.#inbox.push(event);
    else this.#handle(event);
    return this.snapshot;
  }

  /** Starts a child now, whatever else waits. */
  spawn(args: A): Result<AnyActorRef | undefined, CallError> {
    if (this.snapshot.status !== "active" || this.#job?.type === "exit") return err("noproc");
    if (this.#children.size >= this.#template.maxChildren) return err("max_children");
    const instance = this.#newInstance(args);
    const outcome = this.#launch(instance);
    if (outcome.type === "pending") this.#children.delete(instance.key); // it cannot boot, and needs time to find out
    return this.#begun(instance, outcome);
  }

  broadcast(event: { type: string }): void {
    for (const { actor } of [...this.#children.values()]) if (actor && isAlive(actor)) actor.send(event);
  }

  #view(): PoolView {
    const pool = this;
    return {
      get running() {
        return pool.#children.size - pool.#restarting;
      },
      get restarting() {
        return pool.#restarting;
      },
      get started() {
        return pool.#started;
      },
    };
  }

  // ---------------------------------------------------------------- mail

  #handle(event: PoolEvent<A>): void {
    switch (event.type) {
      case "child.gone":
        this.#gone(event.key, event.actor);
        return;
      case "child.start":
        this.spawn(event.args);
        return;
      case "child.retry":
        this.#retry(event);
        return;
      case "supervisor.call":
        this.#answer(event);
        return;
      case "actor.shutdown":
        this.#stopAll(event.exit);
        return;
      case "supervisor.suspend":
        this.#isSuspended = true;
        return;
      case "supervisor.resume":
        this.#isSuspended = false;
        this.#readInbox();
        return;
    }
  }

  #readInbox(): void {
    const mail = this.#inbox;
    let at = 0;
    while (at < mail.length && !this.#job && !this.#isSuspended) this.#handle(mail[at++]!);
    this.#inbox = [...mail.slice(at), ...(this.#inbox === mail ? [] : this.#inbox)];
  }

  #fromXState(event: Relayed): void {
    if (event.type === "xstate.stop") {
      this.#die();
      return;
    }
    const instance = this.#children.get(event.actorId);
    if (!instance?.actor || instance.state !== "alive" || isAlive(instance.actor)) return; // a failed start, or an earlier incarnation
    endOrphans(instance.actor);
    this.receive({ type: "child.gone", key: instance.key, actor: instance.actor });
  }

  #answer({ request, reply }: SupervisorCall): void {
    const say: typeof reply = (answer) => guarded(this.#scope, () => reply(answer));
    switch (request.type) {
      case "startChild":
        this.#startFor(request.child as A, say);
        return;
      case "terminateChild":
        if (typeof request.child === "string") say(err("simple_one_for_one"));
        else this.#terminate(request.child, () => say(ok(undefined)), say);
        return;
      case "restartChild":
      case "deleteChild":
        say(err("simple_one_for_one"));
        return;
      case "whichChildren":
        say(ok([...this.#children.values()].map((instance) => this.#infoOf(instance)).reverse()));
        return;
      case "countChildren": {
        const count = this.#children.size;
        const active = [...this.#children.values()].filter(
          ({ state, actor }) => state === "alive" && actor && isAlive(actor),
        ).length;
        const isSupervisors = this.#template.spec.type === "supervisor";
        say(ok({ specs: 1, active, supervisors: isSupervisors ? count : 0, workers: isSupervisors ? 0 : count }));
        return;
      }
    }
  }

  // ---------------------------------------------------------------- starting

  #startFor(args: A, say: SupervisorCall["reply"]): void {
    if (this.#children.size >= this.#template.maxChildren) {
      say(err("max_children"));
      return;
    }
    const instance = this.#newInstance(args);
    const settle = (outcome: Launch): void => say(this.#begun(instance, outcome));
    const outcome = this.#launch(instance);
    if (outcome.type === "pending") this.#job = { type: "start", instance, settle };
    else settle(outcome);
  }

  #newInstance(args: A): Instance<A> {
    const number = String(++this.#keys);
    const id = this.#template.nameOf?.(args) ?? number;
    const key = this.#children.has(id) ? `${id}#${number}` : id;
    const instance: Instance<A> = {
      key,
      id,
      args,
      actor: undefined,
      state: "starting",
      startedMs: 0,
      restarts: 0,
      history: [],
      delayed: undefined,
      ticket: 0,
    };
    this.#children.set(key, instance);
    return instance;
  }

  #launch(instance: Instance<A>): Launch {
    const { restarts, history, args, key } = instance;
    instance.state = "starting";
    const start = () => this.#template.start(args, { restarts, exits: history.map((entry) => entry.exit) });
    return launch(start, { parent: this.#scope.self, id: key, name: undefined }, (actor) => {
      instance.actor = actor;
    });
  }

  /** What follows from a first start. */
  #begun(instance: Instance<A>, outcome: Launch): Result<AnyActorRef | undefined, CallError> {
    switch (outcome.type) {
      case "started":
        this.#isUp(instance, outcome.actor);
        return ok(outcome.actor);
      case "ignored":
        this.#forget(instance);
        this.#tell({ type: "child.ignored", id: instance.id, args: instance.args });
        return ok(undefined);
      case "failed":
        this.#forget(instance);
        this.#tell({ type: "child.failed", id: instance.id, reason: outcome.reason, args: instance.args });
        return err({ start_failed: outcome.reason });
      case "pending":
        return err({ start_failed: "pending" });
    }
  }

  #isUp(instance: Instance<A>, actor: AnyActorRef): void {
    instance.actor = actor;
    instance.state = "alive";
    instance.startedMs = clockOf(this.#scope.system).monotonic();
    this.#started++;
    this.#tell({ type: "child.started", id: instance.id, actor, restarts: instance.restarts, args: instance.args });
    if (!isAlive(actor)) this.#scope.self.send({ type: "child.gone", key: instance.key, actor }); // it ended on the way up
  }

  // ---------------------------------------------------------------- exits and restarts

  #awaits(key: string): boolean {
    const job = this.#job;
    if (job?.type === "exit") return job.left.has(key);
    return job?.instance.key === key;
  }

  /** A child is gone: one we wait for, or one that exited by itself. */
  #gone(key: string, actor: AnyActorRef): void {
    const instance = this.#children.get(key);
    if (!instance || instance.actor !== actor) return; // forgotten meanwhile, or an earlier incarnation
    const job = this.#job;
    if (job?.type === "exit") {
      this.#forget(instance);
      job.left.delete(key);
      if (job.left.size === 0) this.#exit(job.exit);
      return;
    }
    if (job) {
      this.#job = undefined;
      this.#cancelDeadline();
      if (job.type === "terminate") {
        this.#forget(instance);
        job.done();
      } else job.settle({ type: "failed", reason: exitOf(actor) });
      this.#readInbox();
      return;
    }
    this.#exited(instance, actor, exitOf(actor)!);
  }

  #exited(instance: Instance<A>, actor: AnyActorRef, exit: Exit): void {
    const { spec } = this.#template;
    const willRestart =
      verdictOn(spec.restart, exit) === "restart" && withinBudget(instance.restarts, spec.restartBudget);
    const delayMs = willRestart ? this.#delayOf(instance, exit) : 0;
    if (!willRestart) this.#forget(instance);
    else this.#remember(instance, exit);
    this.#tell({ type: "child.exited", id: instance.id, actor, exit, willRestart, delayMs, args: instance.args });
    if (willRestart) this.#restart(instance, delayMs);
    else this.#mayEnd();
  }

  /** The end of a significant child, and the last of them, may be the end of the supervisor. */
  #mayEnd(): void {
    const { flags, spec } = this.#template;
    if (!spec.significant || flags.autoShutdown === "never") return;
    if (flags.autoShutdown === "any_significant" || this.#children.size === 0) this.#stopAll(shutdown());
  }

  #delayOf({ restarts, history }: Instance<A>, exit: Exit): number {
    return this.#template.spec.delayMs?.(exit, { restarts, exits: history.map((entry) => entry.exit) }) ?? 0;
  }

  #remember(instance: Instance<A>, exit: Exit): void {
    const clock = clockOf(this.#scope.system);
    instance.history = [
      ...instance.history,
      { at: clock.now(), exit, afterMs: clock.monotonic() - instance.startedMs },
    ].slice(-HISTORY);
    instance.restarts++;
    instance.state = "restarting";
    this.#restarting++;
  }

  /** Counts a restart, and makes it, or puts it off, or gives up. */
  #restart(instance: Instance<A>, delayMs: number): void {
    const { stamps, tolerated } = countRestart(
      this.#stamps,
      clockOf(this.#scope.system).monotonic(),
      this.#template.flags,
    );
    this.#stamps = stamps;
    if (!tolerated) {
      this.#forget(instance);
      this.#tell({ type: "supervisor.exhausted", id: this.#scope.id });
      this.#stopAll(shutdown());
      return;
    }
    if (delayMs > 0) this.#putOff(instance, delayMs, true);
    else this.#startAgain(instance);
  }

  #startAgain(instance: Instance<A>): void {
    const old = instance.actor;
    this.#restarting--;
    const outcome = this.#launch(instance);
    if (outcome.type === "pending")
      this.#job = { type: "start", instance, settle: (late) => this.#restarted(instance, late, old) };
    else this.#restarted(instance, outcome, old);
  }

  /** What follows from an automatic restart. */
  #restarted(instance: Instance<A>, outcome: Launch, old: AnyActorRef | undefined): void {
    if (outcome.type === "started") {
      this.#isUp(instance, outcome.actor);
      return;
    }
    if (outcome.type === "ignored") {
      this.#forget(instance); // OTP 25 keeps it listed, and crashes when it stops (erlang/otp#8215)
      this.#tell({ type: "child.ignored", id: instance.id, args: instance.args });
      this.#mayEnd();
      return;
    }
    instance.actor = old; // by which it can be terminated
    instance.state = "restarting";
    this.#restarting++;
    this.#tell({
      type: "child.failed",
      id: instance.id,
      reason: outcome.type === "failed" ? outcome.reason : undefined,
      args: instance.args,
    });
    this.#putOff(instance, this.#delayOf(instance, instance.history.at(-1)!.exit), false);
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
    if (isCounted) {
      this.#startAgain(instance);
      return;
    }
    if (withinBudget(instance.restarts, this.#template.spec.restartBudget)) {
      instance.restarts++;
      this.#restart(instance, 0);
      return;
    }
    this.#forget(instance);
    this.#tell({ type: "child.abandoned", id: instance.id, args: instance.args });
    this.#mayEnd();
  }

  // ---------------------------------------------------------------- stopping

  #terminate(actor: AnyActorRef, done: () => void, refuse: SupervisorCall["reply"]): void {
    const instance = this.#children.get(actor.id);
    if (!instance || instance.actor !== actor) {
      isAlive(actor) ? refuse(err("not_found")) : done();
      return;
    }
    if (instance.state === "restarting" || !isAlive(actor)) {
      this.#forget(instance);
      done();
      return;
    }
    this.#job = { type: "terminate", instance, done };
    this.#ask([instance]);
  }

  /** Stops all children at once and then exits. */
  #stopAll(exit: Exit): void {
    const left = new Map<string, Instance<A>>();
    for (const instance of [...this.#children.values()]) {
      if (instance.state === "alive" && instance.actor && isAlive(instance.actor)) left.set(instance.key, instance);
      else this.#forget(instance);
    }
    this.#job = { type: "exit", left, exit };
    if (left.size === 0) {
      this.#exit(exit);
      return;
    }
    this.snapshot = { ...this.snapshot, value: "stopping" };
    this.#ask([...left.values()]);
  }

  /** Asks children to stop by the shutdown rule of the template, with one deadline for all. */
  #ask(instances: readonly Instance<A>[]): void {
    const { shutdown: how } = this.#template.spec;
    const asked: AnyActorRef[] = [];
    for (const { actor } of instances) {
      if (!actor) continue;
      if (how === "brutal_kill") this.#end(actor, killed);
      else if (!postOf(actor) && !trapsExit(actor)) this.#end(actor, shutdown());
      else asked.push(actor);
    }
    if (asked.length > 0 && typeof how === "number") {
      this.#deadline = this.#queue.schedule(how, () => {
        for (const actor of asked) this.#end(actor, killed);
      });
    }
    for (const actor of asked) actor.send({ type: "actor.shutdown", exit: shutdown() } satisfies ShutdownRequest);
  }

  #end(actor: AnyActorRef, exit: Exit): void {
    if (!isAlive(actor)) return;
    writeVerdict(actor, exit);
    const gone = () => {
      markEnded(actor);
      if (this.snapshot.status === "active") this.#scope.self.send({ type: "child.gone", key: actor.id, actor });
    };
    actor.subscribe({ complete: gone, error: gone }); // XState tells a parent of ends, but not of stops
    this.#scope.stopChild(actor);
  }

  /** This supervisor is being stopped without a say: what it leaves behind dies too, as processes linked to a killed one do. */
  #die(): void {
    this.snapshot = { ...this.snapshot, status: "stopped", output: undefined, error: undefined };
    this.#cancelDeadline();
    for (const instance of [...this.#children.values()].reverse()) {
      const { actor } = instance;
      this.#forget(instance);
      if (!actor || !isAlive(actor)) continue;
      if (postOf(actor))
        actor.send({ type: "actor.shutdown", exit: killed } satisfies ShutdownRequest); // ends its own children in order
      else this.#end(actor, killed);
    }
  }

  #exit(exit: Exit): void {
    this.#cancelDeadline();
    this.#inbox = [];
    this.snapshot = done(exit, this.snapshot.context);
  }

  #cancelDeadline(): void {
    if (this.#deadline) this.#queue.cancel(this.#deadline);
    this.#deadline = undefined;
  }

  #forget(instance: Instance<A>): void {
    if (instance.delayed) this.#queue.cancel(instance.delayed);
    if (instance.state === "restarting") this.#restarting--;
    this.#children.delete(instance.key);
  }

  #infoOf({ state, actor, restarts, history }: Instance<A>): ChildInfo {
    const isWaiting = state === "restarting";
    return {
      id: undefined,
      type: this.#template.spec.type,
      state: isWaiting ? "restarting" : "alive",
      actor: isWaiting ? undefined : actor,
      restarts,
      history,
    };
  }

  #tell(fact: PoolFact<A>): void {
    const { onFact } = this.#template;
    if (onFact) guarded(this.#scope, () => onFact(fact));
  }
}

const done = (exit: Exit, context: PoolView): DynamicSupervisorSnapshot => ({
  status: "done",
  output: exit,
  error: undefined,
  value: "exited",
  context,
});
