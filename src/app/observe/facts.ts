import type { Fact } from "#actors/messages";
import { redact, withoutSecrets } from "#src/kernel/redact";

/** Facts that one slow reader may fall behind before the oldest are dropped. */
const BUFFERED_FACTS = 10_000;

/** The facts of a run for any number of readers, each with its own bounded buffer: a slow reader loses facts, never the run time. */
export interface FactStream<F = Fact> extends AsyncIterable<F> {
  readonly publish: (fact: F) => void;
  /** Facts that readers were too slow for, over all readers. */
  readonly dropped: number;
  /** Calls `sink` with every fact from now on, at once. @returns a function that ends it */
  listen(sink: (fact: F) => void): () => void;
  /** Ends all readers after what they have. */
  close(): void;
}

/** A stream of facts. Publishing costs next to nothing without subscribers. */
export const factStream = (): FactStream => streamOf(cleanFact);

/** The same for facts of another kind. @param clean what leaves out secrets */
export function streamOf<F>(clean: (fact: F) => F): FactStream<F> {
  const readers = new Set<Reader<F>>();
  const sinks = new Set<(fact: F) => void>();
  let closed = false;
  let dropped = 0;
  return {
    publish: (given) => {
      const fact = clean(given);
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
      const reader = new Reader<F>(() => readers.delete(reader));
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

class Reader<F> implements AsyncIterator<F> {
  readonly #left: () => void;
  #facts: F[] = [];
  #wake: ((result: IteratorResult<F>) => void) | undefined;
  #ended = false;

  constructor(left: () => void) {
    this.#left = left;
  }

  /** @returns facts dropped: 0 or 1 */
  push(fact: F): number {
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

  next(): Promise<IteratorResult<F>> {
    const fact = this.#facts.shift();
    if (fact) return Promise.resolve({ value: fact, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  return(): Promise<IteratorResult<F>> {
    this.#left();
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }
}
