import type { RunStore } from "crucible-harness";
import type { Sabotage } from "./world.ts";

/** A store that breaks its promise, as a broken runtime would: a round must find out. */
export function sabotaged<S extends RunStore>(store: S, sabotage: Sabotage | undefined): RunStore {
  switch (sabotage) {
    case undefined:
      return store;
    case "loses": // acknowledges what it did not write
      return {
        ...store,
        append: async (outcomes) => {
          await store.append(outcomes.slice(1));
          return outcomes.map(({ ordinal }) => ordinal);
        },
      };
    case "repeats": // forgets rows when it is asked what is finished
      return { ...store, endings: () => everyOther(store.endings()) };
    case "overspends": // forgets promises made to what was in flight
      return { ...store, reserve: () => {} };
  }
}

async function* everyOther<T>(rows: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  let n = 0;
  for await (const row of rows) if (n++ % 2 === 0) yield row;
}
