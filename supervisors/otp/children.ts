import type { AnyActorRef } from "xstate";
import { ChurnMap } from "#src/kernel/churn-map";
import type { Exit } from "#src/kernel/exit";
import type { Member } from "#src/policy/strategy";
import { type ChildCounts, type ChildInfo, HISTORY, type RestartEntry } from "./call.ts";
import type { CheckedSpec, Incarnation } from "./child-spec.ts";
import { isAlive } from "./exit.ts";

/** One child through all its incarnations. */
export class Child<A = unknown> implements Member {
  /** Unique among its siblings; the XState id of all its incarnations. */
  readonly key: string;
  readonly id: string;
  spec: CheckedSpec;
  /** Of a dynamic child. Undefined for a temporary one that has started, where no listener wants them. */
  args: A;
  state: Member["state"] = "stopped";
  /** The present incarnation; the last one while it waits for a restart. */
  actor: AnyActorRef | undefined;
  startedMs = 0;
  restarts = 0;
  history: readonly RestartEntry[] = [];
  /** The turn of the event loop in which it was restarted last. */
  turn: number | undefined;
  /** Forgets a restart that is delayed. */
  forgetDelay: (() => void) | undefined;
  /** Which delay it waits for: others are stale. */
  ticket: number | undefined;
  isForgotten = false;

  constructor(key: string, id: string, spec: CheckedSpec, args: A) {
    this.key = key;
    this.id = id;
    this.spec = spec;
    this.args = args;
  }

  get restart(): Member["restart"] {
    return this.spec.restart;
  }

  get significant(): boolean {
    return this.spec.significant;
  }

  /** What its start function receives. */
  get incarnation(): Incarnation {
    return { restarts: this.restarts, exits: this.history.map(({ exit }) => exit) };
  }

  /** An automatic restart follows. */
  remember(at: number, exit: Exit, afterMs: number): void {
    this.restarts++;
    this.history = [...this.history, { at, exit, afterMs }].slice(-HISTORY);
  }
}

/** The children of a supervisor, in start order. Everything but a listing costs the same however many there are. */
export class Children<A> {
  readonly #byKey = new ChurnMap<string, Child<A>>();
  #restarting = 0;
  #stopped = 0;
  /** Those of a dynamic supervisor are known by their actors, and have no id. */
  readonly #areAlike: boolean;
  #added = 0;

  constructor(areAlike: boolean) {
    this.#areAlike = areAlike;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Children with a process. */
  get running(): number {
    return this.size - this.#restarting - this.#stopped;
  }

  get restarting(): number {
    return this.#restarting;
  }

  /** @param id of a dynamic child: names are for people, and two may have the same; a running number by default */
  add(spec: CheckedSpec, args: A, id?: string): Child<A> {
    const number = String(++this.#added);
    const name = id ?? number;
    const child = new Child(this.#byKey.has(name) ? `${name}#${number}` : name, name, spec, args);
    this.#byKey.set(child.key, child);
    this.#stopped++;
    return child;
  }

  get(key: string): Child<A> | undefined {
    return this.#byKey.get(key);
  }

  /** The child whose present incarnation is `actor`, or whose last one was. */
  of(actor: AnyActorRef): Child<A> | undefined {
    const child = this.#byKey.get(actor?.id);
    return child?.actor === actor ? child : undefined;
  }

  mark(child: Child<A>, state: Member["state"]): void {
    if (child.isForgotten) return;
    this.#restarting += Number(state === "restarting") - Number(child.state === "restarting");
    this.#stopped += Number(state === "stopped") - Number(child.state === "stopped");
    child.state = state;
  }

  /** Forgets a child that is stopped. */
  forget(child: Child<A>): void {
    if (child.isForgotten) return;
    child.isForgotten = true;
    this.#byKey.delete(child.key);
    this.#stopped--;
  }

  all(): Child<A>[] {
    return this.#byKey.values();
  }

  /** Actors that are alive, in start order. */
  actors(): AnyActorRef[] {
    return this.all().flatMap(({ actor }) => (isAlive(actor) ? [actor!] : []));
  }

  readonly info = ({ id, state, actor, restarts, history, spec }: Child<A>): ChildInfo => {
    const hasProcess = state === "alive" || state === "starting";
    return {
      id: this.#areAlike ? undefined : id,
      type: spec.type,
      state: hasProcess ? "alive" : state,
      actor: hasProcess ? actor : undefined,
      restarts,
      history,
    };
  };

  /** A child that is dead already, and whose exit is still in the mailbox, is not active. */
  counts(): ChildCounts {
    const supervisors = this.all().filter(({ spec }) => spec.type === "supervisor").length;
    const workers = this.size - supervisors;
    return { specs: this.#areAlike ? 1 : this.size, active: this.actors().length, supervisors, workers };
  }
}
