import type { AnyActorLogic, AnyActorRef, AnyEventObject } from "xstate";
import { type EventRule, type LiveRule, lastsMs, pathMatches, struckBy } from "#src/faults/rule";
import type { Clock } from "#src/kernel/clock";
import { isAlive } from "#supervisors/otp/index";

/** What an injected crash throws: one line wherever it is printed, since where it was thrown from says nothing of the run. */
export class InjectedFault extends Error {
  constructor(message: string) {
    super(message);
    this.stack = `${this.name}: ${message}`;
  }

  override get name(): string {
    return "InjectedFault";
  }
}

/**
 * Wraps actor logic so that its events meet faults: a crash throws, a dropped event is gone, a duplicate is read twice, a delayed one
 * comes late with those about the same task behind it, and an actor that hangs reads nothing for a while and then everything, in order.
 */
export function tapActors(rules: readonly LiveRule<EventRule>[], clock: Clock, seen: SeenActors = seenActors()) {
  return <L extends AnyActorLogic>(path: string, logic: L): L => {
    seen.paths.add(path.replace(/(\/tasks\/).*$/s, "$1*"));
    const own = rules.filter(({ rule }) => pathMatches(rule.path, path));
    return own.length === 0 ? logic : misbehaving(logic, path, own, clock, seen);
  };
}

/** What rules can be about, by the names that were seen: places of the tree, and events that reached places which a rule names. */
export interface SeenActors {
  readonly paths: Set<string>;
  readonly events: Set<string>;
}
export const seenActors = (): SeenActors => ({ paths: new Set(), events: new Set() });

function misbehaving<L extends AnyActorLogic>(
  logic: L,
  path: string,
  rules: readonly LiveRule<EventRule>[],
  clock: Clock,
  { events }: SeenActors,
): L {
  const waiting = new WeakMap<AnyActorRef, Map<string, AnyEventObject[]>>();
  const passed = new WeakSet<AnyEventObject>(); // events that had their fault already
  const deliver = (actor: AnyActorRef, event: AnyEventObject): void => {
    passed.add(event);
    if (isAlive(actor)) actor.send(event);
  };
  const transition: AnyActorLogic["transition"] = (snapshot, event: AnyEventObject, scope) => {
    const { self } = scope;
    events.add(event.type);
    if (event.type === "xstate.stop" || passed.delete(event)) return logic.transition(snapshot, event, scope);
    const held = waiting.get(self);
    const before = held?.get(ALL) ?? held?.get(senderOf(event));
    if (before) {
      before.push(event);
      return snapshot;
    }
    const holdBack = (sender: string, rule: EventRule): void => {
      const lines = held ?? new Map<string, AnyEventObject[]>();
      const events = [event];
      waiting.set(self, lines.set(sender, events));
      clock.setTimeout(() => {
        lines.delete(sender);
        for (const late of events) deliver(self, late);
      }, lastsMs(rule));
    };
    const counting = rules.filter(({ rule }) => rule.event === undefined || rule.event === event.type);
    const rule = struckBy(counting);
    switch (rule?.fault) {
      case undefined:
        return logic.transition(snapshot, event, scope);
      case "crash":
        throw new InjectedFault(`injected into ${path} at ${event.type}`);
      case "drop":
        return snapshot;
      case "duplicate":
        deliver(self, { ...event });
        return logic.transition(snapshot, event, scope);
      case "delay":
        holdBack(senderOf(event), rule);
        return snapshot;
      case "hang":
        holdBack(ALL, rule);
        return snapshot;
    }
  };
  return Object.create(logic, { transition: { value: transition } }) as L; // machines keep their methods in their class
}

const ALL = "all";

/** Whom an event is from, as far as it says so: two events of one sender never overtake each other, as between processes of Erlang. */
const senderOf = ({ ordinal, outcome }: AnyEventObject): string => `task ${ordinal ?? outcome?.ordinal ?? "none"}`;
