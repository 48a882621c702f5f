import type { AnyActorRef } from "xstate";
import type { Clock } from "#src/kernel/clock";
import { type Exit, shutdown } from "#src/kernel/exit";
import { err, ok } from "#src/kernel/result";
import { countRestart, type Stamps, verdictOn, withinBudget } from "#src/policy/restart";
import { endsSupervisor, type Member } from "#src/policy/strategy";
import { type Started, startError, startedWith } from "./call.ts";
import type { CheckedFlags, CheckedSpec, ChildSpec, Incarnation, StartResult } from "./child-spec.ts";
import { delaysOf } from "./delay.ts";
import { isAlive } from "./exit.ts";
import type { SupervisionFact } from "./facts.ts";
import { type Instance, Instances, incarnationOf, remembered } from "./instances.ts";
import { type Launch, launch, type Settled } from "./launch.ts";
import { ownSpec } from "./own-spec.ts";
import { attempt } from "./spec-error.ts";
import { countInTurn, type Spell } from "./yielding.ts";

/** Checked options of a dynamic supervisor. */
export interface PoolTemplate<A> {
  readonly flags: CheckedFlags;
  /** The template as it was given, for a child that differs from it. */
  readonly raw: ChildSpec;
  readonly spec: CheckedSpec;
  readonly start: (args: A, incarnation: Incarnation) => StartResult;
  readonly nameOf: ((args: A) => string) | undefined;
  readonly maxChildren: number;
  readonly whenFull: "refuse" | "wait";
  readonly onFact: ((fact: PoolFact<A>) => void) | null | undefined;
}

/** A fact about a child, with the arguments it was started with. */
export type PoolFact<A> =
  | (Exclude<SupervisionFact, { type: `supervisor.${string}` }> & { readonly args: A })
  | Extract<SupervisionFact, { type: `supervisor.${string}` }>;

/** The supervisor around the lives of its children. */
export interface LivesHost<A> {
  readonly self: AnyActorRef;
  readonly clock: Clock;
  readonly turn: () => number;
  /** Calls `fn` when the event loop has had its turn, and does nothing else until then. */
  readonly yield: (fn: () => void) => void;
  /** Starts an instance, and does nothing else until the start has completed. */
  readonly begin: (instance: Instance<A>, settle: (outcome: Settled) => void) => void;
  /** Stops all children, and then the supervisor. */
  readonly stopAll: (exit: Exit) => void;
  readonly tell: (fact: PoolFact<A>) => void;
  /** Looks at what a start function returned. */
  readonly look: (result: object, path: string) => void;
}

/** What a dynamic supervisor sends itself to try a restart again. */
export interface ChildRetry {
  readonly type: "child.retry";
  readonly key: string;
  readonly ticket: number;
  readonly isCounted: boolean;
}

/** What becomes of each child of a dynamic supervisor: its starts, its exits, its restarts. */
export class ChildLifecycle<A> {
  readonly children = new Instances<A>();
  started = 0;
  readonly #template: PoolTemplate<A>;
  readonly #host: LivesHost<A>;
  #stamps: Stamps = [];
  #tickets = 0;
  #spell: Spell | undefined;

  constructor(template: PoolTemplate<A>, host: LivesHost<A>) {
    this.#template = template;
    this.#host = host;
  }

  /** A child to be started, unless there are too many. */
  addChild(args: A): Instance<A> | undefined {
    if (this.children.size >= this.#template.maxChildren) return undefined;
    return this.children.add(args, this.#template.nameOf?.(args));
  }

  /** What holds for one child. */
  specOf(instance: Instance<A>): CheckedSpec {
    return instance.spec ?? this.#template.spec;
  }

  launch(instance: Instance<A>): Launch {
    this.children.mark(instance, "starting");
    const place = { parent: this.#host.self, id: instance.key, name: undefined };
    return launch(
      () => {
        const started = this.#template.start(instance.args, incarnationOf(instance));
        const own = attempt(() => ownSpec(this.#template.raw, started));
        if (!own.ok) return own;
        instance.spec = own.value;
        return started;
      },
      place,
      (result) => this.#host.look(result, "start()"),
      (actor) => {
        instance.actor = actor;
      },
      this.#template.spec.ready,
    );
  }

  /** What follows from a first start. */
  begun(instance: Instance<A>, outcome: Settled): Started {
    const { id, args } = instance;
    if (outcome.type === "started") {
      this.#isUp(instance, outcome.actor);
      return startedWith(outcome.actor, outcome.info);
    }
    this.forget(instance);
    if (outcome.type === "ignored") {
      this.#host.tell({ type: "child.ignored", id, args });
      return ok(undefined);
    }
    this.#host.tell({ type: "child.failed", id, args, reason: outcome.reason });
    return err(startError(outcome.reason));
  }

  #isUp(instance: Instance<A>, actor: AnyActorRef): void {
    this.children.mark(instance, "alive");
    instance.startedMs = this.#host.clock.monotonic();
    this.started++;
    this.#host.tell({
      type: "child.started",
      id: instance.id,
      actor,
      restarts: instance.restarts,
      args: instance.args,
    });
    if (this.specOf(instance).restart === "temporary" && !this.#template.onFact) instance.args = undefined as A;
    if (isAlive(actor) || !isAlive(this.#host.self)) return;
    this.#host.self.send({ type: "child.gone", actor }); // it ended on the way up
  }

  /** A child exited by itself. */
  exited(instance: Instance<A>, actor: AnyActorRef, exit: Exit): void {
    const { restart, restartBudget } = this.specOf(instance);
    const willRestart = verdictOn(restart, exit) === "restart" && withinBudget(instance.restarts, restartBudget);
    const delayMs = willRestart ? this.#delayOf(instance, exit) : 0;
    if (willRestart) this.#remember(instance, exit);
    else this.forget(instance);
    this.#host.tell({ type: "child.exited", id: instance.id, actor, exit, willRestart, delayMs, args: instance.args });
    if (willRestart) this.#restart(instance, delayMs);
    else this.#mayEnd();
  }

  #remember(instance: Instance<A>, exit: Exit): void {
    const livedMs = this.#host.clock.monotonic() - instance.startedMs;
    instance.history = remembered(instance.history, this.#host.clock.now(), exit, livedMs);
    instance.restarts++;
    this.children.mark(instance, "restarting");
  }

  /** The end of a significant child, or of the last of them, may be the end of the supervisor. */
  #mayEnd(): void {
    const { flags, spec } = this.#template;
    const others = this.children.size > 0 ? [SIGNIFICANT] : [];
    if (endsSupervisor(flags.autoShutdown, spec, others)) this.#host.stopAll(shutdown());
  }

  #delayOf(instance: Instance<A>, exit: Exit): number {
    return this.#template.spec.delayMs?.(exit, incarnationOf(instance), instance.key) ?? 0;
  }

  /** Counts a restart, and makes it, or puts it off, or gives up. */
  #restart(instance: Instance<A>, delayMs: number): void {
    const { stamps, tolerated } = countRestart(this.#stamps, this.#host.clock.monotonic(), this.#template.flags);
    this.#stamps = stamps;
    if (!tolerated) {
      this.forget(instance);
      this.#host.tell({ type: "supervisor.exhausted", id: this.#host.self.id });
      this.#host.stopAll(shutdown());
    } else if (delayMs > 0) this.#putOff(instance, delayMs, true);
    else this.#startAgain(instance);
  }

  #startAgain(instance: Instance<A>): void {
    const turn = this.#host.turn();
    const { spell, mustYield } = countInTurn(turn, this.#spell, instance.turn);
    if (mustYield) this.#host.yield(() => this.#startNow(instance, { turn: this.#host.turn(), restarts: 1 }));
    else this.#startNow(instance, spell);
  }

  #startNow(instance: Instance<A>, spell: Spell): void {
    this.#spell = spell;
    instance.turn = spell.turn;
    const before = instance.actor;
    this.#host.begin(instance, (outcome) => this.#restarted(instance, outcome, before));
  }

  /** What follows from an automatic restart. */
  #restarted(instance: Instance<A>, outcome: Settled, before: AnyActorRef | undefined): void {
    const { id, args } = instance;
    switch (outcome.type) {
      case "started":
        this.#isUp(instance, outcome.actor);
        break;
      case "ignored":
        this.forget(instance); // OTP 25 keeps it, and crashes when it stops (erlang/otp#8215)
        this.#host.tell({ type: "child.ignored", id, args });
        this.#mayEnd();
        break;
      case "failed":
        instance.actor = before; // the name by which it can be terminated
        this.children.mark(instance, "restarting");
        this.#host.tell({ type: "child.failed", id, args, reason: outcome.reason });
        this.#putOff(instance, this.#delayOf(instance, instance.history.at(-1)!.exit), false);
        break;
    }
  }

  /** Has the supervisor remind itself: behind the mail it has, or after a delay. */
  #putOff(instance: Instance<A>, delayMs: number, isCounted: boolean): void {
    const ticket = ++this.#tickets;
    instance.ticket = ticket;
    const remind = () => this.#host.self.send({ type: "child.retry", key: instance.key, ticket, isCounted });
    if (delayMs > 0) instance.delayed = delaysOf(this.#host.clock).schedule(delayMs, remind);
    else remind();
  }

  /** A reminder has come. */
  retry({ key, ticket, isCounted }: ChildRetry): void {
    const instance = this.children.get(key);
    if (instance?.state !== "restarting" || instance.ticket !== ticket) return;
    instance.delayed = undefined;
    if (isCounted) this.#startAgain(instance);
    else if (withinBudget(instance.restarts, this.specOf(instance).restartBudget)) {
      instance.restarts++;
      this.#restart(instance, 0);
    } else {
      this.forget(instance);
      this.#host.tell({ type: "child.abandoned", id: instance.id, args: instance.args });
      this.#mayEnd();
    }
  }

  /** Forgets a child permanently. */
  forget(instance: Instance<A>): void {
    if (instance.delayed) delaysOf(this.#host.clock).cancel(instance.delayed);
    this.children.forget(instance);
  }
}

/** All children of a dynamic supervisor are alike: while one is left, a significant one is. */
const SIGNIFICANT: Member = { id: "", restart: "temporary", significant: true, state: "alive" };
