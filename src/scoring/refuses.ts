import type { Scorer } from "./scorer.ts";

/** What a scorer that is made of others refuses: what any of them does. */
export const refusesOf = (parts: readonly Scorer[]): Pick<Scorer, "refuses"> =>
  parts.some(({ refuses }) => refuses)
    ? {
        refuses: (target, sample) => {
          for (const { refuses } of parts) {
            const law = refuses?.(target, sample);
            if (law !== undefined) return law;
          }
          return undefined;
        },
      }
    : {};
