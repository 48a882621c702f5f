import type { AnyActorRef, Snapshot } from "xstate";
import type { StopRequest } from "#src/experiment/session";
import { redact } from "#src/kernel/redact";
import { parentOf } from "#src/xstate-internals";

/** Messages of the Stately Inspector, format of `@statelyai/inspect` 0.7. */
export type StatelyMessage = Readonly<Record<string, unknown>> & { readonly type: string; readonly sessionId: string };

const VERSION = "0.7.2";

/** An actor that is shown. */
export interface ShownActor {
  readonly ref: AnyActorRef;
  readonly name: string;
  /** Nearest ancestor that is shown, too. */
  readonly parentId: string | undefined;
}

type Kind = Pick<StatelyMessage, "type" | "sessionId">;
const message = (kind: Kind, ref: AnyActorRef, more: object): StatelyMessage => ({
  ...kind,
  ...more,
  _version: VERSION,
  createdAt: Date.now().toString(),
  id: null,
  rootId: rootOf(ref).sessionId,
});

/** Presents an actor: its chart, and its state now. */
export const actorMessage = ({ ref, name, parentId }: ShownActor): StatelyMessage =>
  message({ type: "@xstate.actor", sessionId: ref.sessionId }, ref, {
    name,
    ...(parentId === undefined ? {} : { parentId }),
    definition: definitionOf(ref, name),
    snapshot: plainSnapshot(ref.getSnapshot()),
  });

export const eventMessage = (ref: AnyActorRef, event: { type: string }, sourceId: string | undefined): StatelyMessage =>
  message({ type: "@xstate.event", sessionId: ref.sessionId }, ref, {
    event: plainEvent(event),
    ...(sourceId === undefined ? {} : { sourceId }),
  });

export const snapshotMessage = (
  ref: AnyActorRef,
  snapshot: Snapshot<unknown>,
  event: { type: string },
): StatelyMessage =>
  message({ type: "@xstate.snapshot", sessionId: ref.sessionId }, ref, {
    event: plainEvent(event),
    snapshot: plainSnapshot(snapshot),
  });

const rootOf = (ref: AnyActorRef): AnyActorRef => {
  const parent = parentOf(ref);
  return parent ? rootOf(parent) : ref;
};

const definitions = new WeakMap<object, string>();

/** The chart of an actor as text, made once for each machine. */
function definitionOf(ref: AnyActorRef, name: string): string {
  const { config } = (ref as unknown as { logic: { config?: object } }).logic;
  if (!config || !("states" in config)) return JSON.stringify({ id: name });
  const known = definitions.get(config);
  if (known !== undefined) return known;
  const { context: _, ...chart } = config as { context?: unknown };
  const text = JSON.stringify(chart, (__, value: unknown) =>
    typeof value === "function" ? { type: value.name || "function" } : value,
  );
  definitions.set(config, text);
  return text;
}

/** An event by its type and its numbers. What a task read, said or failed with stays here. */
const plainEvent = (event: { type: string }): object => ({
  ...(numbersOf(event, 0) as object),
  type: event.type.replace(/^(xstate\.(?:done|error)\.actor)\..*/s, "$1"), // what follows is the id of an item
});

/** A snapshot by its state; of its context, numbers and sizes, and of the run why it stops. */
function plainSnapshot(snapshot: Snapshot<unknown>): object {
  const { status, output, error, value, context } = snapshot as Snapshot<unknown> & {
    value?: unknown;
    context?: unknown;
  };
  return {
    status,
    ...(value === undefined ? {} : { value }),
    context: { ...(numbersOf(context, 1) as object | undefined), ...stopIn(context) },
    ...(output === undefined ? {} : { output: kindOf(output) }),
    ...(error === undefined ? {} : { error: kindOf(error) }),
    children: {},
    tags: [],
  };
}

/** Why a run stops. A reason that quotes what a task failed with stays on this machine. */
function stopIn(context: unknown): { readonly stop?: object } {
  const { stop } = (context ?? {}) as { readonly stop?: StopRequest };
  if (typeof stop?.reason !== "string") return {};
  const { status, reason, cause, quotesTask } = stop;
  return { stop: { status, ...(cause ? { cause } : {}), ...(quotesTask ? {} : { reason: redact(reason) }) } };
}

const kindOf = (exit: unknown): object => {
  const { kind } = exit as { kind?: unknown };
  return typeof kind === "string" ? { kind } : {};
};

/** Parts of a context that are not state of the actor. */
const hidden = new Set(["input", "scope", "plan"]);

/** Numbers, booleans and sizes of an object, and of the objects in it down to a depth; undefined for everything else. */
function numbersOf(value: unknown, depth: number): unknown {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (value instanceof Map || value instanceof Set) return value.size;
  if (Array.isArray(value)) return value.length;
  if (typeof value !== "object" || value === null || depth < 0) return undefined;
  const entries = Object.entries(value).flatMap(([name, part]) => {
    const plain = hidden.has(name) ? undefined : numbersOf(part, depth - 1);
    return plain === undefined ? [] : [[name, plain]];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
