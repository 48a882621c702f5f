import type { AnyActorRef } from "xstate";
import { ChurnMap } from "#src/kernel/churn-map";
import type { Exit } from "#src/kernel/exit";
import { type ChildCounts, type ChildInfo, HISTORY, type RestartEntry } from "./call.ts";
import type { CheckedSpec, Incarnation } from "./child-spec.ts";
import type { Delayed } from "./delay.ts";
import { isAlive } from "./exit.ts";

/** One child of a dynamic supervisor through all its incarnations. */
export interface Instance<A> {
  /** Unique among the children; the XState id of all its incarnations. */
  readonly key: string;
  readonly id: string;
  /** Undefined for a temporary child that has started, where no listener wants them. */
  args: A;
  /** Where it differs from the template. */
  spec: CheckedSpec | undefined;
  /** The present incarnation; the last one while it waits for a restart. */
  actor: AnyActorRef | undefined;
  readonly state: "starting" | "alive" | "restarting";
  startedMs: number;
  restarts: number;
  history: readonly RestartEntry[];
  /** The turn of the event loop in which it was restarted last. */
  turn: number | undefined;
  /** The timer of a delayed restart. */
  delayed: Delayed | undefined;
  /** Which reminder it waits for: others are stale. */
  ticket: number;
}

/** The children of a dynamic supervisor, in start order. Everything but a listing costs the same however many there are. */
export class Instances<A> {
  readonly #byKey = new ChurnMap<string, Instance<A>>();
  #restarting = 0;
  #added = 0;

  get size(): number {
    return this.#byKey.size;
  }

  get restarting(): number {
    return this.#restarting;
  }

  add(args: A, name: string | undefined): Instance<A> {
    const number = String(++this.#added);
    const id = name ?? number;
    const key = this.#byKey.has(id) ? `${id}#${number}` : id;
    const instance: Instance<A> = {
      key,
      id,
      args,
      spec: undefined,
      actor: undefined,
      state: "starting",
      startedMs: 0,
      restarts: 0,
      history: [],
      turn: undefined,
      delayed: undefined,
      ticket: 0,
    };
    this.#byKey.set(key, instance);
    return instance;
  }

  get(key: string): Instance<A> | undefined {
    return this.#byKey.get(key);
  }

  /** The child whose present incarnation is `actor`, or whose last one was. */
  of(actor: AnyActorRef): Instance<A> | undefined {
    const instance = this.#byKey.get(actor.id);
    return instance?.actor === actor ? instance : undefined;
  }

  mark(instance: Instance<A>, state: Instance<A>["state"]): void {
    this.#restarting += Number(state === "restarting") - Number(instance.state === "restarting");
    (instance as { state: typeof state }).state = state;
  }

  forget(instance: Instance<A>): void {
    if (!this.#byKey.delete(instance.key)) return;
    if (instance.state === "restarting") this.#restarting--;
  }

  all(): Instance<A>[] {
    return this.#byKey.values();
  }

  /** Actors that are alive, in start order. */
  actors(): AnyActorRef[] {
    return this.all().flatMap(({ actor }) => (actor && isAlive(actor) ? [actor] : []));
  }

  infos(type: ChildInfo["type"]): ChildInfo[] {
    return this.all()
      .map((instance) => infoOf(instance, instance.spec?.type ?? type))
      .reverse();
  }

  info(actor: AnyActorRef, type: ChildInfo["type"]): ChildInfo | undefined {
    const instance = this.of(actor);
    return instance && infoOf(instance, instance.spec?.type ?? type);
  }

  counts(type: ChildInfo["type"]): ChildCounts {
    const supervisors = this.all().filter(({ spec }) => (spec?.type ?? type) === "supervisor").length;
    return { specs: 1, active: this.actors().length, supervisors, workers: this.size - supervisors };
  }
}

/** What a start function receives. */
export const incarnationOf = ({ restarts, history }: Pick<Instance<unknown>, "restarts" | "history">): Incarnation => ({
  restarts,
  exits: history.map((entry) => entry.exit),
});

const infoOf = ({ state, actor, restarts, history }: Instance<unknown>, type: ChildInfo["type"]): ChildInfo =>
  state === "restarting"
    ? { id: undefined, type, state, actor: undefined, restarts, history }
    : { id: undefined, type, state: "alive", actor, restarts, history };

/** A history with one exit more. */
export const remembered = (history: readonly RestartEntry[], at: number, exit: Exit, afterMs: number): RestartEntry[] =>
  [...history, { at, exit, afterMs }].slice(-HISTORY);
