import type { ActorLogic, ActorSystem, ActorSystemInfo, AnyActorRef, EventObject, Snapshot } from "xstate";
import { memo } from "#src/kernel/memo";
import { err, ok, type Result } from "#src/kernel/result";
import { actorGiven, mustBe } from "./arguments.ts";
import { onceEnded } from "./ask.ts";
import { isAlive } from "./exit.ts";
import { insideOf, objectLogic, PLAIN, stoppedSnapshot } from "./object-logic.ts";
import { checkAll, words } from "./spec-rules.ts";

/** An actor that is registered under a key, with the value it gave. */
export interface Registration {
  readonly actor: AnyActorRef;
  readonly value: unknown;
}

/** What who watches a key receives. */
export interface RegistryEvent extends Registration {
  readonly type: "registry.registered" | "registry.unregistered";
  readonly key: unknown;
}

interface Entry extends Registration {
  readonly key: unknown;
  value: unknown;
  readonly end: { unsubscribe: () => void };
}

/** Who has what: registering and forgetting cost the same however many there are. */
class Entries {
  snapshot = PLAIN;
  readonly watchers = new Map<unknown, Set<AnyActorRef>>();
  readonly isUnique: boolean;
  readonly #byKey = new Map<unknown, Set<Entry>>();
  readonly #byActor = new Map<AnyActorRef, Set<Entry>>();

  constructor(isUnique: boolean) {
    this.isUnique = isUnique;
  }

  add(key: unknown, actor: AnyActorRef, value: unknown): void {
    const entry: Entry = { key, actor, value, end: onceEnded(actor, () => this.remove(entry)) };
    memo(this.#byKey, key, () => new Set<Entry>()).add(entry);
    memo(this.#byActor, actor, () => new Set<Entry>()).add(entry);
    this.#tell("registry.registered", entry);
  }

  remove(entry: Entry): void {
    entry.end.unsubscribe();
    drop(this.#byKey, entry.key, entry);
    drop(this.#byActor, entry.actor, entry);
    this.#tell("registry.unregistered", entry);
  }

  under(key: unknown): Entry[] {
    return [...(this.#byKey.get(key) ?? [])];
  }

  of(actor: AnyActorRef): Entry[] {
    return [...(this.#byActor.get(actor) ?? [])];
  }

  /** What an actor has under one key. */
  at(actor: AnyActorRef, key: unknown): Entry[] {
    return this.of(actor).filter((entry) => sameKey(entry.key, key));
  }

  #tell(type: RegistryEvent["type"], { key, actor, value }: Entry): void {
    for (const watcher of this.watchers.get(key) ?? []) {
      if (isAlive(watcher)) watcher.send({ type, key, actor, value } satisfies RegistryEvent);
      else this.watchers.get(key)!.delete(watcher);
    }
  }

  receive(): void {}

  close(): void {
    this.snapshot = stoppedSnapshot(PLAIN);
    for (const { end } of [...this.#byKey.values()].flatMap((entries) => [...entries])) end.unsubscribe();
  }
}

/** Takes one out of a set, and the set out of its map when it is empty. */
function drop<K>(map: Map<K, Set<Entry>>, key: K, entry: Entry): void {
  const entries = map.get(key)!;
  entries.delete(entry);
  if (entries.size === 0) map.delete(key);
}

/** Whether a map takes two keys for the same. */
const sameKey = (a: unknown, b: unknown): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

const entriesOf = (registry: AnyActorRef): Entries | undefined => {
  const inside = isAlive(registry) && insideOf(registry);
  return inside instanceof Entries ? inside : undefined;
};

const KEYS = [words("keys", "unique, duplicate")];

/** Logic of a registry: a child of a supervisor, before those that register. */
export type RegistryLogic = ActorLogic<Snapshot<undefined>, EventObject>;

/**
 * A registry: finds actors by key, as Elixir's Registry does. An actor that ends is forgotten; its next incarnation registers itself.
 *
 * @param options `keys`: `unique` (default) allows one actor for a key, `duplicate` any number
 * @example supervisor({ children: [{ id: "rooms", name: "rooms", start: registry() }, ...] });
 */
export function registry(options?: { readonly keys?: "unique" | "duplicate" }): RegistryLogic {
  const { keys = "unique" }: typeof options & {} = Object(options);
  checkAll({ keys }, KEYS, "");
  return objectLogic(() => new Entries(keys === "unique"));
}

/**
 * Registers `self` under a key, until it ends or is unregistered.
 *
 * @returns `already_registered` with the actor that has a unique key; `noproc` where the registry or `self` has ended
 */
export function register(
  registry: AnyActorRef,
  self: AnyActorRef,
  key: unknown,
  value?: unknown,
): Result<AnyActorRef, "noproc" | { readonly already_registered: AnyActorRef }> {
  const entries = entriesOf(registry);
  if (!entries || !isAlive(self)) return err("noproc");
  const [holder] = entries.isUnique ? entries.under(key) : [];
  if (holder) return err({ already_registered: holder.actor });
  entries.add(key, self, value);
  return ok(self);
}

/**
 * Changes the value that `self` has under a key.
 *
 * @returns the new value; `not_found` where it has none
 */
export function updateValue<T>(
  registry: AnyActorRef,
  self: AnyActorRef,
  key: unknown,
  change: (value: T) => T,
): Result<T, "not_found"> {
  const own = entriesOf(registry)?.at(self, key) ?? [];
  for (const entry of own) entry.value = change(entry.value as T);
  return own.length > 0 ? ok(own.at(-1)!.value as T) : err("not_found");
}

/** Takes back what `self` registered under a key. */
export function unregister(registry: AnyActorRef, self: AnyActorRef, key: unknown): void {
  const entries = entriesOf(registry);
  for (const entry of entries?.at(self, key) ?? []) entries!.remove(entry);
}

/** Who is registered under a key, first registered first. */
export const lookup = (registry: AnyActorRef, key: unknown): readonly Registration[] =>
  (entriesOf(registry)?.under(key) ?? []).map(({ actor, value }) => ({ actor, value }));

/** The keys under which an actor is registered. */
export const keys = (registry: AnyActorRef, actor: AnyActorRef): unknown[] =>
  (entriesOf(registry)?.of(actor) ?? []).map(({ key }) => key);

/** Sends an event to every actor under a key: publish and subscribe with duplicate keys. */
export function dispatch(registry: AnyActorRef, key: unknown, event: EventObject): void {
  for (const { actor } of lookup(registry, key)) if (isAlive(actor)) actor.send(event);
}

/** Sends `registry.registered` to `self` for who is registered under a key now and later, and `registry.unregistered` when one is gone. */
export function watch(registry: AnyActorRef, self: AnyActorRef, key: unknown): { unsubscribe: () => void } {
  const watchers = entriesOf(registry)?.watchers;
  const all = watchers ? memo(watchers, key, () => new Set()) : new Set();
  all.add(actorGiven(self));
  for (const entry of lookup(registry, key))
    self.send({ type: "registry.registered", key, ...entry } satisfies RegistryEvent);
  return { unsubscribe: () => void all.delete(self) };
}

/** A reference that follows a name through the incarnations of its actor. */
export interface Ref {
  /** The actor that has the name now. */
  readonly actor: AnyActorRef | undefined;
  /** Sends to it; false where there is none, and the event is lost. */
  send(event: EventObject): boolean;
}

/**
 * A reference by name: the `name` of a child spec in a system, or a key of a registry.
 *
 * @example ref(app.system, "cache").send({ type: "clear" });
 */
export function ref(place: AnyActorRef | ActorSystem<ActorSystemInfo>, name: unknown): Ref {
  mustBe(Object(place) === place, "an actor system or a registry", place);
  const find = (): AnyActorRef | undefined =>
    "get" in place ? (place.get(name as never) as AnyActorRef | undefined) : lookup(place, name)[0]?.actor;
  return {
    get actor() {
      return find();
    },
    send: (event) => {
      const actor = find();
      if (!actor || !isAlive(actor)) return false;
      actor.send(event);
      return true;
    },
  };
}
