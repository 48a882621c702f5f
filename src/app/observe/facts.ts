import type { Fact, FactSink } from "#actors/messages";
import { redact, withoutSecrets } from "#src/kernel/redact";

/** Facts that one slow reader may fall behind before the oldest are dropped. */
const BUFFERED_FACTS = 10_000;

/** The facts of a run for any number of readers, each with its own bounded buffer: a slow reader loses facts, never the run time. */
export interface FactStream extends AsyncIterable<Fact> {
  readonly publish: FactSink;
  /** Facts that readers were too slow for, over all readers. */
  readonly dropped: number;
  /** Calls `sink` with every fact from now on, at once. @returns a function that ends it */
  listen(sink: FactSink): () => void;
  /** Ends all readers after what they have. */
  close(): void;
}

/** A stream of facts. Publishing costs next to nothing without subscribers. */
export function factStream(): FactStream {
  const readers = new Set<Reader>();
  const sinks = new Set<FactSink>();
  let closed = false;
  let dropped = 0;
  return {
    publish: (given) => {
      const fact = cleanFact(given);
      for (const sink of sinks) sink(fact);
      for (const reader of readers) dropped += reader.push(fact);
    },
    listen: (sink) => {
      sinks.add(sink);
      return () => sinks.delete(sink);
    },
    get dropped() {
      return dropped;
    },
    close: () => {
      closed = true;
      for (const reader of readers) reader.end();
    },
    [Symbol.asyncIterator]: () => {
      const reader = new Reader(() => readers.delete(reader));
      if (closed) reader.end();
      else readers.add(reader);
      return reader;
    },
  };
}

/** A fact without secrets, in what people, servers and conditions wrote. Most facts of a task have no text. */
function cleanFact(fact: Fact): Fact {
  switch (fact.type) {
    case "task.started":
    case "task.settled":
      return fact;
    case "task.logged":
    case "executor.notice":
      return { ...fact, message: redact(fact.message) };
    case "hook.failed":
      return { ...fact, error: redact(fact.error) };
    case "run.stopping":
    case "child.exited":
      return { ...fact, reason: redact(fact.reason) };
    default:
      return withoutSecrets(fact);
  }
}

class Reader implements AsyncIterator<Fact> {
  readonly #left: () => void;
  #facts: Fact[] = [];
  #wake: ((result: IteratorResult<Fact>) => void) | undefined;
  #ended = false;

  constructor(left: () => void) {
    this.#left = left;
  }

  /** @returns facts dropped: 0 or 1 */
  push(fact: Fact): number {
    if (this.#wake) {
      this.#wake({ value: fact, done: false });
      this.#wake = undefined;
      return 0;
    }
    this.#facts.push(fact);
    if (this.#facts.length <= BUFFERED_FACTS) return 0;
    this.#facts.shift();
    return 1;
  }

  end(): void {
    this.#ended = true;
    this.#wake?.({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<Fact>> {
    const fact = this.#facts.shift();
    if (fact) return Promise.resolve({ value: fact, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  return(): Promise<IteratorResult<Fact>> {
    this.#left();
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }
}
