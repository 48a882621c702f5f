/** An answer that takes a while to make. */
export type Answered<T> =
  | { readonly state: "ready"; readonly value: T; readonly madeAt: number }
  | { readonly state: "working"; readonly since: number }
  | { readonly state: "failed"; readonly reason: string; readonly madeAt: number };

/** Answers that are kept where nothing else is said. */
const MOST_KEPT = 16;
/** Milliseconds that an answer stands although what it was made from has changed: a run that continues changes all the time. */
const STANDS_MS = 20_000;

/**
 * Answers by key, each made once for every version of what it is made from, one after the other. A request is answered at once: the
 * answer, or that it is being made.
 */
export function later<T>(
  make: (key: string) => Promise<T>,
  most = MOST_KEPT,
): { ask(key: string, version: string): Answered<T> } {
  const answers = new Map<string, { readonly version: string; answer: Answered<T> }>();
  let before: Promise<unknown> = Promise.resolve();
  return {
    ask(key, version) {
      const known = answers.get(key);
      if (known && (known.version === version || stands(known.answer))) return known.answer;
      const entry: { version: string; answer: Answered<T> } = {
        version,
        answer: { state: "working", since: Date.now() },
      };
      answers.delete(key);
      answers.set(key, entry);
      if (answers.size > most) answers.delete(answers.keys().next().value!);
      before = before
        .then(() => make(key))
        .then(
          (value) => {
            entry.answer = { state: "ready", value, madeAt: Date.now() };
          },
          (error: unknown) => {
            const reason = error instanceof Error ? error.message : String(error);
            entry.answer = { state: "failed", reason, madeAt: Date.now() };
          },
        );
      return entry.answer;
    },
  };
}

const stands = (answer: Answered<unknown>): boolean =>
  answer.state === "working" || Date.now() - answer.madeAt < STANDS_MS;
