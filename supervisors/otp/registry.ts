import type { ActorLogic, ActorSystem, ActorSystemInfo, AnyActorRef, EventObject, Snapshot } from "xstate";
import { memo } from "#src/kernel/memo";
import { err, ok, type Result } from "#src/kernel/result";
import { onceEnded } from "./ask.ts";
import { isAlive } from "./exit.ts";
import { objectLogic } from "./object-logic.ts";

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

class Entries {
  readonly byKey = new Map<unknown, Registration[]>();
  readonly watchers = new Map<unknown, Set<AnyActorRef>>();
  readonly ends = new Map<AnyActorRef, { unsubscribe: () => void }>();
  readonly isUnique: boolean;

  constructor(isUnique: boolean) {
    this.isUnique = isUnique;
  }

  add(key: unknown, entry: Registration): void {
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), entry]);
    const { actor } = entry;
    if (!this.ends.has(actor))
      this.ends.set(
        actor,
        onceEnded(actor, () => this.forget(actor)),
      );
    this.tell("registry.registered", key, entry);
  }

  remove(key: unknown, actor: AnyActorRef): void {
    const entries = this.byKey.get(key) ?? [];
    const kept = entries.filter((entry) => entry.actor !== actor);
    if (kept.length > 0) this.byKey.set(key, kept);
    else this.byKey.delete(key);
    for (const entry of entries) if (entry.actor === actor) this.tell("registry.unregistered", key, entry);
  }

  forget(actor: AnyActorRef): void {
    this.ends.delete(actor);
    for (const key of this.keysOf(actor)) this.remove(key, actor);
  }

  keysOf(actor: AnyActorRef): unknown[] {
    return [...this.byKey].flatMap(([key, entries]) => entries.filter((entry) => entry.actor === actor).map(() => key));
  }

  tell(type: RegistryEvent["type"], key: unknown, entry: Registration): void {
    for (const watcher of this.watchers.get(key) ?? []) {
      if (isAlive(watcher)) watcher.send({ type, key, ...entry } satisfies RegistryEvent);
      else this.watchers.get(key)!.delete(watcher);
    }
  }

  receive(): void {}

  close(): void {
    for (const end of this.ends.values()) end.unsubscribe();
    this.byKey.clear();
  }
}

const uniqueKeys = objectLogic(() => new Entries(true));
const duplicateKeys = objectLogic(() => new Entries(false));
const entriesOf = (registry: AnyActorRef): Entries | undefined =>
  isAlive(registry) ? (uniqueKeys.insideOf(registry) ?? duplicateKeys.insideOf(registry)) : undefined;

/** Logic of a registry: a child of a supervisor, before those that register. */
export type RegistryLogic = ActorLogic<Snapshot<undefined>, EventObject>;

/**
 * A registry: finds actors by key, as Elixir's Registry does. An actor that ends is forgotten; its next incarnation registers itself.
 *
 * @param options `keys`: `unique` (default) allows one actor for a key, `duplicate` any number
 * @example supervisor({ children: [{ id: "rooms", name: "rooms", start: registry() }, ...] });
 */
export function registry({ keys = "unique" }: { readonly keys?: "unique" | "duplicate" } = {}): RegistryLogic {
  return (keys === "unique" ? uniqueKeys : duplicateKeys).logic;
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
  const [holder] = entries.isUnique ? (entries.byKey.get(key) ?? []) : [];
  if (holder) return err({ already_registered: holder.actor });
  entries.add(key, { actor: self, value });
  return ok(self);
}

/** Takes back what `self` registered under a key. */
export const unregister = (registry: AnyActorRef, self: AnyActorRef, key: unknown): void =>
  entriesOf(registry)?.remove(key, self);

/** Who is registered under a key, first registered first. */
export const lookup = (registry: AnyActorRef, key: unknown): readonly Registration[] =>
  entriesOf(registry)?.byKey.get(key) ?? [];

/** The keys under which an actor is registered. */
export const keys = (registry: AnyActorRef, actor: AnyActorRef): unknown[] => entriesOf(registry)?.keysOf(actor) ?? [];

/** Sends an event to every actor under a key: publish and subscribe with duplicate keys. */
export function dispatch(registry: AnyActorRef, key: unknown, event: EventObject): void {
  for (const { actor } of [...lookup(registry, key)]) if (isAlive(actor)) actor.send(event);
}

/** Sends `registry.registered` to `self` for who is registered under a key now and later, and `registry.unregistered` when one is gone. */
export function watch(registry: AnyActorRef, self: AnyActorRef, key: unknown): { unsubscribe: () => void } {
  const watchers = entriesOf(registry)?.watchers;
  const all = watchers ? memo(watchers, key, () => new Set()) : new Set();
  all.add(self);
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
