/** What an app says of its actors, in the messages of `@statelyai/inspect`. */
export type Message = ActorMessage | EventMessage | SnapshotMessage;

export interface ActorMessage {
  readonly type: "@xstate.actor";
  readonly sessionId: string;
  readonly name: string;
  readonly parentId: string | undefined;
  /** The machine as JSON text. */
  readonly definition: string | undefined;
  readonly snapshot: unknown;
}

export interface EventMessage {
  readonly type: "@xstate.event";
  readonly sessionId: string;
  /** The actor that sent it; undefined where something else did. */
  readonly sourceId: string | undefined;
  readonly event: SentEvent;
}

export interface SnapshotMessage {
  readonly type: "@xstate.snapshot";
  readonly sessionId: string;
  readonly event: SentEvent;
  readonly snapshot: unknown;
}

export interface SentEvent {
  readonly type: string;
}

/** Characters of a name or an id that are kept. */
const MOST_NAME = 300;

/**
 * Reads a message as `createWebSocketInspector` sends it (JSON), `createSkyInspector` (superjson), or `createBrowserInspector` (an object).
 *
 * @returns undefined for what is not a message
 * @see https://github.com/statelyai/inspect, `src/types.ts` of version 0.7
 */
export function messageOf(given: unknown): Message | undefined {
  const value = typeof given === "string" ? parsed(given) : given;
  if (!isObject(value)) return undefined;
  const { type, sessionId, ...rest } = isObject(value.json) && value.type === undefined ? value.json : value;
  if (typeof sessionId !== "string" || sessionId === "") return undefined;
  const id = sessionId.slice(0, MOST_NAME);
  switch (type) {
    case "@xstate.actor":
      return {
        type,
        sessionId: id,
        name: nameIn(rest.name) ?? id,
        parentId: nameIn(rest.parentId),
        definition: typeof rest.definition === "string" ? rest.definition : undefined,
        snapshot: rest.snapshot,
      };
    case "@xstate.event":
      return { type, sessionId: id, sourceId: nameIn(rest.sourceId), event: eventIn(rest.event) };
    case "@xstate.snapshot":
      return { type, sessionId: id, event: eventIn(rest.event), snapshot: rest.snapshot };
    default:
      return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const nameIn = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, MOST_NAME) : undefined;

const eventIn = (event: unknown): SentEvent =>
  isObject(event) && typeof event.type === "string"
    ? { ...event, type: event.type.slice(0, MOST_NAME) }
    : { type: "(event without a type)" };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
