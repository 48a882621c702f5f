import type { AnyActorRef, InspectionEvent } from "xstate";
import { type Door, openDoor } from "#src/viewer/door";
import { fromXState } from "./from-xstate.ts";
import { type App, History, type Recorded } from "./history.ts";
import { type Message, messageOf } from "./message.ts";
import { route } from "./routes.ts";

/** One message of one actor system, in the order in which they came. Plain JSON. */
export interface RecordedMessage {
  /** Virtual milliseconds. */
  readonly t: number;
  /** Counts actor systems from 1: a process has one. */
  readonly app: number;
  /** In the format of `@statelyai/inspect`. */
  readonly message: unknown;
}

/** Characters of one message, of all, and messages that are kept. */
const MOST_BODY = 16 * 2 ** 10;
const MOST_CHARACTERS = 8 * 2 ** 20;
const MOST_MESSAGES = 10_000;

/** Records what XState tells an inspector of. */
export function recorder(): {
  inspect(event: InspectionEvent, atMs: number): void;
  /** The last messages, and of the actors before them how they began. */
  messages(): RecordedMessage[];
} {
  const all: { readonly recorded: RecordedMessage; readonly size: number; readonly isActor: boolean }[] = [];
  const apps = new WeakMap<object, number>();
  const actors = new WeakSet<object>();
  let systems = 0;
  const note = (event: InspectionEvent, t: number): void => {
    const message = fromXState(event);
    if (!message) return;
    const { system } = event.actorRef as AnyActorRef;
    const app = apps.get(system) ?? ++systems;
    apps.set(system, app);
    const [kept, size] = shortened(message);
    all.push({ recorded: { t, app, message: kept }, size, isActor: message.type === "@xstate.actor" });
  };
  /** One that began before it was listened to has a name all the same. */
  const introduce = (actorRef: InspectionEvent["actorRef"] | undefined, rootId: string, t: number): void => {
    if (!actorRef || actors.has(actorRef)) return;
    actors.add(actorRef);
    note({ type: "@xstate.actor", actorRef, rootId }, t);
  };
  return {
    inspect(event, t) {
      if (event.type === "@xstate.event") introduce(event.sourceRef, event.rootId, t);
      introduce(event.actorRef, event.rootId, t);
      if (event.type !== "@xstate.actor") note(event, t);
    },
    messages() {
      let [first, characters] = [all.length, 0];
      while (first > 0 && all.length - first < MOST_MESSAGES && characters + all[first - 1]!.size <= MOST_CHARACTERS)
        characters += all[--first]!.size;
      return all.flatMap(({ recorded, isActor }, i) => (i >= first || isActor ? [recorded] : []));
    },
  };
}

/** A message that is too long without what makes it so: where an actor stands is always kept. */
function shortened(message: Message): [kept: Message, characters: number] {
  const size = JSON.stringify(message).length;
  if (size <= MOST_BODY) return [message, size];
  const short = (value: unknown): object => {
    const { status, value: state } = (value ?? {}) as { status?: unknown; value?: unknown };
    return { status, value: state, leftOut: `${size} characters` };
  };
  const kept: Message =
    message.type === "@xstate.event"
      ? { ...message, event: { type: message.event.type } }
      : { ...message, snapshot: short(message.snapshot) };
  return [kept, JSON.stringify(kept).length];
}

/** The history of a recording. What cannot be read is counted and left out; nothing of it is executed. */
export function historyOf(messages: readonly RecordedMessage[], about: Recorded): History {
  let now = 0;
  const history = new History(() => now, {}, about);
  const apps = new Map<number, App>();
  for (const { t, app: number, message } of messages) {
    now = t;
    const app = apps.get(number) ?? history.connect(true);
    apps.set(number, app);
    history.add(app, messageOf(message));
  }
  return history;
}

/** Shows a recording on 127.0.0.1, with a token. @param port any free one when 0 */
export const openRecording = (history: History, port = 0): Promise<Door> =>
  openDoor({ command: "crucible view", route: async (url) => route(url, history, "") }, port);
