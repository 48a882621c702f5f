import type { AnyActorRef, InspectionEvent } from "xstate";
import { parentOf } from "#src/xstate-internals";
import type { Message } from "./message.ts";

/** Levels of an event or a context that are kept. */
const MOST_DEPTH = 8;
/** Members of one object or list that are kept. */
const MOST_MEMBERS = 200;

/** XState's inspection event as a message of `@statelyai/inspect`; undefined for the kinds that it has none for. */
export function fromXState(event: InspectionEvent): Message | undefined {
  const ref = event.actorRef as AnyActorRef;
  const { sessionId } = ref;
  switch (event.type) {
    case "@xstate.actor":
      return {
        type: event.type,
        sessionId,
        name: nameOf(ref),
        parentId: parentOf(ref)?.sessionId,
        definition: definitionOf(ref),
        snapshot: plain(snapshotOf(ref)),
      };
    case "@xstate.event":
      return { type: event.type, sessionId, sourceId: event.sourceRef?.sessionId, event: plain(event.event) as never };
    case "@xstate.snapshot":
      return { type: event.type, sessionId, event: plain(event.event) as never, snapshot: plain(event.snapshot) };
    default:
      return undefined;
  }
}

const configOf = (ref: AnyActorRef): { readonly id?: string } | undefined =>
  (ref as unknown as { logic?: { config?: { readonly id?: string } } }).logic?.config;

const nameOf = (ref: AnyActorRef): string => (ref.id === ref.sessionId ? (configOf(ref)?.id ?? ref.id) : ref.id);

/** Before its first event an actor may have no snapshot. */
function snapshotOf(ref: AnyActorRef): unknown {
  try {
    return ref.getSnapshot() ?? { status: "active" };
  } catch {
    return { status: "active" };
  }
}

const definitions = new WeakMap<object, string>();

/** The machine of an actor as text, made once for each machine. */
function definitionOf(ref: AnyActorRef): string | undefined {
  const config = configOf(ref);
  if (typeof config !== "object" || config === null || !("states" in config)) return undefined;
  const known = definitions.get(config);
  if (known !== undefined) return known;
  const { context: _, ...chart } = config as { context?: unknown };
  const text = JSON.stringify(plain(chart, 24));
  definitions.set(config, text);
  return text;
}

/** A value as JSON may hold it: no functions but by name, no circles, no more than some levels of it. */
function plain(value: unknown, depth = MOST_DEPTH): unknown {
  if (typeof value === "function") return { type: value.name };
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (depth <= 0) return Array.isArray(value) ? `(list of ${value.length})` : "(object)";
  if (value instanceof Map || value instanceof Set) return `(${value.constructor.name} of ${value.size})`;
  try {
    const own = "toJSON" in value && typeof value.toJSON === "function" ? value.toJSON() : value;
    if (typeof own !== "object" || own === null) return own;
    if (Array.isArray(own)) return own.slice(0, MOST_MEMBERS).map((part) => plain(part, depth - 1));
    const entries = Object.entries(own).slice(0, MOST_MEMBERS);
    return Object.fromEntries(entries.map(([name, part]) => [name, plain(part, depth - 1)]));
  } catch {
    return "(cannot be read)";
  }
}
