import type { MachineChart } from "#src/app/observe/chart-of";
import { chartIn } from "./definition.ts";
import type { Message, SentEvent } from "./message.ts";

/** One message of an app, in the order in which they came. */
export interface Entry {
  /** Counts all messages, from 1. */
  readonly step: number;
  /** Milliseconds since 1970, or since a simulation began. */
  readonly at: number;
  readonly type: "actor" | "event" | "snapshot";
  readonly actor: Actor;
  readonly source?: Actor;
  /** Of an event, the event; of a snapshot, the one that led to it; of an actor, its beginning. */
  readonly event: string;
  /** JSON of the event, or of the snapshot; shortened text where it was too long. */
  readonly body: string;
}

/** The program that one connection stands for. */
export interface App {
  readonly number: number;
  /** Its times are milliseconds of a simulation. */
  readonly isSimulated: boolean;
  isConnected: boolean;
  readonly actors: Map<string, Actor>;
}

export interface Actor {
  /** In addresses: unique among all apps. */
  readonly key: string;
  readonly app: App;
  readonly sessionId: string;
  name: string;
  parentId: string | undefined;
  /** Undefined for an actor without a machine, or with one that cannot be read. */
  chart: MachineChart | undefined;
  /** Its entries that are still kept, oldest first. */
  readonly entries: Entry[];
  /** Where it stands now, also when the entry of it is not kept any more. */
  state: State;
}

/** Where an actor stands. */
export interface State {
  readonly status: string;
  /** Value of a machine's snapshot: a name, or an object of states within states. */
  readonly value?: unknown;
}

export interface Limits {
  /** Messages that are kept; beyond it the oldest are forgotten. */
  readonly entries: number;
  /** Characters of all messages that are kept. */
  readonly characters: number;
  /** Characters of one message that are kept. */
  readonly body: number;
  /** Actors that are kept; beyond it those that ended are forgotten, and where none has ended a new one is left out. */
  readonly actors: number;
}

/** What a recording is of. */
export interface Recorded {
  readonly title: string;
  /** The law that is broken, in a sentence. */
  readonly violation: string;
  /** Who did what when, a line each. */
  readonly story: readonly string[];
}

const usualLimits: Limits = { entries: 20_000, characters: 64 * 2 ** 20, body: 256 * 2 ** 10, actors: 5000 };

/** What all connected apps said, in bounded memory. */
export class History {
  readonly apps: App[] = [];
  readonly #actors = new Map<string, Actor>();
  readonly #entries: Entry[] = [];
  readonly #limits: Limits;
  readonly #now: () => number;
  #begin = 0;
  #characters = 0;
  #steps = 0;
  /** What was recorded, where nothing more comes. */
  readonly recording: Recorded | undefined;
  /** Messages that could not be read. */
  unread = 0;
  /** Actors that were left out because there are too many. */
  leftOut = 0;

  constructor(now: () => number, limits: Partial<Limits> = {}, recording?: Recorded) {
    this.#now = now;
    this.recording = recording;
    this.#limits = { ...usualLimits, ...limits };
  }

  /** A program that begins to tell of itself. */
  connect(isSimulated = false): App {
    const number = (this.apps.at(-1)?.number ?? 0) + 1;
    const app: App = { number, isSimulated, isConnected: !isSimulated, actors: new Map() };
    this.apps.push(app);
    const gone = this.apps.findIndex((one) => !one.isConnected && !one.isSimulated && one.actors.size === 0);
    if (gone >= 0) this.apps.splice(gone, 1);
    return app;
  }

  /** The last step there is; 0 before the first message. */
  get steps(): number {
    return this.#steps;
  }

  /** The first step that is still kept. */
  get firstStep(): number {
    return this.#entries[this.#begin]?.step ?? this.#steps + 1;
  }

  actor(key: string): Actor | undefined {
    return this.#actors.get(key);
  }

  get actorCount(): number {
    return this.#actors.size;
  }

  /** Entries from a step back, newest first. */
  *back(from = this.#steps): Generator<Entry> {
    for (let i = this.#begin + Math.min(from, this.#steps) - this.firstStep; i >= this.#begin; i--)
      yield this.#entries[i]!;
  }

  /** @param message undefined for what could not be read */
  add(app: App, message: Message | undefined): void {
    if (!message) {
      this.unread += 1;
      return;
    }
    const actor = this.#known(app, message.sessionId);
    if (!actor) return;
    switch (message.type) {
      case "@xstate.actor": {
        actor.name = message.name;
        actor.parentId = message.parentId;
        actor.chart = chartIn(message.definition) ?? actor.chart;
        actor.state = stateIn(message.snapshot);
        this.#note(actor, "actor", { type: "(begins)" }, message.snapshot);
        break;
      }
      case "@xstate.event": {
        const source = message.sourceId === undefined ? undefined : this.#known(app, message.sourceId);
        this.#note(actor, "event", message.event, message.event, source);
        break;
      }
      case "@xstate.snapshot":
        actor.state = stateIn(message.snapshot);
        this.#note(actor, "snapshot", message.event, message.snapshot);
    }
  }

  #note(actor: Actor, type: Entry["type"], event: SentEvent, body: unknown, source?: Actor): void {
    this.#steps += 1;
    const text = textOf(body, this.#limits.body);
    const entry: Entry = {
      step: this.#steps,
      at: this.#now(),
      type,
      actor,
      event: event.type,
      body: text,
      ...(source ? { source } : {}),
    };
    this.#entries.push(entry);
    actor.entries.push(entry);
    this.#characters += text.length;
    while (this.#entries.length - this.#begin > this.#limits.entries || this.#characters > this.#limits.characters)
      this.#forgetOldest();
    if (this.#begin > this.#limits.entries) {
      this.#entries.splice(0, this.#begin);
      this.#begin = 0;
    }
  }

  #forgetOldest(): void {
    const oldest = this.#entries[this.#begin]!;
    (this.#entries as (Entry | undefined)[])[this.#begin] = undefined;
    this.#begin += 1;
    this.#characters -= oldest.body.length;
    oldest.actor.entries.shift();
  }

  #known(app: App, sessionId: string): Actor | undefined {
    const known = app.actors.get(sessionId);
    if (known) return known;
    if (this.#actors.size >= this.#limits.actors && !this.#forgetEnded()) {
      this.leftOut += 1;
      return undefined;
    }
    const actor: Actor = {
      key: `${app.number}-${sessionId}`,
      app,
      sessionId,
      name: sessionId,
      parentId: undefined,
      chart: undefined,
      entries: [],
      state: { status: "unknown" },
    };
    app.actors.set(sessionId, actor);
    this.#actors.set(actor.key, actor);
    return actor;
  }

  /** The oldest actor that is over goes; what it said stays until it is old. */
  #forgetEnded(): boolean {
    for (const actor of this.#actors.values()) {
      if (actor.app.isConnected && (actor.state.status === "active" || actor.state.status === "unknown")) continue;
      this.#actors.delete(actor.key);
      actor.app.actors.delete(actor.sessionId);
      return true;
    }
    return false;
  }
}

/** What an actor's snapshot was at a step: the last one up to it. Undefined where it is not kept, or the actor did not exist. */
export const snapshotAt = ({ entries }: Actor, step: number): Entry | undefined =>
  entries.findLast((entry) => entry.step <= step && entry.type !== "event");

/** Where an actor stood at a step; undefined where that is not known. */
export function stateAt(actor: Actor, step: number | undefined): State | undefined {
  if (step === undefined) return actor.state;
  const { body } = snapshotAt(actor, step) ?? {};
  return body === undefined ? undefined : stateIn(parsed(body));
}

function stateIn(snapshot: unknown): State {
  const { status, value } = (snapshot ?? {}) as Record<string, unknown>;
  return {
    status: typeof status === "string" ? status : "unknown",
    ...(value === undefined || value === null || textOf(value, 4000).length > 4000 ? {} : { value }),
  };
}

/** JSON of a value; of one that is too long, its status and value alone, and how long it was. */
function textOf(value: unknown, most: number): string {
  const text = JSON.stringify(value) ?? "null";
  if (text.length <= most) return text;
  const { status, value: state } = value as { status?: unknown; value?: unknown };
  const short = JSON.stringify({ status, value: state, leftOut: `${text.length} characters` });
  return short.length <= most ? short : JSON.stringify({ leftOut: `${text.length} characters` });
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
