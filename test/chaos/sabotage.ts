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
      return {
        ...store,
        summary: async (recentRows) => {
          const { finished, ...rest } = await store.summary(recentRows);
          return { ...rest, finished: finished.filter((_, n) => n % 2 === 0) };
        },
      };
    case "overspends": // forgets what was promised to what is in flight, and what it came to
      return { ...store, reserve: () => {}, settle: () => {} };
  }
}
