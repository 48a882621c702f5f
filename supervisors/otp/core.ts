import type { ActorScope, AnyActorRef } from "xstate";
import { type Exit, shutdown } from "#src/kernel/exit";
import { err } from "#src/kernel/result";
import { currentTurn } from "#src/kernel/turns";
import { countRestart, type Stamps, verdictOn, withinBudget } from "#src/policy/restart";
import { endsSupervisor, restartPass, stopOrder } from "#src/policy/strategy";
import { guardInspection } from "#src/xstate-internals";
import { closePost, makePost, type Post, type Started, startError } from "./call.ts";
import type { Child } from "./children.ts";
import { later } from "./delay.ts";
import { endOrphans, exitOf, holdChildren, isAlive } from "./exit.ts";
import { type FactListener, guarded } from "./facts.ts";
import { Job } from "./job.ts";
import type { ChildRetry, Kind, Mail, SupervisorSnapshot } from "./kind.ts";
import { type Relayed, spawned } from "./launch.ts";
import { stoppedSnapshot } from "./object-logic.ts";
import { Queue } from "./queue.ts";
import { answer } from "./requests.ts";
import { startedFrom, viewOf, Work } from "./work.ts";
import { afterTurn, countInTurn, type Spell } from "./yielding.ts";

/**
 * The inside of a supervisor, ordinary or dynamic: reads its mail, one message at a time, to its end. What takes time is a job; what comes
 * meanwhile waits. Mutable: a copy per event would cost too much where children are many.
 */
export class Core<A> extends Work<A> {
  /** The object changes with the state of the supervisor; its context always says how things are now. */
  snapshot: SupervisorSnapshot;
  readonly #post: Post;
  readonly #inbox = new Queue<Mail<A>>(); // what came while busy or suspended
  #stamps: Stamps = [];
  #tickets = 0;
  #spell: Spell | undefined;

  constructor(scope: ActorScope<SupervisorSnapshot, Mail<A>>, kind: Kind<A>, onFact: FactListener | null | undefined) {
    super(scope, kind, onFact);
    const { self, system, logger } = scope;
    holdChildren(self);
    guardInspection(system, logger);
    const post = makePost(self, () => this.boot);
    this.#post = post;
    // Subscribed while this actor is being made, so before anyone above it: callers get their `noproc` before a restart begins.
    self.subscribe({
      complete: () => closePost(post),
      error: (error) => {
        closePost(post);
        logger(error); // a function in its options threw, or we did
        this.close(); // at once, so that their names are free when the one above starts this one again
      },
    });
    this.snapshot = {
      status: "active",
      output: undefined,
      error: undefined,
      value: "running",
      context: viewOf(this),
    };
    if (kind.template) return;
    this.boot = "booting";
    const first = kind.specs.map((spec) => this.children.add(spec, undefined as A, spec.id));
    const up = (): void => {
      this.boot = "up";
    };
    this.job = new Job([], first, up, (child, reason) => {
      this.bury(child);
      this.boot = "failed";
      const exit = shutdown({ failed_to_start_child: child.id, reason });
      this.report({ type: "supervisor.failed", id: self.id, exit });
      this.#stopAll(exit);
    });
  }

  /** The supervisor starts: it may be called from now on. */
  open(): void {
    this.#post.state = "open";
    if (this.job) this.continue(this.job);
  }

  // ---------------------------------------------------------------- mail

  receive(event: Mail<A>): void {
    const mail =
      (event as { actorId?: string }).actorId === undefined ? event : this.#endOf(event as unknown as Relayed);
    if (mail) this.#take(mail);
    while (!this.job && this.snapshot.value === "running") {
      const next = this.#inbox.shift() ?? this.#admit();
      if (!next) return;
      this.#handle(next);
    }
  }

  /** Handles a message, or keeps it while something else is being done. */
  #take(mail: Mail<A>): void {
    const { job } = this;
    switch (mail.type) {
      case "actor.exit": // a kill overtakes the mail
        if (this.children.of(mail.actor)) this.stopper.end(mail.actor, mail.exit);
        break;
      case "supervisor.continue":
        mail.next();
        break;
      default:
        if (job && mail.type === "child.gone" && job.awaited.has(mail.actor)) this.leave(job, mail.actor);
        else if (job || (this.snapshot.value === "suspended" && !isPause(mail))) this.#inbox.push(mail);
        else this.#handle(mail);
    }
  }

  #handle(mail: Mail<A>): void {
    switch (mail.type) {
      case "child.gone": {
        const child = this.children.of(mail.actor);
        if (child?.state === "alive") this.#exited(child, mail.actor); // else an earlier incarnation, or one on its way up
        break;
      }
      case "child.start":
        if (this.kind.template) this.startNew(mail.args, () => {}, mail);
        break;
      case "child.retry":
        this.#retry(mail);
        break;
      case "supervisor.call":
        answer(this, mail, (said) => guarded(this.scope.logger, () => mail.reply(said)));
        break;
      case "actor.shutdown":
        this.#stopAll(mail.exit ?? shutdown()); // a stranger may leave it out
        break;
      case "supervisor.suspend":
      case "supervisor.resume":
        this.#show(isResume(mail) || this.#inbox.take(isResume, isPause) ? "running" : "suspended");
    }
  }

  /** A start that waits, when there is room. */
  #admit(): Mail<A> | undefined {
    return this.isFull ? undefined : this.waiting.shift();
  }

  #show(value: string): void {
    this.snapshot = { ...this.snapshot, value };
  }

  /** XState says that a child is done or in error. */
  #endOf({ actorId }: Relayed): Mail<A> | undefined {
    const actor = this.children.get(actorId)?.actor;
    if (!actor || isAlive(actor)) return undefined; // its next incarnation is up already
    endOrphans(actor);
    this.stopper.gone(actor);
    return { type: "child.gone", actor };
  }

  /** Starts a dynamic child now, whatever else waits. */
  spawn(args: A): Started {
    const { status, value } = this.snapshot;
    if (!this.kind.template || status !== "active" || value === "stopping") return err("noproc");
    const child = this.addChild(args);
    if (!child) return err("max_children");
    const outcome = spawned(this.launch(child));
    this.settle(child, outcome);
    if (outcome.type === "failed") {
      this.forget(child);
      return err(startError(outcome.reason));
    }
    const { self } = this;
    if (outcome.type === "started" && !isAlive(outcome.actor) && isAlive(self))
      self.send({ type: "child.gone", actor: outcome.actor }); // it ended on the way up
    return startedFrom(outcome);
  }

  // ---------------------------------------------------------------- restarting

  /** A child exited by itself. */
  #exited(child: Child<A>, actor: AnyActorRef): void {
    const exit = exitOf(actor)!;
    const { id, restart, spec } = child;
    const willRestart = verdictOn(restart, exit) === "restart" && withinBudget(child.restarts, spec.restartBudget);
    const delayMs = willRestart ? this.#delayOf(child, exit) : 0;
    if (willRestart) {
      child.remember(this.clock.now(), exit, this.clock.monotonic() - child.startedMs);
      this.children.mark(child, "restarting");
    } else this.bury(child);
    this.report({ type: "child.exited", id, actor, exit, willRestart, delayMs }, child);
    if (willRestart) this.#restart(child, delayMs);
    else this.#mayEnd(child);
  }

  /** Milliseconds before a restart; after a failed start by the exit that led to it. */
  #delayOf(child: Child<A>, exit = child.history.at(-1)?.exit): number {
    return (exit && child.spec.delayMs?.(exit, child.incarnation, child.key)) ?? 0;
  }

  /** Counts a restart, and makes it, or puts it off, or gives up. */
  #restart(child: Child<A>, delayMs: number): void {
    const { stamps, tolerated } = countRestart(this.#stamps, this.clock.monotonic(), this.kind.flags);
    this.#stamps = stamps;
    if (!tolerated) {
      this.bury(child);
      this.report({ type: "supervisor.exhausted", id: this.self.id });
      this.#stopAll(shutdown());
    } else if (delayMs > 0) this.#putOff(child, delayMs, true);
    else this.#startAgain(child);
  }

  /** Begins a restart, unless it must wait for the event loop: nothing else is done meanwhile, as if the restart had taken so long. */
  #startAgain(culprit: Child<A>): void {
    const { template, flags } = this.kind;
    const { stop, start } = restartPass(flags.strategy, () => this.children.all(), culprit);
    for (const child of start) if (child.state !== "alive") this.rest(child);
    const job = new Job<A>(
      eachAlone(stop),
      start,
      (last) => {
        if (template && last?.type === "ignored") this.#mayEnd(culprit);
      },
      (child) => this.#putOff(child, this.#delayOf(child), false),
    );
    const begin = (spell: Spell): void => {
      this.#spell = spell;
      culprit.turn = spell.turn;
      this.begin(job);
    };
    const { spell, mustYield } = countInTurn(currentTurn(), this.#spell, culprit.turn);
    if (!mustYield) begin(spell);
    else {
      this.job = job;
      const next = (): void => begin({ turn: currentTurn(), restarts: 1 });
      job.forget = afterTurn(this.clock, () => this.continue(job, next));
    }
  }

  /** Has the supervisor remind itself: behind the mail it has, or after a delay. */
  #putOff(child: Child<A>, delayMs: number, isCounted: boolean): void {
    const { key } = child;
    this.children.mark(child, "restarting");
    const ticket = delayMs > 0 ? ++this.#tickets : undefined;
    child.ticket = ticket;
    const remind = (): void => this.self.send({ type: "child.retry", key, ticket, isCounted });
    if (delayMs > 0) child.forgetDelay = later(this.scope.system, delayMs, remind);
    else remind();
  }

  /** A reminder has come. */
  #retry({ key, ticket, isCounted }: ChildRetry): void {
    const child = this.children.get(key);
    if (child?.state !== "restarting" || child.ticket !== ticket) return;
    if (isCounted) this.#startAgain(child);
    else if (withinBudget(child.restarts, child.spec.restartBudget)) {
      child.restarts++;
      this.#restart(child, 0);
    } else {
      this.bury(child);
      this.report({ type: "child.abandoned", id: child.id }, child);
      this.#mayEnd(child);
    }
  }

  // ---------------------------------------------------------------- ends

  /** The end of a significant child may be the end of the supervisor. */
  #mayEnd({ spec }: Child<A>): void {
    const { autoShutdown } = this.kind.flags;
    if (autoShutdown !== "never" && endsSupervisor(autoShutdown, spec, this.children.all())) this.#stopAll(shutdown());
  }

  /** Stops all children, and then the supervisor: those of a dynamic one at once, others in reverse start order. */
  #stopAll(exit: Exit): void {
    const all = this.children.all();
    this.#show("stopping");
    const done = (): void => {
      for (const child of this.children.all()) this.forget(child);
      this.snapshot = { ...this.snapshot, status: "done", output: exit, error: undefined, value: "exited" };
    };
    this.begin(new Job(this.kind.template ? [all] : eachAlone(stopOrder(all)), [], done));
  }

  /** The supervisor ends without a say, and what it leaves behind follows, as processes linked to a killed supervisor do. */
  close(): void {
    this.job?.cancel();
    this.snapshot = stoppedSnapshot(this.snapshot);
    const left = this.children.actors().reverse();
    for (const child of this.children.all()) this.forget(child);
    this.stopper.abandon(left);
  }
}

const eachAlone = <T>(children: readonly T[]): T[][] => children.map((child) => [child]);

const isResume = ({ type }: { readonly type: string }): boolean => type === "supervisor.resume";
/** What is heard while suspended: a second `suspend` changes nothing, and one `resume` ends both, as in OTP. */
const isPause = (mail: { readonly type: string }): boolean => mail.type === "supervisor.suspend" || isResume(mail);
