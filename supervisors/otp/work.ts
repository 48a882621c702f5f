import type { ActorScope, AnyActorRef } from "xstate";
import type { Clock } from "#src/kernel/clock";
import type { Exit } from "#src/kernel/exit";
import { err, ok } from "#src/kernel/result";
import { type Answer, type Post, type Reply, type Started, startError } from "./call.ts";
import { checkSpec, SPEC_KEYS } from "./check-spec.ts";
import type { ChildSpec, Shutdown, StartResult } from "./child-spec.ts";
import { type Child, Children } from "./children.ts";
import { clockOf } from "./delay.ts";
import { isAlive } from "./exit.ts";
import { type FactListener, reporter, type SupervisionFact } from "./facts.ts";
import { Job } from "./job.ts";
import type { Kind, Mail, PoolView, SupervisorSnapshot } from "./kind.ts";
import { hasLogic, type Launch, launch, type Settled } from "./launch.ts";
import { OWN_KEYS, ownSpec } from "./own-spec.ts";
import { Queue } from "./queue.ts";
import { whenUp } from "./readiness.ts";
import { Stopper } from "./shutdown.ts";
import { attempt } from "./spec-error.ts";
import { type Given, warn } from "./warnings.ts";

const RESULT_KEYS = ["logic", "input", "info"];
const OWN_RESULT_KEYS = [...RESULT_KEYS, ...OWN_KEYS];

/** What a supervisor does with its children: starts and stops them, one job at a time. */
export class Work<A> {
  readonly children: Children<A>;
  readonly kind: Kind<A>;
  /** Starts so far. */
  started = 0;
  protected readonly scope: ActorScope<SupervisorSnapshot, Mail<A>>;
  readonly self: AnyActorRef;
  protected readonly clock: Clock;
  protected readonly stopper: Stopper;
  protected boot: ReturnType<Post["boot"]> = "up";
  protected job: Job<A> | undefined;
  /** Starts that wait until there is room. */
  protected readonly waiting = new Queue<Mail<A>>();
  readonly #onFact: FactListener | null | undefined;
  readonly #tell: ReturnType<typeof reporter>;

  constructor(scope: ActorScope<SupervisorSnapshot, Mail<A>>, kind: Kind<A>, onFact: FactListener | null | undefined) {
    const { self, system } = scope;
    this.kind = kind;
    this.self = self;
    this.children = new Children(kind.template !== undefined);
    this.scope = scope;
    this.clock = clockOf(system);
    this.stopper = new Stopper(scope, (actor) => isAlive(self) && self.send({ type: "child.gone", actor }));
    this.#onFact = onFact;
    this.#tell = reporter(scope, self, onFact);
    for (const given of kind.given) this.#warn(given);
  }

  // ---------------------------------------------------------------- jobs

  begin(job: Job<A>): void {
    this.job = job;
    this.proceed(job);
  }

  /** Continues a job behind the mail that has come. */
  protected continue(job: Job<A>, next = () => this.proceed(job)): void {
    this.self.send({ type: "supervisor.continue", next: () => this.job === job && next() });
  }

  protected proceed(job: Job<A>): void {
    while (job.stopped < job.stop.length) {
      const left = new Map<AnyActorRef, Shutdown>();
      for (const child of job.stop[job.stopped++]!) {
        if (isAlive(child.actor)) left.set(child.actor!, child.spec.shutdown);
        else this.bury(child); // its exit may be unread, and is ignored then: OTP swallows pending exits too
      }
      job.awaited = new Set(left.keys());
      this.stopper.stop(left);
      if (left.size > 0) return;
    }
    const child = job.start[job.started++];
    if (child) this.#start(job, child);
    else {
      this.job = undefined;
      job.done(job.last);
    }
  }

  #start(job: Job<A>, child: Child<A>): void {
    job.before = child.actor;
    const outcome = this.launch(child);
    if (outcome.type !== "pending") {
      this.#settled(job, child, outcome);
      return;
    }
    const end = (actor: AnyActorRef, exit: Exit): void => this.stopper.end(actor, exit);
    const up = (): void => this.continue(job, () => this.#settled(job, child, { ...outcome, type: "started" }));
    job.ended = whenUp(outcome.actor, child.spec, end, up);
    job.awaited = new Set([outcome.actor]);
  }

  /** The start of a child has completed. Between two starts, kills are heard. */
  #settled(job: Job<A>, child: Child<A>, outcome: Settled): void {
    job.ended = undefined;
    this.settle(child, outcome);
    if (outcome.type === "failed") {
      child.actor = job.before; // the name by which it can be terminated
      this.job = undefined;
      job.failed(child, outcome.reason);
      return;
    }
    job.last = outcome;
    if (job.started < job.start.length) this.continue(job);
    else this.proceed(job);
  }

  /** A child that is waited for is gone. */
  protected leave(job: Job<A>, actor: AnyActorRef): void {
    const child = this.children.of(actor)!;
    job.awaited.delete(actor);
    if (job.ended) this.#settled(job, child, job.ended());
    else {
      this.bury(child);
      if (job.awaited.size === 0) this.proceed(job);
    }
  }

  // ---------------------------------------------------------------- starting

  protected launch(child: Child<A>): Launch {
    this.children.mark(child, "starting");
    return launch(child, this);
  }

  /** What the start function of a child returns; a dynamic one may differ from the template by it. */
  resultOf(child: Child<A>): StartResult {
    const { template } = this.kind;
    if (template?.logic) return { logic: template.logic, input: child.args };
    const { incarnation } = child;
    const result = template ? template.start(child.args, incarnation) : child.spec.start(incarnation);
    if (!hasLogic(result)) return result;
    if (!template) this.#warn([result, RESULT_KEYS, `${child.id}: start()`], this);
    else {
      this.#warn([result, OWN_RESULT_KEYS, "start()"], this);
      const own = attempt(() => ownSpec(template.raw, result));
      if (!own.ok) return own;
      child.spec = own.value ?? template.spec;
    }
    return result;
  }

  #warn(given: Given, once?: object): void {
    if (this.#onFact !== null) warn(this.scope.logger, given, once);
  }

  /** Says what came of a start. */
  protected settle(child: Child<A>, outcome: Settled): void {
    const { id } = child;
    switch (outcome.type) {
      case "started":
        this.children.mark(child, "alive");
        child.startedMs = this.clock.monotonic();
        this.started++;
        this.report({ type: "child.started", id, actor: outcome.actor, restarts: child.restarts }, child);
        if (child.restart === "temporary") this.#lighten(child);
        break;
      case "ignored":
        this.bury(child); // OTP 25 keeps a dynamic one after a restart, and crashes when it stops (erlang/otp#8215)
        this.report({ type: "child.ignored", id }, child);
        break;
      case "failed": {
        const isOneOfMany = this.boot === "booting"; // then the line that says why the supervisor did not boot says it
        this.report({ type: "child.failed", id, reason: outcome.reason }, child, !isOneOfMany);
      }
    }
  }

  /** A temporary child is never started again: what its start holds may go. */
  #lighten(child: Child<A>): void {
    if (!this.kind.template) child.spec = { ...child.spec, start: () => "ignore", given: undefined };
    else if (!this.#onFact) child.args = undefined as A;
  }

  /** Starts one more dynamic child, when there is room. */
  startNew(args: A, say: Reply, mail: Mail<A>): void {
    const child = this.addChild(args);
    if (child) this.startOne(child, say, true);
    else if (this.kind.template?.whenFull === "wait") this.waiting.push(mail);
    else say(err("max_children"));
  }

  /** A dynamic child to be started, unless there are too many. */
  protected addChild(args: A): Child<A> | undefined {
    const { spec, nameOf } = this.kind.template!;
    return this.isFull ? undefined : this.children.add(spec, args, nameOf?.(args));
  }

  protected get isFull(): boolean {
    return this.children.size >= (this.kind.template?.maxChildren ?? 0);
  }

  /** Starts one more ordinary child, last in the start order. @returns why it does not */
  startSpec(spec: ChildSpec, say: Reply): Answer | undefined {
    const checked = attempt(() => checkSpec(spec, this.kind.flags.autoShutdown));
    if (!checked.ok) return err({ bad_spec: checked.error });
    const known = this.children.get(spec.id);
    if (known) return err(known.state === "alive" ? { already_started: known.actor! } : "already_present");
    this.#warn([spec, SPEC_KEYS]);
    this.startOne(this.children.add(checked.value, undefined as A, spec.id), say, true);
    return undefined;
  }

  startOne(child: Child<A>, say: Reply, isNew: boolean): void {
    const refuse = (_: unknown, reason: unknown): void => {
      if (isNew) this.forget(child);
      else this.bury(child);
      say(err(startError(reason)));
    };
    this.begin(new Job([], [child], (last) => say(startedFrom(last)), refuse));
  }

  // ---------------------------------------------------------------- ends

  /** A child has no process, and waits for nothing. */
  protected rest(child: Child<A>): void {
    child.forgetDelay?.();
    child.forgetDelay = undefined;
    this.children.mark(child, "stopped");
  }

  forget(child: Child<A>): void {
    this.rest(child);
    this.children.forget(child);
  }

  /** A child stays down: it keeps its record, unless it is temporary or dynamic. */
  bury(child: Child<A>): void {
    if (this.kind.template || child.restart === "temporary") this.forget(child);
    else {
      this.rest(child);
      child.actor = undefined;
    }
  }

  protected report(fact: SupervisionFact & { args?: A }, child?: Child<A>, isLogged?: boolean): void {
    if (child && this.kind.template) fact.args = child.args;
    this.#tell(fact, isLogged);
  }
}

/** The caller gets the actor, or nothing where the start was ignored. */
export function startedFrom(last: Settled | undefined): Started {
  if (last?.type !== "started") return ok(undefined);
  const { actor: value, info } = last;
  return info === undefined ? ok(value) : { ok: true, value, info };
}

/** Live: it always says how things are now. */
export const viewOf = <A>(work: Work<A>): PoolView => ({
  get running() {
    return work.children.running;
  },
  get restarting() {
    return work.children.restarting;
  },
  get started() {
    return work.started;
  },
});
